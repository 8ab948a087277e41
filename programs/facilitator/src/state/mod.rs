//! The program's accounts, one file each. Loaded by value, changed, checked by `invariant`, and stored again.
mod config;
mod payment_intent;

pub use config::Config;
pub use payment_intent::{PaymentIntent, Status, Via};
