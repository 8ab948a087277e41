//! Gives back what lies at a deposit's address and cannot become its payment: it came too late, twice, or in another mint.
//! Anyone may ask, nobody can stop it, and it goes to the payer of the terms alone.
use crate::deposit::{Arguments, Deposit, Found};
use crate::escrow::is_unused;
use crate::events::DepositReclaimed;
use crate::state::Config;
use crate::{errors, limits, seeds};
use svmkit::{
    discriminator, expect_pda, framework, require, unix_timestamp, Account, Discriminator, Input, Pubkey, Reader, Result,
};

pub const DISCRIMINATOR: Discriminator = discriminator("global:reclaim_deposit");

struct Accounts {
    config: Account,
    mint: Account,
    payer: Account,
    deposit: Account,
    deposit_token: Account,
    payer_token: Account,
    payment: Account,
    /// Gets the rent.
    facilitator: Account,
    token_program: Account,
}

#[inline(never)]
pub fn run(input: &Input, arguments: Reader) -> Result {
    let arguments = Arguments::read(arguments)?;
    let [config, mint, payer, deposit, deposit_token, payer_token, payment, facilitator, token_program] = input.take()?;
    let accounts =
        Accounts { config, mint, payer, deposit, deposit_token, payer_token, payment, facilitator, token_program };
    let found = accounts.validate(input.program_id, &arguments)?;
    accounts.deposit().end(&found, found.amount)?;
    DepositReclaimed {
        intent_id: &arguments.intent_id,
        payer: accounts.payer.key(),
        mint: &found.mint,
        amount: found.amount,
    }
    .emit();
    Ok(())
}

impl Accounts {
    fn deposit(&self) -> Deposit<'_> {
        Deposit {
            mint: &self.mint,
            payer: &self.payer,
            deposit: &self.deposit,
            deposit_token: &self.deposit_token,
            payer_token: &self.payer_token,
            facilitator: &self.facilitator,
            token_program: &self.token_program,
        }
    }

    #[inline(never)]
    fn validate(&self, program: &Pubkey, arguments: &Arguments) -> Result<Found> {
        let config = Config::load(&self.config, program)?;
        let found = self.deposit().validate(program, &config, arguments)?;
        self.facilitator.require_key(&config.facilitator, framework::ConstraintAddress)?;
        expect_pda(&self.payment, &seeds::payment(&arguments.intent_id), program)?;
        require!(!self.may_become_a_payment(&config, arguments, &found), errors::NotYetReclaimable);
        self.deposit().require_way_back(&found, found.amount)?;
        Ok(found)
    }

    /// Whether `activate_intent` could take it, or could if more arrived. A pause is no reason: it passes.
    fn may_become_a_payment(&self, config: &Config, arguments: &Arguments, found: &Found) -> bool {
        found.mint == *self.mint.key()
            && config.accepted(self.mint.key()).is_ok()
            && is_unused(&self.payment)
            && arguments.amount > 0
            && limits::require_deposit_time(unix_timestamp(), arguments.settle_by).is_ok()
    }
}
