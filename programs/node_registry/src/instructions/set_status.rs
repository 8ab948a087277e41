//! A node comes, finishes or goes, by its owner's word.
use crate::errors;
use crate::events::NodeStatusChanged;
use crate::state::{NodeAccount, NodeStatus};
use crate::tiers::MINIMUM_STAKE;
use svmkit::{discriminator, framework, require, Account, Discriminator, Error, Input, Pubkey, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:set_status");

struct Accounts {
    /// Signs.
    authority: Account,
    node: Account,
}

#[inline(never)]
pub fn run(input: &Input, mut arguments: Reader) -> Result {
    let byte = arguments.u8()?;
    arguments.end()?;
    let to = NodeStatus::read(byte).map_err(|_: Error| framework::InstructionDidNotDeserialize)?;
    let [authority, node] = input.take()?;
    let accounts = Accounts { authority, node };

    let mut node = accounts.validate(input.program_id, to)?;
    let from = node.status;
    node.status = to;
    node.store(&accounts.node)?;
    NodeStatusChanged { node_id: &node.node_id, from: from as u8, to: to as u8, attested: 0 }.emit();
    Ok(())
}

impl Accounts {
    #[inline(never)]
    fn validate(&self, program: &Pubkey, to: NodeStatus) -> Result<NodeAccount> {
        let node = NodeAccount::load_own(&self.node, program, &self.authority)?;
        require!(node.status.may_become(to), errors::InvalidNodeStatus);
        require!(to != NodeStatus::Active || node.stake_amount >= MINIMUM_STAKE, errors::InsufficientStake);
        Ok(node)
    }
}
