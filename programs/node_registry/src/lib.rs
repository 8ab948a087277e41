//! The Node Registry: who may work, what he has at stake for it, and what he lost.
//!
//! Reading order: `state`, `instructions` (one file each: arguments and accounts, `validate`, effect), `vault`, `quorum`.
//! The interface is described in `programs/README.md` and in the IDL.
#![cfg_attr(not(test), no_std)]

mod arithmetic;
mod commitment;
mod errors;
mod events;
#[cfg(test)]
mod idl;
mod instructions;
mod limits;
mod quorum;
mod reputation;
mod seeds;
mod state;
mod tiers;
mod vault;

use instructions::*;
use svmkit::{framework, log, Discriminator, Input, Reader, Result};

svmkit::entrypoint!(process, errors::report);

/// A UUID's 16 bytes in the order of its text.
pub type Id = [u8; 16];
pub type Hash = [u8; 32];

macro_rules! dispatch {
    ($input:expr, $instruction:expr, $arguments:expr; $($module:ident => $name:literal,)*) => {
        match $instruction {
            $($module::DISCRIMINATOR => {
                log(concat!("Instruction: ", $name));
                $module::run($input, $arguments)
            })*
            _ => Err(framework::InstructionFallbackNotFound),
        }
    };
}

#[cfg_attr(not(target_arch = "bpf"), allow(dead_code))]
fn process(input: Input) -> Result {
    let mut arguments = Reader::arguments(input.data);
    let Ok(instruction): Result<Discriminator> = arguments.bytes() else {
        return Err(framework::InstructionFallbackNotFound);
    };
    dispatch! { &input, instruction, arguments;
        initialize => "Initialize",
        register_node => "RegisterNode",
        update_metadata => "UpdateMetadata",
        stake => "Stake",
        request_unstake => "RequestUnstake",
        withdraw => "Withdraw",
        set_status => "SetStatus",
        attest_status => "AttestStatus",
        record_outcomes => "RecordOutcomes",
        propose_slash => "ProposeSlash",
        appeal_slash => "AppealSlash",
        dismiss_slash => "DismissSlash",
        execute_slash => "ExecuteSlash",
        retire => "Retire",
    }
}
