//! Begins to take stake out: it counts for no tier any more, and can still be slashed until it is withdrawn. A further
//! request starts the cooldown of all that is on its way anew.
use crate::events::UnstakeRequested;
use crate::state::{Config, NodeAccount, NodeStatus};
use crate::tiers::MINIMUM_STAKE;
use crate::{arithmetic, errors};
use svmkit::{discriminator, require, unix_timestamp, Account, Discriminator, Input, Pubkey, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:request_unstake");

struct Accounts {
    /// Signs.
    authority: Account,
    config: Account,
    node: Account,
}

#[inline(never)]
pub fn run(input: &Input, mut arguments: Reader) -> Result {
    let amount = arguments.u64()?;
    arguments.end()?;
    let [authority, config, node] = input.take()?;
    let accounts = Accounts { authority, config, node };
    let (mut node, remaining, unstake_at) = accounts.validate(input.program_id, amount)?;

    node.set_stake(remaining);
    node.set_unstaking(arithmetic::add(node.unstaking, amount)?, unstake_at);
    node.store(&accounts.node)?;
    UnstakeRequested {
        node_id: &node.node_id,
        amount,
        stake_amount: node.stake_amount,
        unstaking: node.unstaking,
        unstake_at,
        tier: node.tier as u8,
    }
    .emit();
    Ok(())
}

impl Accounts {
    /// Returns the node, what remains of its stake, and when the rest may go.
    #[inline(never)]
    fn validate(&self, program: &Pubkey, amount: u64) -> Result<(NodeAccount, u64, i64)> {
        let config = Config::load(&self.config, program)?;
        let node = NodeAccount::load_own(&self.node, program, &self.authority)?;
        require!(amount > 0, errors::ZeroAmount);
        let remaining = arithmetic::subtract(node.stake_amount, amount, errors::InsufficientStake)?;
        // Whoever takes jobs answers for them; to leave, stop first.
        require!(node.status != NodeStatus::Active || remaining >= MINIMUM_STAKE, errors::InsufficientStake);
        Ok((node, remaining, arithmetic::later(unix_timestamp(), config.unstake_cooldown)?))
    }
}
