//! When a payment may be locked, and how far ahead it may reach.
use crate::errors;
use svmkit::{require, Result};

/// The longest lifetime of a signed intent.
pub const MAX_LIFETIME_MS: u64 = 24 * 3_600_000;
/// How far a payer's clock may run ahead of the cluster's.
pub const MAX_SKEW_MS: u64 = 300_000;
/// How far ahead a payer's money may be bound.
pub const MAX_SETTLE_AHEAD: i64 = 7 * 86_400;
/// The longest grace between `settle_by` and the refund that anybody may ask for.
pub const MAX_REFUND_GRACE: i64 = 7 * 86_400;

/// How far ahead an attestation may be valid. A payment's tombstone outlives its end by as much, so that no attestation
/// that was made for it can meet another payment of the same id.
pub const MAX_ATTESTATION_AHEAD: i64 = 86_400;

/// Seconds between the proposal of other keys and their effect: time to be seen, and to take one's money back.
pub const ROTATION_DELAY: i64 = 2 * 86_400;

/// A signed intent may still lock tokens at `now` (seconds); its own times are in milliseconds.
pub fn require_signed_times(now: i64, timestamp: u64, expires: u64) -> Result {
    let Some(now_ms) = u64::try_from(now).ok().and_then(|now| now.checked_mul(1_000)) else {
        return Err(errors::TimestampOutOfRange);
    };
    require!(expires > now_ms, errors::PaymentExpired);
    require!(
        timestamp < expires && expires - timestamp <= MAX_LIFETIME_MS && timestamp <= now_ms + MAX_SKEW_MS,
        errors::TimestampOutOfRange
    );
    Ok(())
}

/// A payment by transaction may still lock tokens at `now` (all in seconds).
pub fn require_expiry(now: i64, expires_at: i64) -> Result {
    require!(expires_at > now, errors::PaymentExpired);
    require!(expires_at - now <= (MAX_LIFETIME_MS / 1_000) as i64, errors::TimestampOutOfRange);
    Ok(())
}

/// The payment's last moment lies ahead, not before the last moment to lock it, and not too far (all in seconds).
pub fn require_settle_by(now: i64, expires_at: i64, settle_by: i64) -> Result {
    require!(
        settle_by > now && settle_by >= expires_at && settle_by - now <= MAX_SETTLE_AHEAD,
        errors::TimestampOutOfRange
    );
    Ok(())
}

/// A deposit may become a payment at `now`: not too late, and not so early that its money would be bound for too long.
pub fn require_deposit_time(now: i64, settle_by: i64) -> Result {
    require!(settle_by > now, errors::PaymentExpired);
    let ahead = settle_by.checked_sub(now).unwrap_or(i64::MAX);
    require!(ahead <= MAX_SETTLE_AHEAD, errors::TimestampOutOfRange);
    Ok(())
}

