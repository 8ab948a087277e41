//! Gives a payment back at once when the oracles attest that nobody earned it. Anyone may bring the attestation; it runs
//! right after the Ed25519 instruction that verified their signatures.
use crate::commitment::{refund_digest, Deployment, Failure};
use crate::escrow::Closing;
use crate::events::RefundReason;
use crate::quorum::require_quorum;
use crate::state::{Config, PaymentIntent};
use crate::{errors, limits};
use svmkit::{discriminator, require, unix_timestamp, Account, Discriminator, Input, Pubkey, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:refund_failed");

struct Arguments {
    attempt: u32,
    /// The oracles' own code: the program only demands that they signed it.
    reason: u8,
    /// Seconds.
    valid_until: i64,
}

struct Accounts {
    config: Account,
    mint: Account,
    payment: Account,
    escrow: Account,
    payer_token: Account,
    rent_payer: Account,
    instructions: Account,
    token_program: Account,
}

#[inline(never)]
pub fn run(input: &Input, mut reader: Reader) -> Result {
    let arguments = Arguments { attempt: reader.u32()?, reason: reader.u8()?, valid_until: reader.i64()? };
    reader.end()?;
    let [config, mint, payment, escrow, payer_token, rent_payer, instructions, token_program] = input.take()?;
    let accounts =
        Accounts { config, mint, payment, escrow, payer_token, rent_payer, instructions, token_program };
    let (intent, held) = accounts.validate(input.program_id, &arguments)?;
    accounts.closing().refund(intent, held, RefundReason::Failed)
}

impl Accounts {
    fn closing(&self) -> Closing<'_> {
        Closing {
            mint: &self.mint,
            payment: &self.payment,
            escrow: &self.escrow,
            payer_token: &self.payer_token,
            rent_payer: &self.rent_payer,
            token_program: &self.token_program,
        }
    }

    #[inline(never)]
    fn validate(&self, program: &Pubkey, arguments: &Arguments) -> Result<(PaymentIntent, u64)> {
        let config = Config::load(&self.config, program)?;
        let intent = PaymentIntent::load_pending(&self.payment, program)?;
        // A verdict on an earlier attempt says nothing about the one that runs now.
        require!(arguments.attempt == intent.attempt, errors::AttestationMismatch);
        let digest = refund_digest(
            &Deployment { cluster: &config.cluster, program },
            &Failure {
                intent_id: &intent.intent_id,
                attempt: arguments.attempt,
                reason: arguments.reason,
                valid_until: arguments.valid_until,
            },
        );
        require_quorum(&self.instructions, &config, &digest)?;
        limits::require_attestation_time(unix_timestamp(), arguments.valid_until)?;
        let held = self.closing().validate(program, &config, &intent)?;
        Ok((intent, held))
    }
}
