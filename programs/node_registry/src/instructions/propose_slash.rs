//! Holds a part of a node's stake for a misdeed that the oracles attest, and stops the node. The tokens move when the
//! appeal window is over. Anyone may bring the attestation; it runs right after the Ed25519 instruction that verified the
//! oracles' signatures.
use crate::commitment::{slash_digest, Deployment, Slash};
use crate::events::SlashProposed;
use crate::limits::{require_unexpired, slash_cap};
use crate::quorum::require_quorum;
use crate::state::{Config, Incident, IncidentStatus, NodeAccount, NodeStatus};
use crate::{arithmetic, errors, seeds, Hash, Id};
use svmkit::{
    create_pda_account, discriminator, expect_pda, framework, require, Account, Discriminator, Input, Pubkey, Reader,
    Result, SYSTEM_PROGRAM,
};

pub const DISCRIMINATOR: Discriminator = discriminator("global:propose_slash");

struct Arguments {
    incident_id: Id,
    /// Base units.
    amount: u64,
    evidence_hash: Hash,
    /// Seconds.
    valid_until: i64,
}

struct Accounts {
    /// Signs and pays.
    rent_payer: Account,
    config: Account,
    node: Account,
    incident: Account,
    instructions: Account,
    system_program: Account,
}

/// What `validate` found.
struct Found {
    node: NodeAccount,
    bump: u8,
    now: i64,
    executable_at: i64,
}

#[inline(never)]
pub fn run(input: &Input, mut reader: Reader) -> Result {
    let arguments = Arguments {
        incident_id: reader.bytes()?,
        amount: reader.u64()?,
        evidence_hash: reader.bytes()?,
        valid_until: reader.i64()?,
    };
    reader.end()?;
    let [rent_payer, config, node, incident, instructions, system_program] = input.take()?;
    let accounts = Accounts { rent_payer, config, node, incident, instructions, system_program };
    let found = accounts.validate(input.program_id, &arguments)?;
    accounts.propose(input.program_id, &arguments, found)
}

impl Accounts {
    #[inline(never)]
    fn validate(&self, program: &Pubkey, arguments: &Arguments) -> Result<Found> {
        let config = Config::load(&self.config, program)?;
        let node = NodeAccount::load_live(&self.node, program)?;
        self.system_program.require_key(&SYSTEM_PROGRAM, framework::InvalidProgramId)?;
        self.rent_payer.require_signer()?;
        let bump = expect_pda(&self.incident, &seeds::incident(&arguments.incident_id), program)?;
        require!(*self.incident.owner() == SYSTEM_PROGRAM, errors::IncidentAlreadyUsed);
        self.require_attestation(program, &config, &node, arguments)?;
        let now = require_unexpired(arguments.valid_until)?;
        require!(arguments.evidence_hash != [0; 32], errors::InvalidHashFormat);
        require_amount(&config, &node, arguments.amount)?;
        Ok(Found { node, bump, now, executable_at: arithmetic::later(now, config.appeal_window)? })
    }

    #[inline(never)]
    fn require_attestation(&self, program: &Pubkey, config: &Config, node: &NodeAccount, arguments: &Arguments) -> Result {
        let digest = slash_digest(
            &Deployment { cluster: &config.cluster, program },
            &Slash {
                node_id: &node.node_id,
                incident_id: &arguments.incident_id,
                amount: arguments.amount,
                evidence_hash: &arguments.evidence_hash,
                valid_until: arguments.valid_until,
            },
        );
        require_quorum(&self.instructions, config, &digest)
    }

    #[inline(never)]
    fn propose(&self, program: &Pubkey, arguments: &Arguments, found: Found) -> Result {
        let Found { mut node, bump, now, executable_at } = found;
        let incident = Incident {
            incident_id: arguments.incident_id,
            node_id: node.node_id,
            amount: arguments.amount,
            evidence_hash: arguments.evidence_hash,
            appeal_hash: [0; 32],
            proposed_at: now,
            executable_at,
            resolved_at: 0,
            status: IncidentStatus::Pending,
            bump,
        };
        let bump = [bump];
        let seeds = seeds::signer(seeds::incident(&incident.incident_id), &bump);
        create_pda_account(&self.rent_payer, &self.incident, Incident::LENGTH as u64, program, &seeds)?;
        incident.store(&self.incident)?;

        node.pending_slash = arithmetic::add(node.pending_slash, incident.amount)?;
        node.pending_incidents = node.pending_incidents.checked_add(1).ok_or(errors::ArithmeticOverflow)?;
        if node.status != NodeStatus::Slashed {
            node.status = NodeStatus::Jailed;
        }
        node.store(&self.node)?;
        SlashProposed {
            node_id: &node.node_id,
            incident_id: &incident.incident_id,
            amount: incident.amount,
            evidence_hash: &incident.evidence_hash,
            executable_at,
        }
        .emit();
        Ok(())
    }
}

/// No more than one incident may cost, and than is there beyond what other pending slashes will take.
fn require_amount(config: &Config, node: &NodeAccount, amount: u64) -> Result {
    require!(amount > 0, errors::ZeroAmount);
    let at_stake = node.at_stake()?;
    let free = arithmetic::subtract(at_stake, node.pending_slash, errors::InvariantViolated)?;
    require!(amount <= free, errors::SlashAboveStake);
    require!(amount <= slash_cap(at_stake, config.slash_cap_bps), errors::SlashAboveCap);
    Ok(())
}