/// An attestation counts before `valid_until`, which is not too far ahead (both in seconds).
pub fn require_attestation_time(now: i64, valid_until: i64) -> Result {
    require!(now < valid_until, errors::AttestationExpired);
    let ahead = valid_until.checked_sub(now).unwrap_or(i64::MAX);
    require!(ahead <= MAX_ATTESTATION_AHEAD, errors::TimestampOutOfRange);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;
    const NOW_MS: u64 = 1_800_000_000_000;

    #[test]
    fn an_intent_lives_until_the_instant_of_its_expiry() {
        assert_eq!(require_signed_times(NOW, NOW_MS - 1, NOW_MS + 1), Ok(()));
        assert_eq!(require_signed_times(NOW, NOW_MS - 1, NOW_MS), Err(errors::PaymentExpired));
    }

    #[test]
    fn a_lifetime_is_at_most_a_day() {
        assert_eq!(require_signed_times(NOW, NOW_MS, NOW_MS + MAX_LIFETIME_MS), Ok(()));
        assert_eq!(require_signed_times(NOW, NOW_MS, NOW_MS + MAX_LIFETIME_MS + 1), Err(errors::TimestampOutOfRange));
        assert_eq!(require_signed_times(NOW, 0, u64::MAX), Err(errors::TimestampOutOfRange));
        assert_eq!(require_expiry(NOW, NOW + 86_400), Ok(()));
        assert_eq!(require_expiry(NOW, NOW + 86_401), Err(errors::TimestampOutOfRange));
        assert_eq!(require_expiry(NOW, NOW), Err(errors::PaymentExpired));
    }

    #[test]
    fn a_clock_may_be_five_minutes_ahead() {
        let at = NOW_MS + MAX_SKEW_MS;
        assert_eq!(require_signed_times(NOW, at, at + 1), Ok(()));
        assert_eq!(require_signed_times(NOW, at + 1, at + 2), Err(errors::TimestampOutOfRange));
    }

    #[test]
    fn an_intent_does_not_expire_before_it_begins() {
        assert_eq!(require_signed_times(NOW, NOW_MS + 9, NOW_MS + 9), Err(errors::TimestampOutOfRange));
        assert_eq!(require_signed_times(NOW, NOW_MS + 9, NOW_MS + 8), Err(errors::TimestampOutOfRange));
    }

    #[test]
    fn a_cluster_before_the_epoch_locks_nothing() {
        assert_eq!(require_signed_times(-1, 0, 1), Err(errors::TimestampOutOfRange));
    }

    #[test]
    fn an_attestation_is_valid_for_at_most_a_day() {
        assert_eq!(require_attestation_time(NOW, NOW), Err(errors::AttestationExpired));
        assert_eq!(require_attestation_time(NOW, NOW + 1), Ok(()));
        assert_eq!(require_attestation_time(NOW, NOW + MAX_ATTESTATION_AHEAD), Ok(()));
        assert_eq!(require_attestation_time(NOW, NOW + MAX_ATTESTATION_AHEAD + 1), Err(errors::TimestampOutOfRange));
        assert_eq!(require_attestation_time(NOW, i64::MAX), Err(errors::TimestampOutOfRange));
        assert_eq!(require_attestation_time(-1, i64::MAX), Err(errors::TimestampOutOfRange));
    }

    #[test]
    fn a_deposit_becomes_a_payment_in_the_week_before_settle_by() {
        assert_eq!(require_deposit_time(NOW, NOW), Err(errors::PaymentExpired));
        assert_eq!(require_deposit_time(NOW, i64::MIN), Err(errors::PaymentExpired));
        assert_eq!(require_deposit_time(NOW, NOW + 1), Ok(()));
        assert_eq!(require_deposit_time(NOW, NOW + MAX_SETTLE_AHEAD), Ok(()));
        assert_eq!(require_deposit_time(NOW, NOW + MAX_SETTLE_AHEAD + 1), Err(errors::TimestampOutOfRange));
        assert_eq!(require_deposit_time(-1, i64::MAX), Err(errors::TimestampOutOfRange));
    }

    #[test]
    fn settle_by_lies_between_the_expiry_and_a_week() {
        assert_eq!(require_settle_by(NOW, NOW + 60, NOW + 60), Ok(()));
        assert_eq!(require_settle_by(NOW, NOW + 60, NOW + 59), Err(errors::TimestampOutOfRange));
        assert_eq!(require_settle_by(NOW, NOW, NOW), Err(errors::TimestampOutOfRange));
        assert_eq!(require_settle_by(NOW, NOW + 60, NOW + MAX_SETTLE_AHEAD), Ok(()));
        assert_eq!(require_settle_by(NOW, NOW + 60, NOW + MAX_SETTLE_AHEAD + 1), Err(errors::TimestampOutOfRange));
        assert_eq!(require_settle_by(NOW, NOW + 60, i64::MAX), Err(errors::TimestampOutOfRange));
        assert_eq!(require_settle_by(NOW, NOW + 60, i64::MIN), Err(errors::TimestampOutOfRange));
    }
}
