//! Writes the Config, once, by the one who may replace the program anyway.
use crate::destinations::Destinations;
use crate::state::{Config, Rules};
use crate::{errors, seeds};
use svmkit::token::{mint_decimals, DECIMALS};
use svmkit::{
    create_pda_account, discriminator, expect_pda, framework, require, require_upgrade_authority, Account, Discriminator,
    Input, Pubkey, Reader, Result, SYSTEM_PROGRAM,
};

pub const DISCRIMINATOR: Discriminator = discriminator("global:initialize");

struct Accounts {
    /// Signs and pays.
    upgrade_authority: Account,
    config: Account,
    mint: Account,
    treasury: Account,
    development: Account,
    staking_pool: Account,
    program_data: Account,
    system_program: Account,
}

#[inline(never)]
pub fn run(input: &Input, mut arguments: Reader) -> Result {
    let [upgrade_authority, config, mint, treasury, development, staking_pool, program_data, system_program] = input.take()?;
    let accounts =
        Accounts { upgrade_authority, config, mint, treasury, development, staking_pool, program_data, system_program };
    let bump = accounts.validate(input.program_id)?;
    let config = Config {
        mint: *accounts.mint.key(),
        rules: Rules::of(&accounts.destinations(), &mut arguments)?,
        change_delay: arguments.i64()?,
        bump,
        proposed: Rules::NONE,
        due_at: 0,
    };
    arguments.end()?;
    config.invariant()?;

    let [seed] = seeds::config();
    let payer = &accounts.upgrade_authority;
    create_pda_account(payer, &accounts.config, Config::LENGTH as u64, input.program_id, &[seed, &[bump]])?;
    config.store(&accounts.config)
}

impl Accounts {
    fn destinations(&self) -> Destinations<'_> {
        Destinations { treasury: &self.treasury, development: &self.development, staking_pool: &self.staking_pool }
    }

    /// Returns the Config's bump.
    fn validate(&self, program: &Pubkey) -> Result<u8> {
        self.system_program.require_key(&SYSTEM_PROGRAM, framework::InvalidProgramId)?;
        require_upgrade_authority(
            &self.program_data, &self.upgrade_authority, program, errors::UnauthorizedUpgradeAuthority,
        )?;
        require!(mint_decimals(&self.mint)? == DECIMALS, framework::ConstraintTokenMint);
        let bump = expect_pda(&self.config, &seeds::config(), program)?;
        self.destinations().require_usable(self.mint.key(), self.config.key())?;
        Ok(bump)
    }
}
