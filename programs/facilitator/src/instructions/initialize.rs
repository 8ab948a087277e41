//! Writes the Config, once, by the one who may replace the program anyway.
use crate::escrow::DECIMALS;
use crate::state::Config;
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
    protocol_vault: Account,
    platform_vault: Account,
    program_data: Account,
    system_program: Account,
}

#[inline(never)]
pub fn run(input: &Input, mut arguments: Reader) -> Result {
    let [upgrade_authority, config, mint, protocol_vault, platform_vault, program_data, system_program] = input.take()?;
    let accounts =
        Accounts { upgrade_authority, config, mint, protocol_vault, platform_vault, program_data, system_program };
    let bump = accounts.validate(input.program_id)?;
    let config = Config {
        cluster: arguments.bytes()?,
        facilitator: arguments.key()?,
        assigner: arguments.key()?,
        mint: *accounts.mint.key(),
        protocol_vault: *accounts.protocol_vault.key(),
        platform_vault: *accounts.platform_vault.key(),
        oracles: [arguments.key()?, arguments.key()?, arguments.key()?, arguments.key()?, arguments.key()?],
        threshold: arguments.u8()?,
        refund_grace: arguments.i64()?,
        bump,
        paused: false,
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
        for vault in [&self.protocol_vault, &self.platform_vault] {
            require!(TokenAccount::load(vault)?.mint == *self.mint.key(), framework::ConstraintTokenMint);
        }
        expect_pda(&self.config, &seeds::config(), program)
    }
}
