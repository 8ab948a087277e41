//! Ends a node that has nothing at stake and nothing pending. Its stake's token account is closed, its record shrinks to a
//! tombstone, and the rent of both goes back to whoever paid it.
use crate::events::NodeRetired;
use crate::state::{Config, MetadataUri, NodeAccount, NodeStatus};
use crate::vault::{require_authoritys_token, Vault};
use crate::errors;
use svmkit::token::TokenAccount;
use svmkit::{
    discriminator, framework, rent_minimum, require, Account, Discriminator, Input, Pubkey, Reader, Result,
};

pub const DISCRIMINATOR: Discriminator = discriminator("global:retire");

struct Accounts {
    /// Signs.
    authority: Account,
    config: Account,
    mint: Account,
    /// Takes what strangers have sent to the stake.
    authority_token: Account,
    node: Account,
    stake_vault: Account,
    rent_payer: Account,
    token_program: Account,
}

#[inline(never)]
pub fn run(input: &Input, arguments: Reader) -> Result {
    arguments.end()?;
    let [authority, config, mint, authority_token, node, stake_vault, rent_payer, token_program] = input.take()?;
    let accounts =
        Accounts { authority, config, mint, authority_token, node, stake_vault, rent_payer, token_program };
    let node = accounts.validate(input.program_id)?;
    accounts.retire(input.program_id, node)
}

impl Accounts {
    fn vault(&self) -> Vault<'_> {
        Vault { mint: &self.mint, node: &self.node, stake_vault: &self.stake_vault, token_program: &self.token_program }
    }

    #[inline(never)]
    fn validate(&self, program: &Pubkey) -> Result<NodeAccount> {
        let config = Config::load(&self.config, program)?;
        let node = NodeAccount::load_own(&self.node, program, &self.authority)?;
        require!(node.at_stake()? == 0 && node.pending_incidents == 0, errors::StakeRemains);
        self.rent_payer.require_key(&node.rent_payer, framework::ConstraintHasOne)?;
        self.rent_payer.require_writable()?;
        self.vault().validate(program, &config, &node)?;
        require_authoritys_token(&self.authority_token, &node, &config)?;
        Ok(node)
    }

    #[inline(never)]
    fn retire(&self, program: &Pubkey, mut node: NodeAccount) -> Result {
        let dust = TokenAccount::load(&self.stake_vault)?.amount;
        if dust > 0 {
            self.vault().pay(&node, &self.authority_token, dust)?;
        }
        self.vault().close(&node, &self.rent_payer)?;

        node.status = NodeStatus::Retired;
        node.metadata_uri = MetadataUri::EMPTY;
        let length = NodeAccount::RETIRED_LENGTH as u64;
        self.node.shrink(length, rent_minimum(length), &self.rent_payer)?;
        node.store(&self.node)?;
        NodeRetired { node_id: &node.node_id, authority: &node.authority, slashed_total: node.slashed_total }.emit();
        NodeAccount::load(&self.node, program)?.invariant()
    }
}
