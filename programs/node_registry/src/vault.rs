//! A node's stake: one token account a node, under the NodeAccount's authority, so that no node's mistake costs another.
use crate::state::{Config, NodeAccount};
use crate::{arithmetic, errors, seeds};
use svmkit::token::{self, Authority, TokenAccount, DECIMALS, TOKEN_PROGRAM};
use svmkit::{expect_pda_with_bump, framework, require, Account, Pubkey, Result};

/// The accounts of a movement into or out of a stake.
pub struct Vault<'a> {
    pub mint: &'a Account,
    pub node: &'a Account,
    pub stake_vault: &'a Account,
    pub token_program: &'a Account,
}

impl Vault<'_> {
    #[inline(never)]
    pub fn validate(&self, program: &Pubkey, config: &Config, node: &NodeAccount) -> Result {
        self.token_program.require_key(&TOKEN_PROGRAM, framework::InvalidProgramId)?;
        self.mint.require_key(&config.mint, framework::ConstraintAddress)?;
        let bump = [node.stake_bump];
        expect_pda_with_bump(self.stake_vault, &seeds::signer(seeds::stake(&node.node_id), &bump), program)
    }

    #[inline(never)]
    pub fn pay(&self, node: &NodeAccount, to: &Account, amount: u64) -> Result {
        let bump = [node.bump];
        let seeds = seeds::signer(seeds::node(&node.node_id), &bump);
        let by = Authority { mint: self.mint, decimals: DECIMALS, authority: self.node, seeds: &seeds };
        token::transfer(self.stake_vault, to, amount, &by)
    }

    /// The emptied token account ends, and its rent goes to `rent_to`.
    #[inline(never)]
    pub fn close(&self, node: &NodeAccount, rent_to: &Account) -> Result {
        let bump = [node.bump];
        let seeds = seeds::signer(seeds::node(&node.node_id), &bump);
        token::close(self.stake_vault, rent_to, self.node, &seeds)?;
        require!(self.stake_vault.is_empty(), errors::InvariantViolated);
        Ok(())
    }

    /// What the record says is there, under the node's authority and nobody else's. Strangers may have sent more.
    #[inline(never)]
    pub fn invariant(&self, node: &NodeAccount) -> Result {
        let held = TokenAccount::load(self.stake_vault)?;
        require!(
            held.amount >= arithmetic::add(node.stake_amount, node.unstaking)?
                && held.owner == *self.node.key()
                && held.mint == *self.mint.key()
                && held.delegate.is_none(),
            errors::InvariantViolated
        );
        Ok(())
    }
}

/// A token account of the node's authority, in the mint of the stake.
pub fn require_authoritys_token(account: &Account, node: &NodeAccount, config: &Config) -> Result<TokenAccount> {
    let token = TokenAccount::load(account)?;
    require!(token.owner == node.authority, framework::ConstraintTokenOwner);
    require!(token.mint == config.mint, framework::ConstraintTokenMint);
    Ok(token)
}
