//! One file an instruction: its arguments and accounts, what it demands, what it does.
pub mod apply_change;
pub mod create_vault;
pub mod distribute;
pub mod initialize;
pub mod propose_change;
pub mod withdraw_change;
