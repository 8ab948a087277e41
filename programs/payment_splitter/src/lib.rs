//! The payment splitter: fees arrive in its vaults, and anyone may have them passed on to where the rules say.
//!
//! Reading order: `split` (the arithmetic), `state`, `instructions` (one file each: arguments and accounts, `validate`,
//! effect). The interface is described in `programs/README.md` and in the IDL.
#![cfg_attr(not(test), no_std)]

mod destinations;
mod errors;
mod events;
#[cfg(test)]
mod idl;
mod instructions;
mod seeds;
mod split;
mod state;

svmkit::program! {
    errors::report;
    initialize, "Initialize";
    create_vault, "CreateVault";
    distribute, "Distribute";
    propose_change, "ProposeChange";
    withdraw_change, "WithdrawChange";
    apply_change, "ApplyChange";
}
