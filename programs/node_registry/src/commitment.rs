//! What the oracles' signatures commit to, in a domain each. Fixed widths throughout: no two meanings share bytes.
use crate::{Hash, Id};
use svmkit::{sha256, Pubkey};

/// Where these commitments hold: signatures for another cluster or program are worth nothing here.
pub struct Deployment<'a> {
    pub cluster: &'a Hash,
    pub program: &'a Pubkey,
}

/// A node did wrong, and this is what it should cost.
pub struct Slash<'a> {
    pub node_id: &'a Id,
    pub incident_id: &'a Id,
    pub amount: u64,
    pub evidence_hash: &'a Hash,
    pub valid_until: i64,
}

pub fn slash_digest(deployment: &Deployment, slash: &Slash) -> Hash {
    sha256(&[
        b"HYPERNODE/slash/v1",
        deployment.cluster,
        &deployment.program.0,
        slash.node_id,
        slash.incident_id,
        &slash.amount.to_le_bytes(),
        slash.evidence_hash,
        &slash.valid_until.to_le_bytes(),
    ])
}

/// A proposed slash was a mistake, or its appeal was heard.
pub fn dismissal_digest(deployment: &Deployment, node_id: &Id, incident_id: &Id, valid_until: i64) -> Hash {
    sha256(&[
        b"HYPERNODE/slash-dismissal/v1",
        deployment.cluster,
        &deployment.program.0,
        node_id,
        incident_id,
        &valid_until.to_le_bytes(),
    ])
}

/// What a node did since the attestation before this one.
pub struct Outcomes {
    /// One more than the node's: each attestation counts once.
    pub sequence: u64,
    pub completed: u32,
    pub faults: u32,
    /// Base units.
    pub earned: u64,
    pub last_active_at: i64,
    pub valid_until: i64,
}

pub fn outcomes_digest(deployment: &Deployment, node_id: &Id, outcomes: &Outcomes) -> Hash {
    sha256(&[
        b"HYPERNODE/node-outcomes/v1",
        deployment.cluster,
        &deployment.program.0,
        node_id,
        &outcomes.sequence.to_le_bytes(),
        &outcomes.completed.to_le_bytes(),
        &outcomes.faults.to_le_bytes(),
        &outcomes.earned.to_le_bytes(),
        &outcomes.last_active_at.to_le_bytes(),
        &outcomes.valid_until.to_le_bytes(),
    ])
}

pub fn status_digest(deployment: &Deployment, node_id: &Id, sequence: u64, status: u8, valid_until: i64) -> Hash {
    sha256(&[
        b"HYPERNODE/node-status/v1",
        deployment.cluster,
        &deployment.program.0,
        node_id,
        &sequence.to_le_bytes(),
        &[status],
        &valid_until.to_le_bytes(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_commits_to_every_field_and_to_its_domain() {
        let (cluster, program, other) = ([1; 32], Pubkey([2; 32]), [9; 32]);
        let here = Deployment { cluster: &cluster, program: &program };
        let slash = || Slash { node_id: &[3; 16], incident_id: &[4; 16], amount: 5, evidence_hash: &[6; 32], valid_until: 7 };
        let outcomes = |sequence, completed, faults, earned, last_active_at, valid_until| {
            outcomes_digest(&here, &[3; 16], &Outcomes { sequence, completed, faults, earned, last_active_at, valid_until })
        };
        let digests = [
            slash_digest(&here, &slash()),
            slash_digest(&Deployment { cluster: &other, program: &program }, &slash()),
            slash_digest(&Deployment { cluster: &cluster, program: &Pubkey(other) }, &slash()),
            slash_digest(&here, &Slash { node_id: &[9; 16], ..slash() }),
            slash_digest(&here, &Slash { incident_id: &[9; 16], ..slash() }),
            slash_digest(&here, &Slash { amount: 9, ..slash() }),
            slash_digest(&here, &Slash { evidence_hash: &other, ..slash() }),
            slash_digest(&here, &Slash { valid_until: 9, ..slash() }),
            dismissal_digest(&here, &[3; 16], &[4; 16], 7),
            dismissal_digest(&here, &[9; 16], &[4; 16], 7),
            dismissal_digest(&here, &[3; 16], &[9; 16], 7),
            dismissal_digest(&here, &[3; 16], &[4; 16], 9),
            outcomes(1, 1, 1, 1, 1, 1),
            outcomes(9, 1, 1, 1, 1, 1),
            outcomes(1, 9, 1, 1, 1, 1),
            outcomes(1, 1, 9, 1, 1, 1),
            outcomes(1, 1, 1, 9, 1, 1),
            outcomes(1, 1, 1, 1, 9, 1),
            outcomes(1, 1, 1, 1, 1, 9),
            status_digest(&here, &[3; 16], 1, 2, 3),
            status_digest(&here, &[9; 16], 1, 2, 3),
            status_digest(&here, &[3; 16], 9, 2, 3),
            status_digest(&here, &[3; 16], 1, 9, 3),
            status_digest(&here, &[3; 16], 1, 2, 9),
        ];
        for (i, digest) in digests.iter().enumerate() {
            assert!(digests[..i].iter().all(|earlier| earlier != digest), "{i}");
        }
    }
}
