//! A node describes itself anew.
use crate::events::MetadataUpdated;
use crate::state::{MetadataUri, NodeAccount};
use svmkit::{discriminator, Account, Discriminator, Input, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:update_metadata");

struct Accounts {
    /// Signs.
    authority: Account,
    node: Account,
}

#[inline(never)]
pub fn run(input: &Input, mut arguments: Reader) -> Result {
    let (metadata_hash, metadata_uri) = (arguments.bytes()?, arguments.string()?);
    arguments.end()?;
    let [authority, node] = input.take()?;
    let accounts = Accounts { authority, node };

    let mut node = NodeAccount::load_own(&accounts.node, input.program_id, &accounts.authority)?;
    node.metadata_hash = metadata_hash;
    node.metadata_uri = MetadataUri::new(metadata_uri)?;
    node.store(&accounts.node)?;
    MetadataUpdated { node_id: &node.node_id, metadata_hash: &node.metadata_hash }.emit();
    Ok(())
}
