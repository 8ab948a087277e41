//! svmkit: what a Solana program needs from its runtime, without dependencies and in Anchor's wire format.
//!
//! Accounts are read and written through safe calls; the unsafe code lives in `account`, `input`, `cpi` and `syscalls`.
//! On the host (`rustc --test`) the hashes work and the calls that need a validator panic.
#![no_std]

mod account;
mod borsh;
mod cpi;
mod discriminator;
mod ed25519;
mod error;
mod event;
mod idl;
mod input;
mod instructions;
mod pda;
mod pubkey;
mod quorum;
mod setup;
mod syscalls;
mod system;
mod sysvar;
pub mod token;
mod upgrade;

pub use account::Account;
pub use borsh::{Reader, Writer};
pub use cpi::{invoke, Meta};
pub use discriminator::{discriminator, Discriminator};
pub use ed25519::{Ed25519, Signed};
pub use error::{framework, report, Error, Result};
pub use input::{parse, Input, MAX_ACCOUNTS};
pub use instructions::{previous_instruction, Instruction};
pub use pda::{expect_pda, expect_pda_with_bump, find_pda};
pub use pubkey::Pubkey;
pub use quorum::{is_sound_quorum, Quorum, QuorumErrors};
pub use setup::Setup;
pub use syscalls::{emit, log, set_return_data, sha256, stack_height};
pub use system::{create_pda_account, SYSTEM_PROGRAM};
pub use sysvar::{rent_minimum, unix_timestamp};
pub use upgrade::require_upgrade_authority;
