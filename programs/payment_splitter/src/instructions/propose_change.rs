//! Announces other rules, by the one who may replace the program anyway; they take effect when the delay is over and
//! somebody calls `apply_change`. Until then the old rules distribute, so nothing earned under them is taken away.
use crate::destinations::Destinations;
use crate::state::{Config, Rules};
use crate::{errors, events};
use svmkit::{
    discriminator, require_upgrade_authority, unix_timestamp, Account, Discriminator, Input, Pubkey, Reader, Result,
};

pub const DISCRIMINATOR: Discriminator = discriminator("global:propose_change");

struct Accounts {
    /// Signs.
    upgrade_authority: Account,
    config: Account,
    treasury: Account,
    development: Account,
    staking_pool: Account,
    program_data: Account,
}

#[inline(never)]
pub fn run(input: &Input, mut arguments: Reader) -> Result {
    let [upgrade_authority, config, treasury, development, staking_pool, program_data] = input.take()?;
    let accounts = Accounts { upgrade_authority, config, treasury, development, staking_pool, program_data };
    let rules = Rules::of(&accounts.destinations(), &mut arguments)?;
    arguments.end()?;

    let mut config = accounts.validate(input.program_id)?;
    rules.invariant()?;
    config.propose(rules, unix_timestamp())?;
    config.store(&accounts.config)?;
    events::change_proposed(&config.proposed, config.due_at);
    Ok(())
}

impl Accounts {
    fn destinations(&self) -> Destinations<'_> {
        Destinations { treasury: &self.treasury, development: &self.development, staking_pool: &self.staking_pool }
    }

    #[inline(never)]
    fn validate(&self, program: &Pubkey) -> Result<Config> {
        let config = Config::load_writable(&self.config, program)?;
        require_upgrade_authority(
            &self.program_data, &self.upgrade_authority, program, errors::UnauthorizedUpgradeAuthority,
        )?;
        self.destinations().require_usable(&config.mint, self.config.key())?;
        Ok(config)
    }
}
