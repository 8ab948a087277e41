//! Names the node that will be paid for an attempt. A later attempt replaces it, and fences off the earlier one's proofs.
use crate::errors;
use crate::events::NodeAssigned;
use crate::state::{Config, PaymentIntent};
use svmkit::{discriminator, require, unix_timestamp, Account, Discriminator, Input, Pubkey, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:assign_node");

struct Accounts {
    /// Signs.
    assigner: Account,
    config: Account,
    payment: Account,
}

#[inline(never)]
pub fn run(input: &Input, mut arguments: Reader) -> Result {
    let (attempt, node) = (arguments.u32()?, arguments.key()?);
    arguments.end()?;
    let [assigner, config, payment] = input.take()?;
    let accounts = Accounts { assigner, config, payment };

    let mut intent = accounts.validate(input.program_id, attempt, &node)?;
    intent.attempt = attempt;
    intent.assigned_node = node;
    intent.store(&accounts.payment)?;
    NodeAssigned { intent_id: &intent.intent_id, attempt, node: &node }.emit();
    Ok(())
}

impl Accounts {
    fn validate(&self, program: &Pubkey, attempt: u32, node: &Pubkey) -> Result<PaymentIntent> {
        let config = Config::load(&self.config, program)?;
        self.assigner.require_signer()?;
        self.assigner.require_key(&config.assigner, errors::UnauthorizedAssigner)?;
        let intent = PaymentIntent::load_pending(&self.payment, program)?;
        require!(unix_timestamp() < intent.settle_by, errors::PaymentExpired);
        require!(attempt > intent.attempt, errors::AttemptNotRising);
        require!(!node.is_zero(), errors::NodeNotAssigned);
        Ok(intent)
    }
}
