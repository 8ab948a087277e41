//! Gives a payment back when its time is over. Anyone may ask, nobody can stop it, and it goes to the payer alone.
use crate::errors;
use crate::escrow::Closing;
use crate::events::RefundReason;
use crate::state::{Config, PaymentIntent};
use svmkit::{discriminator, require, unix_timestamp, Account, Discriminator, Input, Pubkey, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:refund_expired");

struct Accounts {
    config: Account,
    mint: Account,
    payment: Account,
    escrow: Account,
    payer_token: Account,
    rent_payer: Account,
    token_program: Account,
}

#[inline(never)]
pub fn run(input: &Input, arguments: Reader) -> Result {
    arguments.end()?;
    let [config, mint, payment, escrow, payer_token, rent_payer, token_program] = input.take()?;
    let accounts = Accounts { config, mint, payment, escrow, payer_token, rent_payer, token_program };
    let (intent, held) = accounts.validate(input.program_id)?;
    accounts.closing().refund(intent, held, RefundReason::Expired)
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
    fn validate(&self, program: &Pubkey) -> Result<(PaymentIntent, u64)> {
        let config = Config::load(&self.config, program)?;
        let intent = PaymentIntent::load_pending(&self.payment, program)?;
        // Strictly after the last moment to settle, so that the two can never race.
        require!(unix_timestamp() >= intent.settle_by + config.refund_grace, errors::NotYetRefundable);
        let held = self.closing().validate(program, &config, &intent)?;
        Ok((intent, held))
    }
}
