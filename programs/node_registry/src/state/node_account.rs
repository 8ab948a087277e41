//! NodeAccount: one node's owner, stake and record. A retired one stays as a tombstone, so that an id is used once.
use super::{MetadataUri, NodeStatus};
use crate::limits::MAX_URI;
use crate::tiers::{Tier, MINIMUM_STAKE};
use crate::{arithmetic, errors, reputation, Hash, Id};
use svmkit::{
    discriminator, framework, require, Account, Discriminator, Pubkey, Reader, Result, Writer, SYSTEM_PROGRAM,
};

#[derive(Clone)]
pub struct NodeAccount {
    pub node_id: Id,
    /// The owner's wallet: it stakes, withdraws and is paid.
    pub authority: Pubkey,
    /// The key that signs the node's receipts.
    pub node_key: Pubkey,
    /// Who paid the rent of this account and of the stake's, and gets it back.
    pub rent_payer: Pubkey,
    /// Base units that count for the tier.
    pub stake_amount: u64,
    /// Base units that are on their way out: no capacity any more, but still at stake.
    pub unstaking: u64,
    /// When these may be withdrawn, in seconds like every time here; 0: there are none.
    pub unstake_at: i64,
    /// What all pending slashes together would take.
    pub pending_slash: u64,
    pub pending_incidents: u32,
    pub slashed_total: u64,
    pub tier: Tier,
    pub status: NodeStatus,
    /// 0 to 10,000.
    pub reputation: u16,
    /// The last attestation that counted. It only rises, by one: none counts twice.
    pub sequence: u64,
    pub total_jobs_completed: u64,
    pub total_faults: u64,
    pub total_earned: u64,
    pub registered_at: i64,
    pub last_active_at: i64,
    pub bump: u8,
    pub stake_bump: u8,
    pub metadata_hash: Hash,
    pub metadata_uri: MetadataUri,
}

impl NodeAccount {
    pub const DISCRIMINATOR: Discriminator = discriminator("account:NodeAccount");
    /// Without the address of the metadata: what remains of a retired node.
    pub const RETIRED_LENGTH: usize =
        8 + 16 + 32 * 3 + 8 * 4 + 4 + 8 + 1 + 1 + 2 + 8 + 8 * 3 + 8 * 2 + 1 + 1 + 32 + 4;
    pub const LENGTH: usize = Self::RETIRED_LENGTH + MAX_URI;

    #[inline(never)]
    pub fn load(account: &Account, program: &Pubkey) -> Result<NodeAccount> {
        require!(*account.owner() != SYSTEM_PROGRAM, errors::NodeNotRegistered);
        account.require_owner(program)?;
        let length = account.data().len();
        require!(length == Self::LENGTH || length == Self::RETIRED_LENGTH, framework::AccountDidNotDeserialize);
        let mut reader = Reader::account(account.data());
        require!(reader.bytes()? == Self::DISCRIMINATOR, framework::AccountDiscriminatorMismatch);
        let (node_id, authority, node_key, rent_payer) = (reader.bytes()?, reader.key()?, reader.key()?, reader.key()?);
        let stake_amount = reader.u64()?;
        let node = NodeAccount {
            node_id,
            authority,
            node_key,
            rent_payer,
            stake_amount,
            unstaking: reader.u64()?,
            unstake_at: reader.i64()?,
            pending_slash: reader.u64()?,
            pending_incidents: reader.u32()?,
            slashed_total: reader.u64()?,
            tier: read_tier(reader.u8()?, stake_amount)?,
            status: NodeStatus::read(reader.u8()?)?,
            reputation: reader.u16()?,
            sequence: reader.u64()?,
            total_jobs_completed: reader.u64()?,
            total_faults: reader.u64()?,
            total_earned: reader.u64()?,
            registered_at: reader.i64()?,
            last_active_at: reader.i64()?,
            bump: reader.u8()?,
            stake_bump: reader.u8()?,
            metadata_hash: reader.bytes()?,
            metadata_uri: MetadataUri::new(reader.string()?)?,
        };
        reader.end_in_zeros()?;
        Ok(node)
    }

