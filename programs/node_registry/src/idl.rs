//! Test only: the IDL says what the source says.
use crate::{errors, instructions, state};

svmkit::idl_tests!(
    "node_registry.json",
    instructions: [
        initialize, register_node, update_metadata, stake, request_unstake, withdraw, set_status, attest_status,
        record_outcomes, propose_slash, appeal_slash, dismiss_slash, execute_slash, retire
    ],
    accounts: [Config, NodeAccount, Incident],
    events: [
        "NodeRegistered", "MetadataUpdated", "StakeChanged", "UnstakeRequested", "StakeWithdrawn", "NodeStatusChanged",
        "OutcomesRecorded", "SlashProposed", "SlashAppealed", "SlashDismissed", "NodeSlashed", "NodeRetired"
    ]
);
