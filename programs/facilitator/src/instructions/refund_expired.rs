//! Gives a payment back when its time is over. Anyone may ask, nobody can stop it, and it goes to the payer alone.
use crate::errors;
use crate::escrow::Closing;
use crate::events::RefundReason;
use svmkit::{discriminator, require, unix_timestamp, Discriminator, Input, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:refund_expired");

#[inline(never)]
pub fn run(input: &Input, arguments: Reader) -> Result {
    arguments.end()?;
    let [config, mint, payment, escrow, payer_token, rent_payer, token_program] = input.take()?;
    let closing = Closing { config, mint, payment, escrow, payer_token, rent_payer, token_program };

    let (config, intent) = closing.load(input.program_id)?;
    // Strictly after the last moment to settle, so that the two can never race.
    require!(unix_timestamp() >= intent.settle_by + config.refund_grace, errors::NotYetRefundable);
    closing.refund(input.program_id, intent, RefundReason::Expired)
}
