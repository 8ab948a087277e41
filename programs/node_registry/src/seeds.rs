//! The only home of seeds.
use crate::Id;

const CONFIG: &[u8] = b"config";
const NODE: &[u8] = b"node";
const STAKE: &[u8] = b"stake";
const INCIDENT: &[u8] = b"incident";

/// The one Config of a deployment.
#[inline(always)]
pub fn config() -> [&'static [u8]; 1] {
    [CONFIG]
}

/// The NodeAccount: the record of a node, and the authority over its stake.
#[inline(always)]
pub fn node(node_id: &Id) -> [&[u8]; 2] {
    [NODE, node_id]
}

/// The token account that holds a node's stake.
#[inline(always)]
pub fn stake(node_id: &Id) -> [&[u8]; 2] {
    [STAKE, node_id]
}

/// The Incident: one misdeed, slashed at most once.
#[inline(always)]
pub fn incident(incident_id: &Id) -> [&[u8]; 2] {
    [INCIDENT, incident_id]
}

/// Seeds with their bump: what signs for the address.
#[inline(always)]
pub fn signer<'a>(seeds: [&'a [u8]; 2], bump: &'a [u8; 1]) -> [&'a [u8]; 3] {
    [seeds[0], seeds[1], bump]
}
