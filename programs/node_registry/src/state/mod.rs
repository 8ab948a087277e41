//! The program's accounts, one file each. Loaded by value, changed, checked by `invariant`, and stored again.
mod config;
mod incident;
mod metadata_uri;
mod node_account;
mod node_status;

pub use config::Config;
pub use incident::{Incident, IncidentStatus};
pub use metadata_uri::MetadataUri;
pub use node_account::NodeAccount;
pub use node_status::NodeStatus;
