//! Writes the Config, once, by the one who may replace the program anyway.
use crate::state::Config;
use crate::vault::DECIMALS;
use crate::{errors, seeds};
use svmkit::token::{mint_decimals, TokenAccount};
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
    slash_vault: Account,
    program_data: Account,
    system_program: Account,
}

#[inline(never)]
pub fn run(input: &Input, mut arguments: Reader) -> Result {
    let [upgrade_authority, config, mint, slash_vault, program_data, system_program] = input.take()?;
    let accounts = Accounts { upgrade_authority, config, mint, slash_vault, program_data, system_program };
    let bump = accounts.validate(input.program_id)?;
    let config = Config {
        cluster: arguments.bytes()?,
        mint: *accounts.mint.key(),
        slash_vault: *accounts.slash_vault.key(),
        oracles: [arguments.key()?, arguments.key()?, arguments.key()?, arguments.key()?, arguments.key()?],
        threshold: arguments.u8()?,
        unstake_cooldown: arguments.i64()?,
        appeal_window: arguments.i64()?,
        slash_cap_bps: arguments.u16()?,
        bump,
    };
    arguments.end()?;
    config.invariant()?;

    let [seed] = seeds::config();
    let payer = &accounts.upgrade_authority;
    create_pda_account(payer, &accounts.config, Config::LENGTH as u64, input.program_id, &[seed, &[bump]])?;
    config.store(&accounts.config);
    Config::load(&accounts.config, input.program_id)?.invariant()
}

impl Accounts {
    /// Returns the Config's bump.
    fn validate(&self, program: &Pubkey) -> Result<u8> {
        self.system_program.require_key(&SYSTEM_PROGRAM, framework::InvalidProgramId)?;
        require_upgrade_authority(&self.program_data, &self.upgrade_authority, program, errors::UnauthorizedUpgradeAuthority)?;
        require!(mint_decimals(&self.mint)? == DECIMALS, framework::ConstraintTokenMint);
        require!(TokenAccount::load(&self.slash_vault)?.mint == *self.mint.key(), framework::ConstraintTokenMint);
        expect_pda(&self.config, &seeds::config(), program)
    }
}
