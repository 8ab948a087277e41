//! The program's accounts, one file each. Loaded by value, changed, checked by `invariant`, and stored again.
mod config;
mod payment_intent;
mod rotation;

pub use config::{Config, ORACLES};
pub use payment_intent::{PaymentIntent, Status, Via};
pub use rotation::Rotation;
