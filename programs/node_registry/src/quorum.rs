//! 3 of 5: the oracles' signatures over one digest, verified by the instruction right before ours.
use crate::state::Config;
use crate::{errors, Hash};
use svmkit::{Account, Quorum, QuorumErrors, Result};

const ERRORS: QuorumErrors = QuorumErrors {
    signature_missing: errors::SignatureMissing,
    signature_offsets: errors::SignatureOffsets,
    not_reached: errors::QuorumNotReached,
    mismatch: errors::AttestationMismatch,
    unauthorized: errors::UnauthorizedOracle,
};

pub fn require_quorum(sysvar: &Account, config: &Config, digest: &Hash) -> Result {
    Quorum { keys: &config.oracles, threshold: config.threshold, errors: &ERRORS }.require(sysvar, digest)
}
