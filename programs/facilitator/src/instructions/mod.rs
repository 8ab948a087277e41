//! One file an instruction: its arguments and accounts, what it demands, what it does.
pub mod activate_intent;
pub mod apply_rotation;
pub mod assign_node;
pub mod authorize_intent;
pub mod authorize_payment;
pub mod cancel;
pub mod close_intent;
pub mod initialize;
pub mod propose_rotation;
pub mod reclaim_deposit;
pub mod refund_expired;
pub mod refund_failed;
pub mod render_intent;
pub mod set_paused;
pub mod submit_usage_proof;
pub mod withdraw_rotation;
