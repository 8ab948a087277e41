//! Removes the tombstone, when nothing that names its id can be replayed any more. Anyone may; the rent goes back to
//! whoever paid it.
use crate::errors;
use crate::events::PaymentClosed;
use crate::state::{PaymentIntent, Status};
use svmkit::{discriminator, framework, require, unix_timestamp, Account, Discriminator, Input, Pubkey, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:close_intent");

struct Accounts {
    payment: Account,
    rent_payer: Account,
}

#[inline(never)]
pub fn run(input: &Input, arguments: Reader) -> Result {
    arguments.end()?;
    let [payment, rent_payer] = input.take()?;
    let accounts = Accounts { payment, rent_payer };

    let intent = accounts.validate(input.program_id)?;
    accounts.payment.close(&accounts.rent_payer)?;
    PaymentClosed { intent_id: &intent.intent_id, rent_payer: &intent.rent_payer }.emit();
    require!(accounts.payment.is_empty(), errors::InvariantViolated);
    Ok(())
}

impl Accounts {
    fn validate(&self, program: &Pubkey) -> Result<PaymentIntent> {
        self.payment.require_writable()?;
        self.rent_payer.require_writable()?;
        let intent = PaymentIntent::load(&self.payment, program)?;
        require!(intent.status != Status::Pending, errors::InvalidPaymentStatus);
        require!(unix_timestamp() >= intent.closable_at, errors::NotYetClosable);
        self.rent_payer.require_key(&intent.rent_payer, framework::ConstraintHasOne)?;
        Ok(intent)
    }
}
