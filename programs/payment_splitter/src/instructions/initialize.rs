//! Writes the Config, once, by the one who may replace the program anyway.
use crate::destinations::Destinations;
use crate::state::{Config, Rules};
use crate::{errors, seeds};
use svmkit::{discriminator, Account, Discriminator, Input, Reader, Result, Setup};

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
    let bump = accounts.setup().validate(input.program_id, &seeds::config(), errors::UnauthorizedUpgradeAuthority)?;
    accounts.destinations().require_usable(accounts.mint.key(), accounts.config.key())?;
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
    accounts.setup().create_config(input.program_id, Config::LENGTH, seed, bump)?;
    config.store(&accounts.config)
}

impl Accounts {
    fn destinations(&self) -> Destinations<'_> {
        Destinations { treasury: &self.treasury, development: &self.development, staking_pool: &self.staking_pool }
    }

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
