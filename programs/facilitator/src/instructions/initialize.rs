//! Writes the Config, once, by the one who may replace the program anyway.
use crate::escrow::DECIMALS;
use crate::state::Config;
use crate::{errors, seeds};
use svmkit::token::{mint_decimals, TokenAccount};
use svmkit::{
    create_pda_account, discriminator, expect_pda, framework, require, Account, Discriminator, Input, Pubkey, Reader,
    Result, SYSTEM_PROGRAM,
};

pub const DISCRIMINATOR: Discriminator = discriminator("global:initialize");

const UPGRADEABLE_LOADER: Pubkey = Pubkey::from_base58("BPFLoaderUpgradeab1e11111111111111111111111");
/// The loader's state: u32 kind | u64 slot | u8 has an authority | authority.
const PROGRAM_DATA: [u8; 4] = [3, 0, 0, 0];

struct Accounts {
    /// Signs and pays.
    upgrade_authority: Account,
    config: Account,
    mint: Account,
    protocol_vault: Account,
    platform_vault: Account,
    program_data: Account,
    system_program: Account,
}

#[inline(never)]
pub fn run(input: &Input, mut arguments: Reader) -> Result {
    let [upgrade_authority, config, mint, protocol_vault, platform_vault, program_data, system_program] = input.take()?;
    let accounts =
        Accounts { upgrade_authority, config, mint, protocol_vault, platform_vault, program_data, system_program };
    let bump = accounts.validate(input.program_id)?;
    let config = Config {
        cluster: arguments.bytes()?,
        facilitator: arguments.key()?,
        assigner: arguments.key()?,
        mint: *accounts.mint.key(),
        protocol_vault: *accounts.protocol_vault.key(),
        platform_vault: *accounts.platform_vault.key(),
        oracles: [arguments.key()?, arguments.key()?, arguments.key()?, arguments.key()?, arguments.key()?],
        threshold: arguments.u8()?,
        refund_grace: arguments.i64()?,
        bump,
    };
    arguments.end()?;
    config.invariant()?;

    let [seed] = seeds::config();
    let payer = &accounts.upgrade_authority;
    create_pda_account(payer, &accounts.config, Config::LENGTH as u64, input.program_id, &[seed, &[bump]])?;
    config.store(&accounts.config);
    Config::load(&accounts.config, input.program_id)?.invariant()
}

impl Accounts {
    /// Returns the Config's bump.
    fn validate(&self, program: &Pubkey) -> Result<u8> {
        self.system_program.require_key(&SYSTEM_PROGRAM, framework::InvalidProgramId)?;
        self.upgrade_authority.require_signer()?;
        require_upgrade_authority(&self.program_data, self.upgrade_authority.key(), program)?;
        require!(mint_decimals(&self.mint)? == DECIMALS, framework::ConstraintTokenMint);
        for vault in [&self.protocol_vault, &self.platform_vault] {
            require!(TokenAccount::load(vault)?.mint == *self.mint.key(), framework::ConstraintTokenMint);
        }
        expect_pda(&self.config, &seeds::config(), program)
    }
}

/// Whoever deploys first could else name himself the facilitator, and the oracles.
fn require_upgrade_authority(program_data: &Account, signer: &Pubkey, program: &Pubkey) -> Result {
    expect_pda(program_data, &[&program.0], &UPGRADEABLE_LOADER)?;
    program_data.require_owner(&UPGRADEABLE_LOADER)?;
    let data = program_data.data();
    let authority = match (data.get(..4), data.get(12), data.get(13..45)) {
        (Some(kind), Some(1), Some(authority)) if kind == PROGRAM_DATA => authority,
        _ => return Err(errors::UnauthorizedUpgradeAuthority),
    };
    require!(authority == signer.0, errors::UnauthorizedUpgradeAuthority);
    Ok(())
}
