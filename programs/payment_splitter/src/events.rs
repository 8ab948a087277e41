//! Events: one `Program data:` line each, as Anchor's clients read them.
use crate::split::Shares;
use crate::state::{Fee, Rules};
use svmkit::{discriminator, emit, Discriminator, Pubkey, Writer};

pub struct VaultCreated<'a> {
    pub fee: Fee,
    pub shard: u16,
    pub vault: &'a Pubkey,
}

impl VaultCreated<'_> {
    pub fn emit(&self) {
        let mut event = [0u8; 8 + 1 + 2 + 32];
        Writer::new(&mut event)
            .bytes(&const { discriminator("event:VaultCreated") })
            .u8(self.fee as u8)
            .u16(self.shard)
            .key(self.vault)
            .end();
        emit(&event);
    }
}

pub struct Distributed<'a> {
    pub fee: Fee,
    pub shard: u16,
    /// The sum of the shares.
    pub amount: u64,
    pub shares: &'a Shares,
}

impl Distributed<'_> {
    pub fn emit(&self) {
        let mut event = [0u8; 8 + 1 + 2 + 5 * 8];
        Writer::new(&mut event)
            .bytes(&const { discriminator("event:Distributed") })
            .u8(self.fee as u8)
            .u16(self.shard)
            .u64(self.amount)
            .u64(self.shares.treasury)
            .u64(self.shares.development)
            .u64(self.shares.staking_pool)
            .u64(self.shares.burn)
            .end();
        emit(&event);
    }
}

/// What a change says: proposed, withdrawn or applied.
fn emit_change(name: &Discriminator, rules: &Rules, due_at: i64) {
    let mut event = [0u8; 8 + Rules::LENGTH + 8];
    let mut writer = Writer::new(&mut event);
    writer.bytes(name);
    rules.write(&mut writer);
    writer.i64(due_at).end();
    emit(&event);
}

pub fn change_proposed(rules: &Rules, due_at: i64) {
    emit_change(&const { discriminator("event:ChangeProposed") }, rules, due_at);
}

pub fn change_withdrawn(rules: &Rules, due_at: i64) {
    emit_change(&const { discriminator("event:ChangeWithdrawn") }, rules, due_at);
}

pub fn change_applied(rules: &Rules, due_at: i64) {
    emit_change(&const { discriminator("event:ChangeApplied") }, rules, due_at);
}
