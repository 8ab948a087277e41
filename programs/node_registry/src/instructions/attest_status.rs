//! The oracles note that a node is silent, stop it, or let it try again. Anyone may bring the attestation; it runs right
//! after the Ed25519 instruction that verified their signatures.
use crate::commitment::{status_digest, Deployment};
use crate::events::NodeStatusChanged;
use crate::limits::require_unexpired;
use crate::quorum::require_quorum;
use crate::state::{Config, NodeAccount, NodeStatus};
use crate::errors;
use svmkit::{discriminator, framework, require, Account, Discriminator, Error, Input, Pubkey, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:attest_status");

struct Arguments {
    sequence: u64,
    status: NodeStatus,
    /// Seconds.
    valid_until: i64,
}

struct Accounts {
    config: Account,
    node: Account,
    instructions: Account,
}

#[inline(never)]
pub fn run(input: &Input, mut reader: Reader) -> Result {
    let arguments = Arguments {
        sequence: reader.u64()?,
        status: NodeStatus::read(reader.u8()?).map_err(|_: Error| framework::InstructionDidNotDeserialize)?,
        valid_until: reader.i64()?,
    };
    reader.end()?;
    let [config, node, instructions] = input.take()?;
    let accounts = Accounts { config, node, instructions };

    let mut node = accounts.validate(input.program_id, &arguments)?;
    let from = node.status;
    node.status = arguments.status;
    node.advance(arguments.sequence)?;
    node.store(&accounts.node)?;
    NodeStatusChanged { node_id: &node.node_id, from: from as u8, to: node.status as u8, attested: 1 }.emit();
    Ok(())
}

impl Accounts {
    #[inline(never)]
    fn validate(&self, program: &Pubkey, arguments: &Arguments) -> Result<NodeAccount> {
        let config = Config::load(&self.config, program)?;
        let node = NodeAccount::load_live(&self.node, program)?;
        let deployment = Deployment { cluster: &config.cluster, program };
        let digest =
            status_digest(&deployment, &node.node_id, arguments.sequence, arguments.status as u8, arguments.valid_until);
        require_quorum(&self.instructions, &config, &digest)?;
        require_unexpired(arguments.valid_until)?;
        require!(node.status.may_be_put(arguments.status), errors::InvalidNodeStatus);
        // A slash that is pending is decided first: dismissed or executed.
        require!(arguments.status != NodeStatus::Offline || node.pending_incidents == 0, errors::SlashPending);
        Ok(node)
    }
}
