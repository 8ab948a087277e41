//! One file an instruction: its arguments and accounts, what it demands, what it does.
pub mod appeal_slash;
pub mod attest_status;
pub mod dismiss_slash;
pub mod execute_slash;
pub mod initialize;
pub mod propose_slash;
pub mod record_outcomes;
pub mod register_node;
pub mod request_unstake;
pub mod retire;
pub mod set_status;
pub mod stake;
pub mod update_metadata;
pub mod withdraw;
