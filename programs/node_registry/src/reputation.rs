//! Reputation: 0 to 10,000, slowly earned and quickly lost.

pub const MAX: u16 = 10_000;
/// A new node is neither trusted nor mistrusted.
pub const START: u16 = 5_000;

/// A hundredth of what is missing to the top, at least one point.
fn after_success(reputation: u16) -> u16 {
    let missing = MAX.saturating_sub(reputation);
    reputation + missing.min((missing / 100).max(1))
}

/// A tenth of what there is, at least one point.
fn after_fault(reputation: u16) -> u16 {
    reputation - reputation.min((reputation / 10).max(1))
}

/// The reputation after so many successes, and then so many faults.
pub fn after(mut reputation: u16, completed: u32, faults: u32) -> u16 {
    for _ in 0..completed {
        reputation = after_success(reputation);
    }
    for _ in 0..faults {
        reputation = after_fault(reputation);
    }
    reputation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_within_its_bounds_and_always_moves_towards_them() {
        for reputation in 0..=MAX {
            let (up, down) = (after(reputation, 1, 0), after(reputation, 0, 1));
            assert!(up <= MAX && (up > reputation || reputation == MAX));
            assert!(down < reputation || reputation == 0);
        }
        assert_eq!(after(START, 2_000, 0), MAX);
        assert_eq!(after(MAX, 0, 200), 0);
    }

    #[test]
    fn one_fault_costs_more_than_one_success_earns() {
        assert_eq!((after(START, 1, 0), after(START, 0, 1), after(START, 1, 1)), (5_050, 4_500, 4_545));
    }
}
