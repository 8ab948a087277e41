//! Events: one `Program data:` line each, as Anchor's clients read them. Amounts are base units, times seconds.

svmkit::events! {
    NodeRegistered { node_id: id, authority: key, node_key: key }
    MetadataUpdated { node_id: id, metadata_hash: hash }
    StakeChanged { node_id: id, added: u64, stake_amount: u64, tier: u8 }
    UnstakeRequested { node_id: id, amount: u64, stake_amount: u64, unstaking: u64, unstake_at: i64, tier: u8 }
    StakeWithdrawn { node_id: id, amount: u64, unstaking: u64 }
    NodeStatusChanged { node_id: id, from: u8, to: u8, attested: u8 }
    OutcomesRecorded { node_id: id, sequence: u64, completed: u32, faults: u32, earned: u64, reputation: u16 }
    SlashProposed { node_id: id, incident_id: id, amount: u64, evidence_hash: hash, executable_at: i64 }
    SlashAppealed { node_id: id, incident_id: id, appeal_hash: hash, executable_at: i64 }
    SlashDismissed { node_id: id, incident_id: id, amount: u64 }
    NodeSlashed { node_id: id, incident_id: id, amount: u64, stake_amount: u64, unstaking: u64, tier: u8 }
    NodeRetired { node_id: id, authority: key, slashed_total: u64 }
}
