//! The oracles take a proposed slash back: the stake is free again, and with the last one the node is out of jail. Anyone
//! may bring the attestation; it runs right after the Ed25519 instruction that verified the oracles' signatures.
use crate::commitment::{dismissal_digest, Deployment};
use crate::events::SlashDismissed;
use crate::limits::require_unexpired;
use crate::quorum::require_quorum;
use crate::state::{Config, Incident, IncidentStatus, NodeAccount, NodeStatus};
use svmkit::{discriminator, Account, Discriminator, Input, Pubkey, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:dismiss_slash");

struct Accounts {
    config: Account,
    node: Account,
    incident: Account,
    instructions: Account,
}

/// What `validate` found.
struct Found {
    node: NodeAccount,
    incident: Incident,
    now: i64,
}

#[inline(never)]
pub fn run(input: &Input, mut arguments: Reader) -> Result {
    let valid_until = arguments.i64()?;
    arguments.end()?;
    let [config, node, incident, instructions] = input.take()?;
    let accounts = Accounts { config, node, incident, instructions };
    let Found { mut node, mut incident, now } = accounts.validate(input.program_id, valid_until)?;

    incident.status = IncidentStatus::Dismissed;
    incident.resolved_at = now;
    incident.store(&accounts.incident)?;
    node.release_slash(incident.amount)?;
    if node.pending_incidents == 0 && node.status == NodeStatus::Jailed {
        node.status = NodeStatus::Offline;
    }
    node.store(&accounts.node)?;
    SlashDismissed { node_id: &node.node_id, incident_id: &incident.incident_id, amount: incident.amount }.emit();
    Ok(())
}

impl Accounts {
    #[inline(never)]
    fn validate(&self, program: &Pubkey, valid_until: i64) -> Result<Found> {
        let config = Config::load(&self.config, program)?;
        let node = NodeAccount::load_live(&self.node, program)?;
        let incident = Incident::load_pending(&self.incident, program, &node.node_id)?;
        let deployment = Deployment { cluster: &config.cluster, program };
        let digest = dismissal_digest(&deployment, &node.node_id, &incident.incident_id, valid_until);
        require_quorum(&self.instructions, &config, &digest)?;
        let now = require_unexpired(valid_until)?;
        Ok(Found { node, incident, now })
    }
}
