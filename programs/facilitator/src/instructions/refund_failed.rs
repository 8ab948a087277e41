//! Gives a payment back at once when the oracles attest that nobody earned it. Anyone may bring the attestation; it runs
//! right after the Ed25519 instruction that verified their signatures.
use crate::commitment::{refund_digest, Deployment, Failure};
use crate::escrow::Closing;
use crate::events::RefundReason;
use crate::quorum::require_quorum;
use crate::state::PaymentIntent;
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
    closing: Closing,
    instructions: Account,
}

#[inline(never)]
pub fn run(input: &Input, mut reader: Reader) -> Result {
    let arguments = Arguments { attempt: reader.u32()?, reason: reader.u8()?, valid_until: reader.i64()? };
    reader.end()?;
    let [config, mint, payment, escrow, payer_token, rent_payer, instructions, token_program] = input.take()?;
    let closing = Closing { config, mint, payment, escrow, payer_token, rent_payer, token_program };
    let accounts = Accounts { closing, instructions };
    let intent = accounts.validate(input.program_id, &arguments)?;
    accounts.closing.refund(input.program_id, intent, RefundReason::Failed)
}

impl Accounts {
    #[inline(never)]
    fn validate(&self, program: &Pubkey, arguments: &Arguments) -> Result<PaymentIntent> {
        let (config, intent) = self.closing.load(program)?;
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
        Ok(intent)
    }
}
