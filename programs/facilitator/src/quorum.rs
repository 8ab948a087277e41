//! 3 of 5: the oracles' signatures over one digest, verified by the instruction right before ours.
use crate::state::{Config, ORACLES};
use crate::{errors, Hash};
use svmkit::{require, Account, Ed25519, Result};

/// Enough different oracles signed `digest`, all of them the same 32 bytes at the same place: were each entry free to
/// point where it likes, a signature over a prefix or a neighbour would count.
#[inline(never)]
pub fn require_quorum(sysvar: &Account, config: &Config, digest: &Hash) -> Result {
    let verified = Ed25519::before(sysvar, errors::SignatureMissing)?;
    require!(verified.count >= config.threshold as usize && verified.count <= ORACLES, errors::QuorumNotReached);
    let Some(first) = verified.entry(0) else {
        return Err(errors::SignatureOffsets);
    };
    require!(first.message == digest, errors::AttestationMismatch);

    let mut seen = [false; ORACLES];
    for n in 0..verified.count {
        let Some(signed) = verified.entry(n) else {
            return Err(errors::SignatureOffsets);
        };
        require!(signed.shares_message_with(&first), errors::AttestationMismatch);
        let Some(oracle) = config.oracles.iter().position(|key| *key == signed.key) else {
            return Err(errors::UnauthorizedOracle);
        };
        require!(!seen[oracle], errors::UnauthorizedOracle);
        seen[oracle] = true;
    }
    Ok(())
}
