//! Test only: the IDL says what the source says.
use crate::{errors, instructions, state};

svmkit::idl_tests!(
    "payment_splitter.json",
    instructions: [initialize, create_vault, distribute, propose_change, withdraw_change, apply_change],
    accounts: [Config],
    events: ["VaultCreated", "Distributed", "ChangeProposed", "ChangeWithdrawn", "ChangeApplied"]
);
