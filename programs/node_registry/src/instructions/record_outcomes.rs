//! Counts what a node did since the last attestation, and moves its reputation. Anyone may bring the attestation; it runs
//! right after the Ed25519 instruction that verified the oracles' signatures.
use crate::commitment::{outcomes_digest, Deployment, Outcomes};
use crate::events::OutcomesRecorded;
use crate::limits::{require_unexpired, MAX_OUTCOMES};
use crate::quorum::require_quorum;
use crate::state::{Config, NodeAccount};
use crate::{arithmetic, errors, reputation};
use svmkit::{discriminator, require, Account, Discriminator, Input, Pubkey, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:record_outcomes");

struct Accounts {
    config: Account,
    node: Account,
    instructions: Account,
}

#[inline(never)]
pub fn run(input: &Input, mut reader: Reader) -> Result {
    let outcomes = Outcomes {
        sequence: reader.u64()?,
        completed: reader.u32()?,
        faults: reader.u32()?,
        earned: reader.u64()?,
        last_active_at: reader.i64()?,
        valid_until: reader.i64()?,
    };
    reader.end()?;
    let [config, node, instructions] = input.take()?;
    let accounts = Accounts { config, node, instructions };
    let node = accounts.validate(input.program_id, &outcomes)?;
    accounts.record(node, &outcomes)
}

impl Accounts {
    #[inline(never)]
    fn validate(&self, program: &Pubkey, outcomes: &Outcomes) -> Result<NodeAccount> {
        let config = Config::load(&self.config, program)?;
        let node = NodeAccount::load_live(&self.node, program)?;
        let digest = outcomes_digest(&Deployment { cluster: &config.cluster, program }, &node.node_id, outcomes);
        require_quorum(&self.instructions, &config, &digest)?;
        let now = require_unexpired(outcomes.valid_until)?;
        let count = outcomes.completed.checked_add(outcomes.faults);
        require!(matches!(count, Some(1..=MAX_OUTCOMES)), errors::TooManyOutcomes);
        require!(
            outcomes.last_active_at >= node.last_active_at && outcomes.last_active_at <= now,
            errors::TimestampOutOfRange
        );
        Ok(node)
    }

    #[inline(never)]
    fn record(&self, mut node: NodeAccount, outcomes: &Outcomes) -> Result {
        node.advance(outcomes.sequence)?;
        node.total_jobs_completed = arithmetic::add(node.total_jobs_completed, outcomes.completed as u64)?;
        node.total_faults = arithmetic::add(node.total_faults, outcomes.faults as u64)?;
        node.total_earned = arithmetic::add(node.total_earned, outcomes.earned)?;
        node.last_active_at = outcomes.last_active_at;
        node.reputation = reputation::after(node.reputation, outcomes.completed, outcomes.faults);
        node.store(&self.node)?;
        OutcomesRecorded {
            node_id: &node.node_id,
            sequence: node.sequence,
            completed: outcomes.completed,
            faults: outcomes.faults,
            earned: outcomes.earned,
            reputation: node.reputation,
        }
        .emit();
        Ok(())
    }
}
