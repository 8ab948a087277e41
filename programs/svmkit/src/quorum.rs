//! N of M: different keys' signatures over one digest, verified by the Ed25519 instruction right before ours.
use crate::{require, Account, Ed25519, Error, Pubkey, Result};

/// More keys than any quorum of ours has.
const MAX_KEYS: usize = 8;

/// Who may sign, and how many must.
pub struct Quorum<'a> {
    pub keys: &'a [Pubkey],
    pub threshold: u8,
    pub errors: &'a QuorumErrors,
}

/// The program's own names for what can be wrong.
pub struct QuorumErrors {
    pub signature_missing: Error,
    pub signature_offsets: Error,
    pub not_reached: Error,
    pub mismatch: Error,
    pub unauthorized: Error,
}

impl Quorum<'_> {
    /// Enough different keys signed `digest`, all of them the same 32 bytes at the same place: were each entry free to
    /// point where it likes, a signature over a prefix or a neighbour would count.
    #[inline(never)]
    pub fn require(&self, sysvar: &Account, digest: &[u8; 32]) -> Result {
        let errors = self.errors;
        let verified = Ed25519::before(sysvar, errors.signature_missing)?;
        require!(verified.count >= self.threshold as usize && verified.count <= self.keys.len(), errors.not_reached);
        let Some(first) = verified.entry(0) else {
            return Err(errors.signature_offsets);
        };
        require!(first.message == digest, errors.mismatch);

        let mut seen = [false; MAX_KEYS];
        for n in 0..verified.count {
            let Some(signed) = verified.entry(n) else {
                return Err(errors.signature_offsets);
            };
            require!(signed.shares_message_with(&first), errors.mismatch);
            let Some(signer) = self.keys.iter().position(|key| *key == signed.key) else {
                return Err(errors.unauthorized);
            };
            require!(!seen[signer], errors.unauthorized);
            seen[signer] = true;
        }
        Ok(())
    }
}

/// Keys that can form a quorum: none unset, none twice, and more than half of them needed, so that no two sets can both
/// decide.
pub fn is_sound_quorum(keys: &[Pubkey], threshold: u8) -> bool {
    let distinct = (0..keys.len()).all(|a| !keys[a].is_zero() && (0..a).all(|b| keys[a] != keys[b]));
    distinct && threshold as usize > keys.len() / 2 && threshold as usize <= keys.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quorum_is_more_than_half_of_different_keys() {
        let keys: [Pubkey; 5] = core::array::from_fn(|i| Pubkey([i as u8 + 1; 32]));
        for threshold in 0..=7 {
            assert_eq!(is_sound_quorum(&keys, threshold), (3..=5).contains(&threshold), "{threshold}");
        }
        let (mut repeated, mut unset) = (keys, keys);
        repeated[4] = repeated[1];
        unset[0] = Pubkey::ZERO;
        assert!(!is_sound_quorum(&repeated, 3));
        assert!(!is_sound_quorum(&unset, 3));
    }
}
