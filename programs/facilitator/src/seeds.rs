//! The only home of seeds.
use crate::{Hash, Id};
use svmkit::Pubkey;

const CONFIG: &[u8] = b"config";
const ROTATION: &[u8] = b"rotation";
const PAYMENT: &[u8] = b"payment";
const ESCROW: &[u8] = b"escrow";
const ALLOWANCE: &[u8] = b"allowance";
const DEPOSIT: &[u8] = b"deposit";

/// The one Config of a deployment.
#[inline(always)]
pub fn config() -> [&'static [u8]; 1] {
    [CONFIG]
}

/// The one rotation that is proposed at a time.
#[inline(always)]
pub fn rotation() -> [&'static [u8]; 1] {
    [ROTATION]
}

/// The PaymentIntent: the record of a payment, and the authority over its escrow.
#[inline(always)]
pub fn payment(intent_id: &Id) -> [&[u8]; 2] {
    [PAYMENT, intent_id]
}

/// The token account that holds the payment.
#[inline(always)]
pub fn escrow(intent_id: &Id) -> [&[u8]; 2] {
    [ESCROW, intent_id]
}

/// What a wallet approves as its SPL delegate, once, so that a signed text can move its tokens.
#[inline(always)]
pub fn allowance(wallet: &Pubkey) -> [&[u8]; 2] {
    [ALLOWANCE, &wallet.0]
}

/// Whose token account an x402 client pays into: an address that commits to the terms of the payment.
#[inline(always)]
pub fn deposit(commitment: &Hash) -> [&[u8]; 2] {
    [DEPOSIT, commitment]
}

/// Seeds with their bump: what signs for the address.
#[inline(always)]
pub fn signer<'a>(seeds: [&'a [u8]; 2], bump: &'a [u8; 1]) -> [&'a [u8]; 3] {
    [seeds[0], seeds[1], bump]
}
