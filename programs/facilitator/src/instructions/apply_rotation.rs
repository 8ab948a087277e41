//! Puts proposed keys and vaults into effect, when the delay is over. Anyone may.
use crate::errors;
use crate::events::RotationApplied;
use crate::instructions::propose_rotation::require_vaults;
use crate::state::{Config, Rotation};
use svmkit::{discriminator, framework, require, unix_timestamp, Account, Discriminator, Input, Pubkey, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:apply_rotation");

struct Accounts {
    config: Account,
    rotation: Account,
    rent_payer: Account,
    protocol_vault: Account,
    platform_vault: Account,
}

#[inline(never)]
pub fn run(input: &Input, arguments: Reader) -> Result {
    arguments.end()?;
    let [config, rotation, rent_payer, protocol_vault, platform_vault] = input.take()?;
    let accounts = Accounts { config, rotation, rent_payer, protocol_vault, platform_vault };
    let (mut config, rotation) = accounts.validate(input.program_id)?;
    rotation.write_into(&mut config);
    config.invariant()?;
    config.store(&accounts.config);
    accounts.rotation.close(&accounts.rent_payer)?;
    RotationApplied { rotation: accounts.rotation.key(), due_at: rotation.due_at }.emit();
    Ok(())
}

impl Accounts {
    #[inline(never)]
    fn validate(&self, program: &Pubkey) -> Result<(Config, Rotation)> {
        self.config.require_writable()?;
        let config = Config::load(&self.config, program)?;
        let rotation = Rotation::load(&self.rotation, program)?;
        require!(unix_timestamp() >= rotation.due_at, errors::RotationNotDue);
        self.rent_payer.require_key(&rotation.rent_payer, framework::ConstraintHasOne)?;
        self.protocol_vault.require_key(&rotation.protocol_vault, framework::ConstraintAddress)?;
        self.platform_vault.require_key(&rotation.platform_vault, framework::ConstraintAddress)?;
        require_vaults([&self.protocol_vault, &self.platform_vault], &config.mint)?;
        Ok((config, rotation))
    }
}
