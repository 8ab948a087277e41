//! Puts a proposed change into effect, when its delay is over. Anyone may.
use crate::destinations::Destinations;
use crate::state::Config;
use crate::{errors, events};
use svmkit::{discriminator, require, unix_timestamp, Account, Discriminator, Input, Pubkey, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:apply_change");

struct Accounts {
    config: Account,
    treasury: Account,
    development: Account,
    staking_pool: Account,
}

#[inline(never)]
pub fn run(input: &Input, arguments: Reader) -> Result {
    arguments.end()?;
    let [config, treasury, development, staking_pool] = input.take()?;
    let accounts = Accounts { config, treasury, development, staking_pool };

    let before = accounts.validate(input.program_id)?;
    let mut config = before;
    config.rules = before.proposed;
    config.withdraw();
    config.store(&accounts.config)?;
    events::change_applied(&config.rules, before.due_at);
    Ok(())
}

impl Accounts {
    fn validate(&self, program: &Pubkey) -> Result<Config> {
        let config = Config::load_writable(&self.config, program)?;
        config.require_proposed()?;
        require!(unix_timestamp() >= config.due_at, errors::ChangeNotDue);
        // A destination may have been closed or handed to a vault since it was proposed.
        let destinations =
            Destinations { treasury: &self.treasury, development: &self.development, staking_pool: &self.staking_pool };
        destinations.require_those_of(&config.proposed)?;
        destinations.require_usable(&config.mint, self.config.key())?;
        Ok(config)
    }
}
