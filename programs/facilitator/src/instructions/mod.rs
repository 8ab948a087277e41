//! One file an instruction: its arguments and accounts, what it demands, what it does.
pub mod assign_node;
pub mod authorize_intent;
pub mod authorize_payment;
pub mod cancel;
pub mod initialize;
pub mod refund_expired;
pub mod refund_failed;
pub mod render_intent;
pub mod submit_usage_proof;
