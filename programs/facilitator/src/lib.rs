//! The facilitator: holds a job's payment in escrow, and pays the node or gives it back, once.
//!
//! Reading order: `state`, `instructions` (one file each: arguments and accounts, `validate`, effect), `quorum`, `escrow`.
//! The interface is described in `programs/README.md` and in the IDL.
#![cfg_attr(not(test), no_std)]

mod commitment;
mod deposit;
mod errors;
mod escrow;
mod events;
#[cfg(test)]
mod idl;
mod instructions;
mod limits;
mod mints;
mod quorum;
mod seeds;
mod shares;
mod state;
mod text;
#[cfg(test)]
mod vectors;

/// A UUID's 16 bytes in the order of its text.
pub type Id = [u8; 16];
pub type Hash = [u8; 32];

svmkit::program! {
    errors::report;
    initialize, "Initialize";
    authorize_intent, "AuthorizeIntent";
    authorize_payment, "AuthorizePayment";
    activate_intent, "ActivateIntent";
    reclaim_deposit, "ReclaimDeposit";
    assign_node, "AssignNode";
    submit_usage_proof, "SubmitUsageProof";
    refund_failed, "RefundFailed";
    cancel, "Cancel";
    refund_expired, "RefundExpired";
    close_intent, "CloseIntent";
    set_paused, "SetPaused";
    propose_rotation, "ProposeRotation";
    withdraw_rotation, "WithdrawRotation";
    apply_rotation, "ApplyRotation";
    render_intent, "RenderIntent";
}
