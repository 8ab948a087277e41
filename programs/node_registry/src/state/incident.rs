//! Incident: one misdeed and what became of its slash. It stays, so that a misdeed is punished at most once.
use crate::{errors, Hash, Id};
use svmkit::{discriminator, framework, require, Account, Discriminator, Pubkey, Reader, Result, Writer};

#[derive(Clone, Copy, PartialEq, Debug)]
#[repr(u8)]
pub enum IncidentStatus {
    /// The stake is held, the window is running.
    Pending = 0,
    /// The oracles took it back.
    Dismissed = 1,
    /// The stake went to the slash vault.
    Executed = 2,
}

#[derive(Clone)]
pub struct Incident {
    pub incident_id: Id,
    pub node_id: Id,
    /// Base units.
    pub amount: u64,
    pub evidence_hash: Hash,
    /// What the node's owner says about it; zeros: nothing.
    pub appeal_hash: Hash,
    /// Seconds, like every time here.
    pub proposed_at: i64,
    /// From here on anybody may execute it.
    pub executable_at: i64,
    /// 0 while it is pending.
    pub resolved_at: i64,
    pub status: IncidentStatus,
    pub bump: u8,
}

impl Incident {
    pub const DISCRIMINATOR: Discriminator = discriminator("account:Incident");
    pub const LENGTH: usize = 8 + 16 * 2 + 8 + 32 * 2 + 8 * 3 + 1 + 1;

    pub fn load(account: &Account, program: &Pubkey) -> Result<Incident> {
        account.require_owner(program)?;
        require!(account.data().len() == Self::LENGTH, framework::AccountDidNotDeserialize);
        let mut reader = Reader::account(account.data());
        require!(reader.bytes()? == Self::DISCRIMINATOR, framework::AccountDiscriminatorMismatch);
        let incident = Incident {
            incident_id: reader.bytes()?,
            node_id: reader.bytes()?,
            amount: reader.u64()?,
            evidence_hash: reader.bytes()?,
            appeal_hash: reader.bytes()?,
            proposed_at: reader.i64()?,
            executable_at: reader.i64()?,
            resolved_at: reader.i64()?,
            status: match reader.u8()? {
                0 => IncidentStatus::Pending,
                1 => IncidentStatus::Dismissed,
                2 => IncidentStatus::Executed,
                _ => return Err(framework::AccountDidNotDeserialize),
            },
            bump: reader.u8()?,
        };
        reader.end()?;
        Ok(incident)
    }

    /// A slash of this node that is neither dismissed nor executed, for an instruction that will change it.
    pub fn load_pending(account: &Account, program: &Pubkey, node_id: &Id) -> Result<Incident> {
        account.require_writable()?;
        let incident = Incident::load(account, program)?;
        require!(incident.node_id == *node_id, framework::ConstraintHasOne);
        require!(incident.status == IncidentStatus::Pending, errors::InvalidIncidentStatus);
        Ok(incident)
    }

    /// Checks and writes: nothing unsound is ever stored.
    pub fn store(&self, account: &Account) -> Result {
        self.invariant()?;
        Writer::new(account.data_mut())
            .bytes(&Self::DISCRIMINATOR)
            .bytes(&self.incident_id)
            .bytes(&self.node_id)
            .u64(self.amount)
            .bytes(&self.evidence_hash)
            .bytes(&self.appeal_hash)
            .i64(self.proposed_at)
            .i64(self.executable_at)
            .i64(self.resolved_at)
            .u8(self.status as u8)
            .u8(self.bump)
            .end();
        Ok(())
    }

    pub fn is_appealed(&self) -> bool {
        self.appeal_hash != [0; 32]
    }

    pub fn invariant(&self) -> Result {
        let terms = self.amount > 0 && self.evidence_hash != [0; 32] && self.proposed_at < self.executable_at;
        let fate = match self.status {
            IncidentStatus::Pending => self.resolved_at == 0,
            IncidentStatus::Dismissed => self.resolved_at >= self.proposed_at,
            IncidentStatus::Executed => self.resolved_at >= self.executable_at,
        };
        require!(terms && fate, errors::InvariantViolated);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending() -> Incident {
        Incident {
            incident_id: [1; 16],
            node_id: [2; 16],
            amount: 1,
            evidence_hash: [3; 32],
            appeal_hash: [0; 32],
            proposed_at: 1_000,
            executable_at: 2_000,
            resolved_at: 0,
            status: IncidentStatus::Pending,
            bump: 255,
        }
    }

    #[test]
    fn every_fate_of_a_sound_incident_is_accepted() {
        let dismissed = Incident { status: IncidentStatus::Dismissed, resolved_at: 1_000, ..pending() };
        let executed = Incident { status: IncidentStatus::Executed, resolved_at: 2_000, ..pending() };
        for sound in [pending(), dismissed, executed] {
            assert_eq!(sound.invariant(), Ok(()));
        }
    }

    #[test]
    fn an_unsound_incident_is_refused() {
        let unsound = [
            Incident { amount: 0, ..pending() },
            Incident { evidence_hash: [0; 32], ..pending() },
            Incident { executable_at: 1_000, ..pending() },
            Incident { resolved_at: 1_500, ..pending() },
            Incident { status: IncidentStatus::Dismissed, resolved_at: 999, ..pending() },
            Incident { status: IncidentStatus::Executed, resolved_at: 1_999, ..pending() },
        ];
        for incident in unsound {
            assert_eq!(incident.invariant(), Err(errors::InvariantViolated));
        }
    }
}
