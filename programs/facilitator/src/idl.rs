//! Test only: the IDL says what the source says.
use crate::{errors, instructions, state};

svmkit::idl_tests!(
    "facilitator.json",
    instructions: [
        initialize, authorize_intent, authorize_payment, activate_intent, reclaim_deposit, assign_node, submit_usage_proof, refund_failed, cancel,
        refund_expired, close_intent, set_paused, propose_rotation, withdraw_rotation, apply_rotation, render_intent
    ],
    accounts: [Config, PaymentIntent, Rotation],
    events: ["PaymentAuthorized", "NodeAssigned", "PaymentCompleted", "PaymentRefunded", "PaymentClosed", "DepositReclaimed", "IntakePaused",
        "RotationProposed", "RotationWithdrawn", "RotationApplied"]
);
