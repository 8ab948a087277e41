//! Makes a deposit a payment: exactly the amount goes into a new escrow, and the rest to the payer. By the facilitator.
use crate::deposit::{Arguments, Deposit, Found};
use crate::escrow::{Bumps, Opening, Source};
use crate::state::{Config, Terms, Via};
use crate::{errors, limits, seeds};
use svmkit::{discriminator, framework, require, unix_timestamp, Account, Discriminator, Input, Pubkey, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:activate_intent");

struct Accounts {
    /// The facilitator: signs, pays the rent, and gets that of the deposit.
    relayer: Account,
    config: Account,
    mint: Account,
    payer: Account,
    deposit: Account,
    deposit_token: Account,
    payer_token: Account,
    payment: Account,
    escrow: Account,
    token_program: Account,
    system_program: Account,
}

#[inline(never)]
pub fn run(input: &Input, arguments: Reader) -> Result {
    let arguments = Arguments::read(arguments)?;
    let [relayer, config, mint, payer, deposit, deposit_token, payer_token, payment, escrow, token_program, system_program] =
        input.take()?;
    let accounts = Accounts {
        relayer, config, mint, payer, deposit, deposit_token, payer_token, payment, escrow, token_program, system_program,
    };
    let (bumps, found) = accounts.validate(input.program_id, &arguments)?;
    accounts.lock(input.program_id, &arguments, &bumps, &found)?;
    accounts.deposit().end(&found, found.amount - arguments.amount)
}

impl Accounts {
    fn opening(&self) -> Opening<'_> {
        Opening {
            rent_payer: &self.relayer,
            mint: &self.mint,
            payment: &self.payment,
            escrow: &self.escrow,
            token_program: &self.token_program,
            system_program: &self.system_program,
        }
    }

    fn deposit(&self) -> Deposit<'_> {
        Deposit {
            mint: &self.mint,
            payer: &self.payer,
            deposit: &self.deposit,
            deposit_token: &self.deposit_token,
            payer_token: &self.payer_token,
            facilitator: &self.relayer,
            token_program: &self.token_program,
        }
    }

    #[inline(never)]
    fn validate(&self, program: &Pubkey, arguments: &Arguments) -> Result<(Bumps, Found)> {
        let config = Config::load(&self.config, program)?;
        let bumps = self.opening().validate(program, &config, &arguments.intent_id)?;
        require!(arguments.amount > 0, errors::ZeroAmount);
        limits::require_deposit_time(unix_timestamp(), arguments.settle_by)?;

        let found = self.deposit().validate(program, &config, arguments)?;
        require!(found.mint == *self.mint.key(), framework::ConstraintTokenMint);
        let Some(excess) = found.amount.checked_sub(arguments.amount) else {
            return Err(errors::DepositTooSmall);
        };
        self.deposit().require_way_back(&found, excess)?;
        Ok((bumps, found))
    }

    /// The consent lasts until settle_by, which a deposit's terms give as their only time; so the tombstone outlives it, and
    /// the same terms never lock twice.
    #[inline(never)]
    fn lock(&self, program: &Pubkey, arguments: &Arguments, bumps: &Bumps, found: &Found) -> Result {
        let terms = Terms {
            intent_id: &arguments.intent_id,
            job_id: &arguments.job_id,
            payer: self.payer.key(),
            amount: arguments.amount,
            via: Via::Deposit,
            expires_at: arguments.settle_by,
            settle_by: arguments.settle_by,
        };
        let bump = [found.bump];
        let signer_seeds = seeds::signer(seeds::deposit(&found.commitment), &bump);
        let from = Source { token: &self.deposit_token, authority: &self.deposit, seeds: &signer_seeds };
        self.opening().lock(program, &terms, bumps, &from)
    }
}
