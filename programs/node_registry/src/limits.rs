//! How long and how much at most.
use crate::errors;
use svmkit::{require, unix_timestamp, Result};

const DAY: i64 = 86_400;
/// The longest wait between a request to unstake and the withdrawal.
pub const MAX_COOLDOWN: i64 = 90 * DAY;
/// The longest wait between a proposed slash and its execution; an appeal doubles it.
pub const MAX_APPEAL_WINDOW: i64 = 30 * DAY;
/// Outcomes that one attestation may cover: reputation is recomputed for each.
pub const MAX_OUTCOMES: u32 = 100;
pub const MAX_URI: usize = 128;
/// Basis points of the whole.
pub const WHOLE_BPS: u16 = 10_000;

/// What one incident may cost a node that has `at_stake`, rounded down.
pub fn slash_cap(at_stake: u64, cap_bps: u16) -> u64 {
    let (whole, bps) = (WHOLE_BPS as u64, cap_bps as u64);
    // In two parts: the product of the whole stake could be too large.
    at_stake / whole * bps + at_stake % whole * bps / whole
}

/// An attestation is worth something strictly before its end only. Returns the cluster's time.
pub fn require_unexpired(valid_until: i64) -> Result<i64> {
    let now = unix_timestamp();
    require!(now < valid_until, errors::AttestationExpired);
    Ok(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cap_is_the_exact_share_rounded_down_and_never_more_than_the_stake() {
        let stakes = [0, 1, 2, 9_999, 10_000, 10_001, 100_000_000, 123_456_789, u64::MAX - 1, u64::MAX];
        for at_stake in stakes {
            for bps in [1, 2, 2_500, 3_333, 5_000, 9_999, WHOLE_BPS] {
                let exact = at_stake as u128 * bps as u128 / WHOLE_BPS as u128;
                assert_eq!(slash_cap(at_stake, bps) as u128, exact, "{at_stake} {bps}");
            }
            assert_eq!(slash_cap(at_stake, WHOLE_BPS), at_stake);
        }
    }
}
