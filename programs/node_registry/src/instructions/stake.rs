//! Puts tokens at stake. What a node has at stake decides how many jobs it may hold.
use crate::events::StakeChanged;
use crate::state::{Config, NodeAccount};
use crate::vault::{require_authoritys_token, Vault};
use crate::{arithmetic, errors};
use svmkit::token::{self, Authority, DECIMALS};
use svmkit::{discriminator, require, Account, Discriminator, Input, Pubkey, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:stake");

struct Accounts {
    /// Signs.
    authority: Account,
    config: Account,
    mint: Account,
    authority_token: Account,
    node: Account,
    stake_vault: Account,
    token_program: Account,
}

#[inline(never)]
pub fn run(input: &Input, mut arguments: Reader) -> Result {
    let amount = arguments.u64()?;
    arguments.end()?;
    let [authority, config, mint, authority_token, node, stake_vault, token_program] = input.take()?;
    let accounts = Accounts { authority, config, mint, authority_token, node, stake_vault, token_program };
    let node = accounts.validate(input.program_id, amount)?;
    accounts.stake(node, amount)
}

impl Accounts {
    fn vault(&self) -> Vault<'_> {
        Vault { mint: &self.mint, node: &self.node, stake_vault: &self.stake_vault, token_program: &self.token_program }
    }

    #[inline(never)]
    fn validate(&self, program: &Pubkey, amount: u64) -> Result<NodeAccount> {
        let config = Config::load(&self.config, program)?;
        let node = NodeAccount::load_own(&self.node, program, &self.authority)?;
        require!(amount > 0, errors::ZeroAmount);
        self.vault().validate(program, &config, &node)?;
        let token = require_authoritys_token(&self.authority_token, &node, &config)?;
        require!(token.amount >= amount, errors::InsufficientBalance);
        Ok(node)
    }

    #[inline(never)]
    fn stake(&self, mut node: NodeAccount, amount: u64) -> Result {
        node.set_stake(arithmetic::add(node.stake_amount, amount)?);
        let by = Authority { mint: &self.mint, decimals: DECIMALS, authority: &self.authority, seeds: &[] };
        token::transfer(&self.authority_token, &self.stake_vault, amount, &by)?;
        node.store(&self.node)?;
        StakeChanged { node_id: &node.node_id, added: amount, stake_amount: node.stake_amount, tier: node.tier as u8 }.emit();
        self.vault().invariant(&node)
    }
}
