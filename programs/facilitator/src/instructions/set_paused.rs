//! Stops new payments, or takes them again. What is locked already is settled and refunded as ever: nothing here stops that.
use crate::errors;
use crate::events::IntakePaused;
use crate::state::Config;
use svmkit::{
    discriminator, framework, require, require_upgrade_authority, Account, Discriminator, Input, Pubkey, Reader, Result,
};

pub const DISCRIMINATOR: Discriminator = discriminator("global:set_paused");

struct Accounts {
    /// Signs.
    upgrade_authority: Account,
    config: Account,
    program_data: Account,
}

#[inline(never)]
pub fn run(input: &Input, mut arguments: Reader) -> Result {
    let paused = arguments.u8()?;
    arguments.end()?;
    require!(paused <= 1, framework::InstructionDidNotDeserialize);
    let [upgrade_authority, config, program_data] = input.take()?;
    let accounts = Accounts { upgrade_authority, config, program_data };

    let mut config = accounts.validate(input.program_id)?;
    config.paused = paused == 1;
    config.invariant()?;
    config.store(&accounts.config);
    IntakePaused { paused }.emit();
    Ok(())
}

impl Accounts {
    #[inline(never)]
    fn validate(&self, program: &Pubkey) -> Result<Config> {
        self.config.require_writable()?;
        require_upgrade_authority(
            &self.program_data, &self.upgrade_authority, program, errors::UnauthorizedUpgradeAuthority,
        )?;
        Config::load(&self.config, program)
    }
}
