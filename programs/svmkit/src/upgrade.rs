//! Who may replace the running program: the one who may configure it, too.
use crate::{expect_pda, require, Account, Error, Pubkey, Result};

const UPGRADEABLE_LOADER: Pubkey = Pubkey::from_base58("BPFLoaderUpgradeab1e11111111111111111111111");
/// The loader's state: u32 kind | u64 slot | u8 has an authority | authority.
const PROGRAM_DATA: [u8; 4] = [3, 0, 0, 0];

/// `signer` signed and is the upgrade authority of `program`, whose account of the loader is `program_data`; else
/// whoever is first after a deployment could name himself whatever a configuration names.
pub fn require_upgrade_authority(program_data: &Account, signer: &Account, program: &Pubkey, error: Error) -> Result {
    signer.require_signer()?;
    expect_pda(program_data, &[&program.0], &UPGRADEABLE_LOADER)?;
    program_data.require_owner(&UPGRADEABLE_LOADER)?;
    let data = program_data.data();
    let authority = match (data.get(..4), data.get(12), data.get(13..45)) {
        (Some(kind), Some(1), Some(authority)) if kind == PROGRAM_DATA => authority,
        _ => return Err(error),
    };
    require!(authority == signer.key().0, error);
    Ok(())
}
