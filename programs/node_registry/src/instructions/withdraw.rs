//! Takes stake out whose cooldown is over, as far as no pending slash needs it.
use crate::events::StakeWithdrawn;
use crate::state::{Config, NodeAccount};
use crate::vault::{require_authoritys_token, Vault};
use crate::{arithmetic, errors};
use svmkit::{discriminator, require, unix_timestamp, Account, Discriminator, Input, Pubkey, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:withdraw");

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
    let (node, remaining) = accounts.validate(input.program_id, amount)?;
    accounts.withdraw(node, amount, remaining)
}

impl Accounts {
    fn vault(&self) -> Vault<'_> {
        Vault { mint: &self.mint, node: &self.node, stake_vault: &self.stake_vault, token_program: &self.token_program }
    }

    /// Returns the node and what remains of its unstaking tokens.
    #[inline(never)]
    fn validate(&self, program: &Pubkey, amount: u64) -> Result<(NodeAccount, u64)> {
        let config = Config::load(&self.config, program)?;
        let node = NodeAccount::load_own(&self.node, program, &self.authority)?;
        require!(amount > 0, errors::ZeroAmount);
        let remaining = arithmetic::subtract(node.unstaking, amount, errors::InsufficientStake)?;
        require!(unix_timestamp() >= node.unstake_at, errors::CooldownNotOver);
        let left = arithmetic::add(node.stake_amount, remaining)?;
        require!(left >= node.pending_slash, errors::StakeUnderSlash);
        self.vault().validate(program, &config, &node)?;
        require_authoritys_token(&self.authority_token, &node, &config)?;
        Ok((node, remaining))
    }

    #[inline(never)]
    fn withdraw(&self, mut node: NodeAccount, amount: u64, remaining: u64) -> Result {
        self.vault().pay(&node, &self.authority_token, amount)?;
        let unstake_at = node.unstake_at;
        node.set_unstaking(remaining, unstake_at);
        node.store(&self.node)?;
        StakeWithdrawn { node_id: &node.node_id, amount, unstaking: remaining }.emit();
        self.vault().invariant(&node)
    }
}
