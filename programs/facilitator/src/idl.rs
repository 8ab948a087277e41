//! Test only: the IDL says what the source says.
use crate::{errors, instructions, state};

svmkit::idl_tests!(
    "facilitator.json",
    instructions: [
        initialize, authorize_intent, authorize_payment, assign_node, submit_usage_proof, refund_failed, cancel,
        refund_expired, close_intent, set_paused, propose_rotation, withdraw_rotation, apply_rotation, render_intent
    ],
    accounts: [Config, PaymentIntent, Rotation],
    events: ["PaymentAuthorized", "NodeAssigned", "PaymentCompleted", "PaymentRefunded", "PaymentClosed", "IntakePaused",
        "RotationProposed", "RotationWithdrawn", "RotationApplied"]
);