    /// A node that has not retired, for an instruction that will change it.
    pub fn load_live(account: &Account, program: &Pubkey) -> Result<NodeAccount> {
        account.require_writable()?;
        let node = NodeAccount::load(account, program)?;
        require!(node.status != NodeStatus::Retired, errors::InvalidNodeStatus);
        Ok(node)
    }

    /// As `load_live`, and `signer` is its owner and signed.
    pub fn load_own(account: &Account, program: &Pubkey, signer: &Account) -> Result<NodeAccount> {
        signer.require_signer()?;
        let node = NodeAccount::load_live(account, program)?;
        signer.require_key(&node.authority, errors::UnauthorizedAuthority)?;
        Ok(node)
    }

    /// Checks and writes: nothing unsound is ever stored.
    #[inline(never)]
    pub fn store(&self, account: &Account) -> Result {
        self.invariant()?;
        Writer::new(account.data_mut())
            .bytes(&Self::DISCRIMINATOR)
            .bytes(&self.node_id)
            .key(&self.authority)
            .key(&self.node_key)
            .key(&self.rent_payer)
            .u64(self.stake_amount)
            .u64(self.unstaking)
            .i64(self.unstake_at)
            .u64(self.pending_slash)
            .u32(self.pending_incidents)
            .u64(self.slashed_total)
            .u8(self.tier as u8)
            .u8(self.status as u8)
            .u16(self.reputation)
            .u64(self.sequence)
            .u64(self.total_jobs_completed)
            .u64(self.total_faults)
            .u64(self.total_earned)
            .i64(self.registered_at)
            .i64(self.last_active_at)
            .u8(self.bump)
            .u8(self.stake_bump)
            .bytes(&self.metadata_hash)
            .string(self.metadata_uri.bytes())
            .end_in_zeros();
        Ok(())
    }

    /// Everything that a slash can reach.
    pub fn at_stake(&self) -> Result<u64> {
        arithmetic::add(self.stake_amount, self.unstaking)
    }

    pub fn set_stake(&mut self, amount: u64) {
        self.stake_amount = amount;
        self.tier = Tier::of(amount);
    }

    pub fn set_unstaking(&mut self, amount: u64, at: i64) {
        self.unstaking = amount;
        self.unstake_at = if amount == 0 { 0 } else { at };
    }

    /// The next attestation of this node, and no other.
    pub fn advance(&mut self, sequence: u64) -> Result {
        require!(self.sequence.checked_add(1) == Some(sequence), errors::SequenceNotNext);
        self.sequence = sequence;
        Ok(())
    }

    /// One pending slash of `amount` has come to its end, either way.
    pub fn release_slash(&mut self, amount: u64) -> Result {
        self.pending_slash = arithmetic::subtract(self.pending_slash, amount, errors::InvariantViolated)?;
        self.pending_incidents = self.pending_incidents.checked_sub(1).ok_or(errors::InvariantViolated)?;
        Ok(())
    }

    pub fn invariant(&self) -> Result {
        let at_stake = self.at_stake()?;
        let identity = !self.authority.is_zero() && !self.node_key.is_zero() && self.registered_at <= self.last_active_at;
        let stake = self.tier == Tier::of(self.stake_amount) && (self.unstaking == 0) == (self.unstake_at == 0);
        let slashes = self.pending_slash <= at_stake && (self.pending_slash == 0) == (self.pending_incidents == 0);
        let standing = self.reputation <= reputation::MAX;
        let accused = self.pending_incidents > 0;
        let status = match self.status {
            NodeStatus::Active => self.stake_amount >= MINIMUM_STAKE && !accused,
            NodeStatus::Offline | NodeStatus::Draining => !accused,
            NodeStatus::Jailed | NodeStatus::Slashed => true,
            NodeStatus::Retired => at_stake == 0 && !accused && self.metadata_uri.is_empty(),
        };
        require!(identity && stake && slashes && standing && status, errors::InvariantViolated);
        Ok(())
    }
}

