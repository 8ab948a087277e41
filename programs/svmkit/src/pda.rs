//! Program derived addresses. Only canonical bumps: with any other, one id would have several addresses.
use crate::syscalls::{sol_create_program_address, sol_try_find_program_address};
use crate::{framework, require, Account, Pubkey, Result};

/// The address and its canonical bump (1,500 compute units a try).
pub fn find_pda(seeds: &[&[u8]], program: &Pubkey) -> (Pubkey, u8) {
    let mut key = Pubkey::ZERO;
    let mut bump = 0u8;
    unsafe {
        sol_try_find_program_address(seeds.as_ptr() as _, seeds.len() as u64, program.0.as_ptr(), key.0.as_mut_ptr(), &mut bump)
    };
    (key, bump)
}

/// The account is the canonical address of `seeds`; returns the bump.
pub fn expect_pda(account: &Account, seeds: &[&[u8]], program: &Pubkey) -> Result<u8> {
    let (key, bump) = find_pda(seeds, program);
    require!(*account.key() == key, framework::ConstraintSeeds);
    Ok(bump)
}

/// The account is the address of `seeds`, whose last one is a bump that we found canonical and stored ourselves.
pub fn expect_pda_with_bump(account: &Account, seeds: &[&[u8]], program: &Pubkey) -> Result {
    let mut key = Pubkey::ZERO;
    let failed = unsafe {
        sol_create_program_address(seeds.as_ptr() as _, seeds.len() as u64, program.0.as_ptr(), key.0.as_mut_ptr())
    };
    require!(failed == 0 && *account.key() == key, framework::ConstraintSeeds);
    Ok(())
}
