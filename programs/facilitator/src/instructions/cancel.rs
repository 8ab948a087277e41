//! Gives a payment back before any node was assigned.
use crate::errors;
use crate::escrow::Closing;
use crate::events::RefundReason;
use svmkit::{discriminator, require, Account, Discriminator, Input, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:cancel");

struct Accounts {
    /// The payer or the facilitator; signs.
    authority: Account,
    closing: Closing,
}

#[inline(never)]
pub fn run(input: &Input, arguments: Reader) -> Result {
    arguments.end()?;
    let [authority, config, mint, payment, escrow, payer_token, rent_payer, token_program] = input.take()?;
    let closing = Closing { config, mint, payment, escrow, payer_token, rent_payer, token_program };
    let accounts = Accounts { authority, closing };

    let (config, intent) = accounts.closing.load(input.program_id)?;
    accounts.authority.require_signer()?;
    let may_cancel = *accounts.authority.key() == intent.payer || *accounts.authority.key() == config.facilitator;
    require!(may_cancel, errors::UnauthorizedCancel);
    // From here on a node may be working: only a proof or the deadline ends it.
    require!(intent.attempt == 0, errors::AlreadyAssigned);
    accounts.closing.refund(input.program_id, intent, RefundReason::Cancelled)
}