/// The stored tier is what the stake says, or the account is not ours to trust.
fn read_tier(byte: u8, stake: u64) -> Result<Tier> {
    let tier = Tier::of(stake);
    require!(tier as u8 == byte, framework::AccountDidNotDeserialize);
    Ok(tier)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node() -> NodeAccount {
        NodeAccount {
            node_id: [1; 16],
            authority: Pubkey([2; 32]),
            node_key: Pubkey([3; 32]),
            rent_payer: Pubkey([4; 32]),
            stake_amount: MINIMUM_STAKE,
            unstaking: 50,
            unstake_at: 2_000,
            pending_slash: 0,
            pending_incidents: 0,
            slashed_total: 0,
            tier: Tier::Starter,
            status: NodeStatus::Active,
            reputation: reputation::START,
            sequence: 7,
            total_jobs_completed: 0,
            total_faults: 0,
            total_earned: 0,
            registered_at: 1_000,
            last_active_at: 1_000,
            bump: 255,
            stake_bump: 254,
            metadata_hash: [5; 32],
            metadata_uri: MetadataUri::EMPTY,
        }
    }

    fn retired() -> NodeAccount {
        NodeAccount { stake_amount: 0, tier: Tier::None, unstaking: 0, unstake_at: 0, status: NodeStatus::Retired, ..node() }
    }

    fn accused() -> NodeAccount {
        NodeAccount { status: NodeStatus::Jailed, pending_slash: MINIMUM_STAKE + 50, pending_incidents: 2, ..node() }
    }

    #[test]
    fn every_stage_of_a_sound_life_is_accepted() {
        for sound in [node(), retired(), accused(), NodeAccount { status: NodeStatus::Slashed, ..accused() }] {
            assert_eq!(sound.invariant(), Ok(()));
        }
        assert_eq!(NodeAccount { reputation: 10_000, ..node() }.invariant(), Ok(()));
    }

    #[test]
    fn an_unsound_node_is_refused() {
        let unsound = [
            NodeAccount { authority: Pubkey::ZERO, ..node() },
            NodeAccount { node_key: Pubkey::ZERO, ..node() },
            NodeAccount { last_active_at: 999, ..node() },
            NodeAccount { tier: Tier::Standard, ..node() },
            NodeAccount { stake_amount: MINIMUM_STAKE - 1, tier: Tier::None, ..node() },
            NodeAccount { unstake_at: 0, ..node() },
            NodeAccount { unstaking: 0, ..node() },
            NodeAccount { reputation: 10_001, ..node() },
            NodeAccount { pending_slash: MINIMUM_STAKE + 51, ..accused() },
            NodeAccount { pending_incidents: 0, ..accused() },
            NodeAccount { pending_slash: 0, ..accused() },
            NodeAccount { status: NodeStatus::Active, ..accused() },
            NodeAccount { status: NodeStatus::Offline, ..accused() },
            NodeAccount { status: NodeStatus::Draining, ..accused() },
            NodeAccount { unstaking: 1, unstake_at: 1, ..retired() },
            NodeAccount { stake_amount: 1, ..retired() },
            NodeAccount { metadata_uri: MetadataUri::new(b"x").unwrap(), ..retired() },
        ];
        for (i, node) in unsound.iter().enumerate() {
            assert_eq!(node.invariant(), Err(errors::InvariantViolated), "{i}");
        }
        let overflowing = NodeAccount { stake_amount: u64::MAX, tier: Tier::Enterprise, ..node() };
        assert_eq!(overflowing.invariant(), Err(errors::ArithmeticOverflow));
    }

    #[test]
    fn attestations_count_one_after_the_other() {
        for (sequence, answer) in [(7, Err(errors::SequenceNotNext)), (9, Err(errors::SequenceNotNext)), (8, Ok(()))] {
            assert_eq!(node().advance(sequence), answer);
        }
        assert_eq!(NodeAccount { sequence: u64::MAX, ..node() }.advance(0), Err(errors::SequenceNotNext));
    }
}
