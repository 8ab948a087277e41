//! Sums that are refused where they would not fit.
use crate::errors;
use svmkit::{Error, Result};

pub fn add(a: u64, b: u64) -> Result<u64> {
    a.checked_add(b).ok_or(errors::ArithmeticOverflow)
}

/// `error` where `b` is more than `a`.
pub fn subtract(a: u64, b: u64, error: Error) -> Result<u64> {
    a.checked_sub(b).ok_or(error)
}

/// A moment `seconds` after `now`.
pub fn later(now: i64, seconds: i64) -> Result<i64> {
    now.checked_add(seconds).ok_or(errors::ArithmeticOverflow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(add(u64::MAX - 1, 1), Ok(u64::MAX));
        assert_eq!(add(u64::MAX, 1), Err(errors::ArithmeticOverflow));
        assert_eq!(subtract(1, 1, errors::InsufficientStake), Ok(0));
        assert_eq!(subtract(1, 2, errors::InsufficientStake), Err(errors::InsufficientStake));
        assert_eq!(later(i64::MAX, 1), Err(errors::ArithmeticOverflow));
    }
}
