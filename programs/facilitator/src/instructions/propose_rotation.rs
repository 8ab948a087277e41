//! Announces other keys and vaults, and perhaps a further mint, by the one who may replace the program anyway; they take effect when the delay is over
//! and somebody calls `apply_rotation`. Proposing again replaces what was proposed, and starts the clock again.
use crate::events::RotationProposed;
use crate::limits::ROTATION_DELAY;
use crate::mints::{require_vaults, OfferedMint};
use crate::state::{AcceptedMint, Config, Rotation};
use crate::{errors, seeds};
use svmkit::{
    create_pda_account, discriminator, expect_pda, framework, require_upgrade_authority, unix_timestamp, Account,
    Discriminator, Input, Pubkey, Reader, Result, SYSTEM_PROGRAM,
};

pub const DISCRIMINATOR: Discriminator = discriminator("global:propose_rotation");

struct Accounts {
    /// Signs, and pays the rent, which comes back.
    upgrade_authority: Account,
    config: Account,
    rotation: Account,
    protocol_vault: Account,
    platform_vault: Account,
    /// A further mint, or one that is accepted and shall have other vaults; may be left out.
    other_mint: Account,
    other_protocol_vault: Account,
    other_platform_vault: Account,
    program_data: Account,
    system_program: Account,
}

#[inline(never)]
pub fn run(input: &Input, mut arguments: Reader) -> Result {
    let [upgrade_authority, config, rotation, protocol_vault, platform_vault, other_mint, other_protocol_vault, other_platform_vault, program_data, system_program] =
        input.take()?;
    let accounts = Accounts {
        upgrade_authority, config, rotation, protocol_vault, platform_vault, other_mint, other_protocol_vault,
        other_platform_vault, program_data, system_program,
    };
    let mut rotation = Rotation {
        rent_payer: *accounts.upgrade_authority.key(),
        due_at: unix_timestamp().saturating_add(ROTATION_DELAY),
        facilitator: arguments.key()?,
        assigner: arguments.key()?,
        protocol_vault: *accounts.protocol_vault.key(),
        platform_vault: *accounts.platform_vault.key(),
        oracles: [arguments.key()?, arguments.key()?, arguments.key()?, arguments.key()?, arguments.key()?],
        threshold: arguments.u8()?,
        other: AcceptedMint::NONE,
    };
    arguments.end()?;
    let bump = accounts.validate(input.program_id, &mut rotation)?;
    accounts.record(input.program_id, bump, rotation)
}

impl Accounts {
    /// Returns the rotation's bump, and completes the rotation by the mint that was offered.
    #[inline(never)]
    fn validate(&self, program: &Pubkey, rotation: &mut Rotation) -> Result<u8> {
        let mut config = Config::load(&self.config, program)?;
        self.system_program.require_key(&SYSTEM_PROGRAM, framework::InvalidProgramId)?;
        require_upgrade_authority(
            &self.program_data, &self.upgrade_authority, program, errors::UnauthorizedUpgradeAuthority,
        )?;
        require_vaults([&self.protocol_vault, &self.platform_vault], &config.hyper.mint)?;
        let other = OfferedMint {
            mint: &self.other_mint,
            protocol_vault: &self.other_protocol_vault,
            platform_vault: &self.other_platform_vault,
        };
        rotation.other = other.validate(program)?;
        self.rotation.require_writable()?;
        let bump = expect_pda(&self.rotation, &seeds::rotation(), program)?;
        rotation.write_into(&mut config)?;
        Ok(bump)
    }

    #[inline(never)]
    fn record(&self, program: &Pubkey, bump: u8, mut rotation: Rotation) -> Result {
        if *self.rotation.owner() == SYSTEM_PROGRAM {
            let [seed] = seeds::rotation();
            let payer = &self.upgrade_authority;
            create_pda_account(payer, &self.rotation, Rotation::LENGTH as u64, program, &[seed, &[bump]])?;
        } else {
            rotation.rent_payer = Rotation::load(&self.rotation, program)?.rent_payer;
        }
        rotation.store(&self.rotation);
        RotationProposed { rotation: self.rotation.key(), due_at: rotation.due_at }.emit();
        Ok(())
    }
}
