//! Puts proposed keys, vaults and mints into effect, when the delay is over. Anyone may.
use crate::errors;
use crate::events::RotationApplied;
use crate::mints::require_vaults;
use crate::state::{Config, Rotation};
use svmkit::{discriminator, framework, require, unix_timestamp, Account, Discriminator, Input, Pubkey, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:apply_rotation");

struct Accounts {
    config: Account,
    rotation: Account,
    rent_payer: Account,
    protocol_vault: Account,
    platform_vault: Account,
    /// Looked at only when the rotation names a further mint.
    other_protocol_vault: Account,
    other_platform_vault: Account,
}

#[inline(never)]
pub fn run(input: &Input, arguments: Reader) -> Result {
    arguments.end()?;
    let [config, rotation, rent_payer, protocol_vault, platform_vault, other_protocol_vault, other_platform_vault] =
        input.take()?;
    let accounts = Accounts {
        config, rotation, rent_payer, protocol_vault, platform_vault, other_protocol_vault, other_platform_vault,
    };
    let (mut config, rotation) = accounts.validate(input.program_id)?;
    rotation.write_into(&mut config)?;
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
        require_vaults([&self.protocol_vault, &self.platform_vault], &config.hyper.mint)?;
        self.require_other_vaults(&rotation)?;
        Ok((config, rotation))
    }

    fn require_other_vaults(&self, rotation: &Rotation) -> Result {
        let other = &rotation.other;
        if other.is_none() {
            return Ok(());
        }
        self.other_protocol_vault.require_key(&other.protocol_vault, framework::ConstraintAddress)?;
        self.other_platform_vault.require_key(&other.platform_vault, framework::ConstraintAddress)?;
        require_vaults([&self.other_protocol_vault, &self.other_platform_vault], &other.mint)
    }
}
