//! Takes a proposed change back.
use crate::state::Config;
use crate::{errors, events};
use svmkit::{discriminator, require_upgrade_authority, Account, Discriminator, Input, Pubkey, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:withdraw_change");

struct Accounts {
    /// Signs.
    upgrade_authority: Account,
    config: Account,
    program_data: Account,
}

#[inline(never)]
pub fn run(input: &Input, arguments: Reader) -> Result {
    arguments.end()?;
    let [upgrade_authority, config, program_data] = input.take()?;
    let accounts = Accounts { upgrade_authority, config, program_data };

    let before = accounts.validate(input.program_id)?;
    let mut config = before;
    config.withdraw();
    config.store(&accounts.config)?;
    events::change_withdrawn(&before.proposed, before.due_at);
    Ok(())
}

impl Accounts {
    fn validate(&self, program: &Pubkey) -> Result<Config> {
        let config = Config::load_writable(&self.config, program)?;
        require_upgrade_authority(
            &self.program_data, &self.upgrade_authority, program, errors::UnauthorizedUpgradeAuthority,
        )?;
        config.require_proposed()?;
        Ok(config)
    }
}
