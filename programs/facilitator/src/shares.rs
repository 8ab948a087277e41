//! 85 / 10 / 5.

/// Who gets what of a charge. The two fees are rounded down and the node gets the rest, so nothing is lost or made.
#[derive(Debug, PartialEq)]
pub struct Shares {
    pub node: u64,
    pub protocol: u64,
    pub platform: u64,
}

impl Shares {
    pub fn of(charge: u64) -> Shares {
        let (protocol, platform) = (charge / 10, charge / 20);
        Shares { node: charge - protocol - platform, protocol, platform }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_is_split_in_eighty_five_ten_and_five() {
        assert_eq!(Shares::of(100_000_000), Shares { node: 85_000_000, protocol: 10_000_000, platform: 5_000_000 });
    }

    #[test]
    fn shares_always_sum_to_the_charge() {
        let edges = [1, 2, 9, 10, 11, 19, 20, 21, 99, 101, 999_999, u64::MAX - 1, u64::MAX];
        for charge in (0..5_000).chain(edges) {
            let shares = Shares::of(charge);
            assert_eq!(shares.node + shares.protocol + shares.platform, charge);
            assert!(shares.node >= charge / 100 * 85);
        }
    }

    #[test]
    fn a_charge_too_small_to_split_goes_to_the_node() {
        assert_eq!(Shares::of(9), Shares { node: 9, protocol: 0, platform: 0 });
    }
}
