//! The program's accounts, one file each. Loaded by value, changed, checked by `invariant`, and stored again.
mod accepted_mint;
mod config;
mod payment_intent;
mod rotation;

pub use accepted_mint::AcceptedMint;
pub use config::{Config, ORACLES, OTHER_MINTS};
pub use payment_intent::{PaymentIntent, Status, Terms, Via};
pub use rotation::Rotation;
