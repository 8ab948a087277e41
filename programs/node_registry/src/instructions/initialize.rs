//! Writes the Config, once, by the one who may replace the program anyway.
use crate::state::Config;
use crate::{errors, seeds};
use svmkit::token::TokenAccount;
use svmkit::{discriminator, Account, Discriminator, Input, Reader, Result, Setup};

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
    let bump = accounts.setup().validate(input.program_id, &seeds::config(), errors::UnauthorizedUpgradeAuthority)?;
    TokenAccount::load_of(&accounts.slash_vault, accounts.mint.key())?;
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
    accounts.setup().create_config(input.program_id, Config::LENGTH, seed, bump)?;
    config.store(&accounts.config);
    Config::load(&accounts.config, input.program_id)?.invariant()
}

impl Accounts {
    fn setup(&self) -> Setup<'_> {
        Setup {
            upgrade_authority: &self.upgrade_authority,
            config: &self.config,
            mint: &self.mint,
            program_data: &self.program_data,
            system_program: &self.system_program,
        }
    }
}
