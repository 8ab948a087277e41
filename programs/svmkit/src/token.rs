//! The classic SPL token program. Token-2022 accounts are refused by their owner, and with them transfer fees and hooks.
use crate::{framework, invoke, require, Account, Meta, Pubkey, Result};

pub const TOKEN_PROGRAM: Pubkey = Pubkey::from_base58("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
pub const ACCOUNT_LENGTH: u64 = 165;
const MINT_LENGTH: usize = 82;
/// HYPER's, and those of every other mint that a program of ours takes.
pub const DECIMALS: u8 = 6;

const TRANSFER: u8 = 3;
const CLOSE_ACCOUNT: u8 = 9;
const TRANSFER_CHECKED: u8 = 12;
const BURN_CHECKED: u8 = 15;
const INITIALIZE_ACCOUNT_3: u8 = 18;

/// What a transfer needs beside its two ends.
pub struct Authority<'a> {
    pub mint: &'a Account,
    pub decimals: u8,
    pub authority: &'a Account,
    /// Empty when the authority signed the transaction itself.
    pub seeds: &'a [&'a [u8]],
}

pub fn initialize_account(account: &Account, mint: &Account, owner: &Pubkey) -> Result {
    let mut data = [0u8; 33];
    data[0] = INITIALIZE_ACCOUNT_3;
    data[1..].copy_from_slice(&owner.0);
    invoke(&TOKEN_PROGRAM, &[Meta::writable(account), Meta::read_only(mint)], &data, [account, mint], &[])
}

pub fn transfer(from: &Account, to: &Account, amount: u64, by: &Authority) -> Result {
    let mut data = [0u8; 10];
    data[0] = TRANSFER_CHECKED;
    data[1..9].copy_from_slice(&amount.to_le_bytes());
    data[9] = by.decimals;
    let metas = [
        Meta::writable(from),
        Meta::read_only(by.mint),
        Meta::writable(to),
        Meta::read_only(by.authority).signer(),
    ];
    invoke(&TOKEN_PROGRAM, &metas, &data, [from, by.mint, to, by.authority], by.seeds)
}

/// For an account that may be of any mint: nothing is said, and so nothing checked, of the mint and its decimals.
pub fn transfer_of_any_mint(from: &Account, to: &Account, amount: u64, authority: &Account, seeds: &[&[u8]]) -> Result {
    let mut data = [0u8; 9];
    data[0] = TRANSFER;
    data[1..].copy_from_slice(&amount.to_le_bytes());
    let metas = [Meta::writable(from), Meta::writable(to), Meta::read_only(authority).signer()];
    invoke(&TOKEN_PROGRAM, &metas, &data, [from, to, authority], seeds)
}

/// Takes `amount` out of `from` and out of the mint's supply.
pub fn burn(from: &Account, amount: u64, by: &Authority) -> Result {
    let mut data = [0u8; 10];
    data[0] = BURN_CHECKED;
    data[1..9].copy_from_slice(&amount.to_le_bytes());
    data[9] = by.decimals;
    let metas = [Meta::writable(from), Meta::writable(by.mint), Meta::read_only(by.authority).signer()];
    invoke(&TOKEN_PROGRAM, &metas, &data, [from, by.mint, by.authority], by.seeds)
}

/// The token program closes an empty account only.
pub fn close(account: &Account, rent_to: &Account, authority: &Account, seeds: &[&[u8]]) -> Result {
    let metas = [Meta::writable(account), Meta::writable(rent_to), Meta::read_only(authority).signer()];
    invoke(&TOKEN_PROGRAM, &metas, &[CLOSE_ACCOUNT], [account, rent_to, authority], seeds)
}

/// A token account's fields, copied.
pub struct TokenAccount {
    pub mint: Pubkey,
    pub owner: Pubkey,
    pub amount: u64,
    /// Who may move tokens beside the owner, and how many.
    pub delegate: Option<(Pubkey, u64)>,
}

impl TokenAccount {
    /// A token account of `mint`.
    pub fn load_of(account: &Account, mint: &Pubkey) -> Result<TokenAccount> {
        let token = TokenAccount::load(account)?;
        require!(token.mint == *mint, framework::ConstraintTokenMint);
        Ok(token)
    }

    pub fn load(account: &Account) -> Result<TokenAccount> {
        account.require_owner(&TOKEN_PROGRAM)?;
        let data = account.data();
        require!(data.len() == ACCOUNT_LENGTH as usize && data[108] != 0, framework::AccountDiscriminatorMismatch);
        let delegated = data[72..76] == [1, 0, 0, 0];
        Ok(TokenAccount {
            mint: Pubkey(chunk(data, 0)),
            owner: Pubkey(chunk(data, 32)),
            amount: u64::from_le_bytes(chunk(data, 64)),
            delegate: if delegated { Some((Pubkey(chunk(data, 76)), u64::from_le_bytes(chunk(data, 121)))) } else { None },
        })
    }
}

/// An initialized mint with our decimals. A Token-2022 mint, and with it fees and hooks, is refused by its owner.
pub fn require_mint(mint: &Account) -> Result {
    mint.require_owner(&TOKEN_PROGRAM)?;
    let data = mint.data();
    require!(data.len() == MINT_LENGTH && data[45] == 1, framework::AccountDiscriminatorMismatch);
    require!(data[44] == DECIMALS, framework::ConstraintTokenMint);
    Ok(())
}

#[inline(always)]
fn chunk<const N: usize>(data: &[u8], at: usize) -> [u8; N] {
    let mut out = [0u8; N];
    out.copy_from_slice(&data[at..at + N]);
    out
}
