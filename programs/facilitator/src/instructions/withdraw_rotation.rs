//! Takes a proposed rotation back.
use crate::errors;
use crate::events::RotationWithdrawn;
use crate::state::Rotation;
use svmkit::{discriminator, framework, require_upgrade_authority, Account, Discriminator, Input, Pubkey, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:withdraw_rotation");

struct Accounts {
    /// Signs.
    upgrade_authority: Account,
    rotation: Account,
    rent_payer: Account,
    program_data: Account,
}

#[inline(never)]
pub fn run(input: &Input, arguments: Reader) -> Result {
    arguments.end()?;
    let [upgrade_authority, rotation, rent_payer, program_data] = input.take()?;
    let accounts = Accounts { upgrade_authority, rotation, rent_payer, program_data };

    let rotation = accounts.validate(input.program_id)?;
    accounts.rotation.close(&accounts.rent_payer)?;
    RotationWithdrawn { rotation: accounts.rotation.key(), due_at: rotation.due_at }.emit();
    Ok(())
}

impl Accounts {
    fn validate(&self, program: &Pubkey) -> Result<Rotation> {
        require_upgrade_authority(
            &self.program_data, &self.upgrade_authority, program, errors::UnauthorizedUpgradeAuthority,
        )?;
        let rotation = Rotation::load(&self.rotation, program)?;
        self.rent_payer.require_key(&rotation.rent_payer, framework::ConstraintHasOne)?;
        Ok(rotation)
    }
}
