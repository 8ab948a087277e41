//! The program's account. Loaded by value, changed, checked by `invariant`, and stored again.
mod config;
mod rules;

pub use config::Config;
pub use rules::{Fee, Rules};
