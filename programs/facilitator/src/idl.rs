//! Test only: the IDL says what the source says.
use crate::{errors, instructions, state};

svmkit::idl_tests!(
    "facilitator.json",
    instructions: [
        initialize, authorize_intent, authorize_payment, assign_node, submit_usage_proof, refund_failed, cancel,
        refund_expired, render_intent
    ],
    accounts: [Config, PaymentIntent],
    events: ["PaymentAuthorized", "NodeAssigned", "PaymentCompleted", "PaymentRefunded"]
);
