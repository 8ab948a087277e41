//! Pays the node what the oracles attest, and the payer the rest. Anyone may bring the attestation; it runs right after
//! the Ed25519 instruction that verified the oracles' signatures.
use crate::commitment::{usage_proof_digest, Deployment, UsageProof};
use crate::escrow::Closing;
use crate::events::PaymentCompleted;
use crate::quorum::require_quorum;
use crate::shares::Shares;
use crate::state::{Config, PaymentIntent, Status};
use crate::{errors, limits, Hash};
use svmkit::token::TokenAccount;
use svmkit::{
    discriminator, framework, require, unix_timestamp, Account, Discriminator, Input, Pubkey, Reader, Result,
};

pub const DISCRIMINATOR: Discriminator = discriminator("global:submit_usage_proof");

const SUCCEEDED: u8 = 0;
const JOB_FAULT: u8 = 1;
/// A running job was cancelled: what it used until then is paid.
const CANCELLED: u8 = 2;

struct Arguments {
    attempt: u32,
    verdict: u8,
    /// Base units.
    charge: u64,
    execution_hash: Hash,
    logs_hash: Hash,
    /// Seconds.
    valid_until: i64,
}

struct Accounts {
    closing: Closing,
    /// Belongs to the assigned node's authority wallet.
    node_token: Account,
    protocol_vault: Account,
    platform_vault: Account,
    instructions: Account,
}

/// What `validate` found.
struct Found {
    now: i64,
    intent: PaymentIntent,
    /// The escrow's balance.
    held: u64,
}

#[inline(never)]
pub fn run(input: &Input, arguments: Reader) -> Result {
    let arguments = Arguments::read(arguments)?;
    let [config, mint, payment, escrow, node_token, protocol_vault, platform_vault, payer_token, rent_payer, instructions, token_program] =
        input.take()?;
    let closing = Closing { config, mint, payment, escrow, payer_token, rent_payer, token_program };
    let accounts = Accounts { closing, node_token, protocol_vault, platform_vault, instructions };
    let found = accounts.validate(input.program_id, &arguments)?;
    accounts.settle(&arguments, found)
}

impl Arguments {
    fn read(mut reader: Reader) -> Result<Arguments> {
        let arguments = Arguments {
            attempt: reader.u32()?,
            verdict: reader.u8()?,
            charge: reader.u64()?,
            execution_hash: reader.bytes()?,
            logs_hash: reader.bytes()?,
            valid_until: reader.i64()?,
        };
        reader.end()?;
        Ok(arguments)
    }

    /// Work that ended by itself left a receipt and a log; a cancelled run may have neither.
    fn require_hashes(&self) -> Result {
        match self.verdict {
            SUCCEEDED | JOB_FAULT => {
                let both = self.execution_hash != [0; 32] && self.logs_hash != [0; 32];
                require!(both, errors::InvalidHashFormat);
                Ok(())
            }
            CANCELLED => Ok(()),
            _ => Err(errors::AttestationMismatch),
        }
    }
}

impl Accounts {
    #[inline(never)]
    fn validate(&self, program: &Pubkey, arguments: &Arguments) -> Result<Found> {
        let (config, intent) = self.closing.load(program)?;
        let now = unix_timestamp();
        require!(now < intent.settle_by, errors::PaymentExpired);
        require!(intent.attempt > 0, errors::NodeNotAssigned);
        require!(arguments.attempt == intent.attempt, errors::AttestationMismatch);
        require!(arguments.charge >= 1 && arguments.charge <= intent.amount, errors::ChargeOutOfRange);
        arguments.require_hashes()?;
        self.require_attestation(program, &config, &intent, arguments)?;
        limits::require_attestation_time(now, arguments.valid_until)?;

        let held = self.closing.validate(program, &intent)?;
        self.require_payees(&config, &intent)?;
        Ok(Found { now, intent, held })
    }

    #[inline(never)]
    fn require_attestation(&self, program: &Pubkey, config: &Config, intent: &PaymentIntent, arguments: &Arguments) -> Result {
        let digest = usage_proof_digest(
            &Deployment { cluster: &config.cluster, program },
            &UsageProof {
                intent_id: &intent.intent_id,
                attempt: arguments.attempt,
                node: &intent.assigned_node,
                execution_hash: &arguments.execution_hash,
                logs_hash: &arguments.logs_hash,
                verdict: arguments.verdict,
                charge: arguments.charge,
                valid_until: arguments.valid_until,
            },
        );
        require_quorum(&self.instructions, config, &digest)
    }

    fn require_payees(&self, config: &Config, intent: &PaymentIntent) -> Result {
        let node = TokenAccount::load(&self.node_token)?;
        require!(node.owner == intent.assigned_node, framework::ConstraintTokenOwner);
        require!(node.mint == intent.mint, framework::ConstraintTokenMint);
        // Were the escrow its own payee, it could not be emptied.
        require!(self.node_token.key() != self.closing.escrow.key(), framework::ConstraintTokenOwner);
        let vaults = config.accepted(&intent.mint)?;
        self.protocol_vault.require_key(&vaults.protocol_vault, framework::ConstraintAddress)?;
        self.platform_vault.require_key(&vaults.platform_vault, framework::ConstraintAddress)
    }

    #[inline(never)]
    fn settle(&self, arguments: &Arguments, found: Found) -> Result {
        let Found { now, mut intent, held } = found;
        let shares = Shares::of(arguments.charge);
        let refund = held - arguments.charge;
        let payments = [
            (&self.node_token, shares.node),
            (&self.protocol_vault, shares.protocol),
            (&self.platform_vault, shares.platform),
            (&self.closing.payer_token, refund),
        ];
        self.closing.pay_out(&intent, payments)?;

        intent.end(Status::Completed, now);
        intent.verified_at = now;
        intent.charge = arguments.charge;
        intent.execution_hash = arguments.execution_hash;
        intent.logs_hash = arguments.logs_hash;
        intent.store(&self.closing.payment)?;
        PaymentCompleted {
            intent_id: &intent.intent_id,
            node: &intent.assigned_node,
            amount: arguments.charge,
            node_share: shares.node,
            protocol_fee: shares.protocol,
            platform_fee: shares.platform,
            refund,
            execution_hash: &arguments.execution_hash,
            logs_hash: &arguments.logs_hash,
            verdict: arguments.verdict,
        }
        .emit();
        Ok(())
    }
}
