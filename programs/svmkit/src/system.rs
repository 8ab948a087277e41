//! The system program: creating accounts at derived addresses.
use crate::{invoke, rent_minimum, Account, Meta, Pubkey, Result};

pub const SYSTEM_PROGRAM: Pubkey = Pubkey::ZERO;

const CREATE_ACCOUNT: u8 = 0;
const ASSIGN: u8 = 1;
const TRANSFER: u8 = 2;
const ALLOCATE: u8 = 8;

/// Anchor's `init`: creates `new` with `length` bytes for `owner`, paid by `payer`. Works as well when a stranger has
/// already sent lamports to the address, which would make a plain create fail for ever.
pub fn create_pda_account(payer: &Account, new: &Account, length: u64, owner: &Pubkey, seeds: &[&[u8]]) -> Result {
    let needed = rent_minimum(length);
    if new.lamports() == 0 {
        let mut data = [0u8; 52];
        data[0] = CREATE_ACCOUNT;
        data[4..12].copy_from_slice(&needed.to_le_bytes());
        data[12..20].copy_from_slice(&length.to_le_bytes());
        data[20..52].copy_from_slice(&owner.0);
        let metas = [Meta::writable(payer).signer(), Meta::writable(new).signer()];
        return invoke(&SYSTEM_PROGRAM, &metas, &data, [payer, new], seeds);
    }

    if new.lamports() < needed {
        let mut data = [0u8; 12];
        data[0] = TRANSFER;
        data[4..12].copy_from_slice(&(needed - new.lamports()).to_le_bytes());
        let metas = [Meta::writable(payer).signer(), Meta::writable(new)];
        invoke(&SYSTEM_PROGRAM, &metas, &data, [payer, new], &[])?;
    }
    let mut data = [0u8; 12];
    data[0] = ALLOCATE;
    data[4..12].copy_from_slice(&length.to_le_bytes());
    invoke(&SYSTEM_PROGRAM, &[Meta::writable(new).signer()], &data, [new], seeds)?;

    let mut data = [0u8; 36];
    data[0] = ASSIGN;
    data[4..36].copy_from_slice(&owner.0);
    invoke(&SYSTEM_PROGRAM, &[Meta::writable(new).signer()], &data, [new], seeds)
}
