//! The facilitator: holds a job's payment in escrow, and pays the node or gives it back, once.
//!
//! Reading order: `state`, `instructions` (one file each: arguments and accounts, `validate`, effect), `quorum`, `escrow`.
//! The interface is described in `programs/README.md` and in the IDL.
#![cfg_attr(not(test), no_std)]

mod commitment;
mod errors;
mod escrow;
mod events;
#[cfg(test)]
mod idl;
mod instructions;
mod limits;
mod quorum;
mod seeds;
mod shares;
mod state;
mod text;
#[cfg(test)]
mod vectors;

use instructions::*;
use svmkit::{framework, log, Discriminator, Input, Reader, Result};

svmkit::entrypoint!(process, errors::report);

/// A UUID's 16 bytes in the order of its text.
pub type Id = [u8; 16];
pub type Hash = [u8; 32];

#[cfg_attr(not(target_arch = "bpf"), allow(dead_code))]
fn process(input: Input) -> Result {
    let mut arguments = Reader::arguments(input.data);
    let Ok(instruction): Result<Discriminator> = arguments.bytes() else {
        return Err(framework::InstructionFallbackNotFound);
    };
    match instruction {
        initialize::DISCRIMINATOR => {
            log("Instruction: Initialize");
            initialize::run(&input, arguments)
        }
        authorize_intent::DISCRIMINATOR => {
            log("Instruction: AuthorizeIntent");
            authorize_intent::run(&input, arguments)
        }
        authorize_payment::DISCRIMINATOR => {
            log("Instruction: AuthorizePayment");
            authorize_payment::run(&input, arguments)
        }
        assign_node::DISCRIMINATOR => {
            log("Instruction: AssignNode");
            assign_node::run(&input, arguments)
        }
        submit_usage_proof::DISCRIMINATOR => {
            log("Instruction: SubmitUsageProof");
            submit_usage_proof::run(&input, arguments)
        }
        refund_failed::DISCRIMINATOR => {
            log("Instruction: RefundFailed");
            refund_failed::run(&input, arguments)
        }
        cancel::DISCRIMINATOR => {
            log("Instruction: Cancel");
            cancel::run(&input, arguments)
        }
        refund_expired::DISCRIMINATOR => {
            log("Instruction: RefundExpired");
            refund_expired::run(&input, arguments)
        }
        render_intent::DISCRIMINATOR => {
            log("Instruction: RenderIntent");
            render_intent::run(arguments)
        }
        _ => Err(framework::InstructionFallbackNotFound),
    }
}
