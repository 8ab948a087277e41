//! The token accounts that fees go to.
use crate::state::Rules;
use svmkit::token::TokenAccount;
use svmkit::{framework, require, Account, Pubkey, Result};

pub struct Destinations<'a> {
    pub treasury: &'a Account,
    pub development: &'a Account,
    pub staking_pool: &'a Account,
}

impl Destinations<'_> {
    /// Token accounts of the mint, and none of them a vault: a fee that comes back would never leave.
    pub fn require_usable(&self, mint: &Pubkey, config: &Pubkey) -> Result {
        for account in [self.treasury, self.development, self.staking_pool] {
            let token = TokenAccount::load(account)?;
            require!(token.mint == *mint, framework::ConstraintTokenMint);
            require!(token.owner != *config, framework::ConstraintTokenOwner);
        }
        Ok(())
    }

    pub fn require_those_of(&self, rules: &Rules) -> Result {
        self.treasury.require_key(&rules.treasury, framework::ConstraintAddress)?;
        self.development.require_key(&rules.development, framework::ConstraintAddress)?;
        self.staking_pool.require_key(&rules.staking_pool, framework::ConstraintAddress)
    }
}
