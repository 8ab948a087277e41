//! Gives a payment back before any node was assigned.
use crate::errors;
use crate::escrow::Closing;
use crate::events::RefundReason;
use crate::state::{Config, PaymentIntent};
use svmkit::{discriminator, require, Account, Discriminator, Input, Pubkey, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:cancel");

struct Accounts {
    /// The payer or the facilitator; signs.
    authority: Account,
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
    let [authority, config, mint, payment, escrow, payer_token, rent_payer, token_program] = input.take()?;
    let accounts = Accounts { authority, config, mint, payment, escrow, payer_token, rent_payer, token_program };
    let (intent, held) = accounts.validate(input.program_id)?;
    accounts.closing().refund(intent, held, RefundReason::Cancelled)
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
        self.authority.require_signer()?;
        let may_cancel = *self.authority.key() == intent.payer || *self.authority.key() == config.facilitator;
        require!(may_cancel, errors::UnauthorizedCancel);
        // From here on a node may be working: only a proof or the deadline ends it.
        require!(intent.attempt == 0, errors::AlreadyAssigned);
        let held = self.closing().validate(program, &config, &intent)?;
        Ok((intent, held))
    }
}
