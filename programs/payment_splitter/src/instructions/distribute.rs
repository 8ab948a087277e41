//! Passes on everything that a vault holds. Anyone may ask, as often as he likes: the rules alone say who gets it.
use crate::destinations::Destinations;
use crate::events::Distributed;
use crate::split::Shares;
use crate::state::{Config, Fee};
use crate::{errors, seeds};
use svmkit::token::{self, Authority, TokenAccount, DECIMALS, TOKEN_PROGRAM};
use svmkit::{
    discriminator, expect_pda, framework, require, stack_height, Account, Discriminator, Input, Pubkey, Reader, Result,
};

pub const DISCRIMINATOR: Discriminator = discriminator("global:distribute");

struct Accounts {
    /// The vault's authority.
    config: Account,
    /// Written when something is burnt.
    mint: Account,
    vault: Account,
    treasury: Account,
    development: Account,
    staking_pool: Account,
    token_program: Account,
}

/// What `validate` found.
struct Found {
    config: Config,
    /// The vault's balance.
    held: u64,
}

#[inline(never)]
pub fn run(input: &Input, mut arguments: Reader) -> Result {
    let (fee, shard) = (Fee::read(&mut arguments)?, arguments.u16()?);
    arguments.end()?;
    let [config, mint, vault, treasury, development, staking_pool, token_program] = input.take()?;
    let accounts = Accounts { config, mint, vault, treasury, development, staking_pool, token_program };

    let Found { config, held } = accounts.validate(input.program_id, fee, shard)?;
    let shares = config.rules.split(fee).shares(held);
    accounts.pay_out(config.bump, &shares)?;
    Distributed { fee, shard, amount: held, shares: &shares }.emit();
    accounts.invariant()
}

impl Accounts {
    #[inline(never)]
    fn validate(&self, program: &Pubkey, fee: Fee, shard: u16) -> Result<Found> {
        // A program in between could make its own move depend on what this one did.
        require!(stack_height() == 1, errors::CalledByProgram);
        let config = Config::load(&self.config, program)?;
        self.token_program.require_key(&TOKEN_PROGRAM, framework::InvalidProgramId)?;
        self.mint.require_key(&config.mint, framework::ConstraintAddress)?;
        expect_pda(&self.vault, &seeds::Vault::of(fee, shard).seeds(), program)?;
        let destinations =
            Destinations { treasury: &self.treasury, development: &self.development, staking_pool: &self.staking_pool };
        destinations.require_those_of(&config.rules)?;
        for account in [&self.mint, &self.vault, &self.treasury, &self.development, &self.staking_pool] {
            account.require_writable()?;
        }
        let held = TokenAccount::load(&self.vault)?.amount;
        require!(held > 0, errors::NothingToDistribute);
        Ok(Found { config, held })
    }

    #[inline(never)]
    fn pay_out(&self, bump: u8, shares: &Shares) -> Result {
        let ([seed], bump) = (seeds::config(), [bump]);
        let signer = [seed, &bump];
        let by = Authority { mint: &self.mint, decimals: DECIMALS, authority: &self.config, seeds: &signer };
        let payments = [
            (&self.treasury, shares.treasury),
            (&self.development, shares.development),
            (&self.staking_pool, shares.staking_pool),
        ];
        for (to, amount) in payments {
            if amount > 0 {
                token::transfer(&self.vault, to, amount, &by)?;
            }
        }
        if shares.burn > 0 {
            token::burn(&self.vault, shares.burn, &by)?;
        }
        Ok(())
    }

    /// Nothing is left behind.
    fn invariant(&self) -> Result {
        require!(TokenAccount::load(&self.vault)?.amount == 0, errors::InvariantViolated);
        Ok(())
    }
}
