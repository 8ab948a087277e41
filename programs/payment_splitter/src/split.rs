//! Basis points, and what they make of a balance.
use crate::errors;
use svmkit::{require, Reader, Result, Writer};

/// All of it.
pub const WHOLE: u16 = 10_000;

/// Who gets how much of a fee, in basis points.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Split {
    pub treasury: u16,
    pub development: u16,
    pub staking_pool: u16,
    pub burn: u16,
}

/// Who gets how much of a balance, in base units.
#[derive(PartialEq, Debug)]
pub struct Shares {
    pub treasury: u64,
    pub development: u64,
    pub staking_pool: u64,
    pub burn: u64,
}

impl Split {
    pub const NONE: Split = Split { treasury: 0, development: 0, staking_pool: 0, burn: 0 };
    pub const LENGTH: usize = 4 * 2;

    pub fn read(reader: &mut Reader) -> Result<Split> {
        Ok(Split { treasury: reader.u16()?, development: reader.u16()?, staking_pool: reader.u16()?, burn: reader.u16()? })
    }

    pub fn write(&self, writer: &mut Writer) {
        writer.u16(self.treasury).u16(self.development).u16(self.staking_pool).u16(self.burn);
    }

    pub fn invariant(&self) -> Result {
        let sum = self.treasury as u32 + self.development as u32 + self.staking_pool as u32 + self.burn as u32;
        require!(sum == WHOLE as u32, errors::SplitNotWhole);
        Ok(())
    }

    /// Exact to the unit: the points are added up in the order burn, staking pool, development, treasury, the balance's part
    /// is rounded down at each running total, and a share is the difference of two neighbours. So the shares always sum to
    /// the balance, each is less than one unit away from its exact value, what is burnt (and can't be undone) is rounded
    /// down, and nobody without points ever gets anything.
    pub fn shares(&self, balance: u64) -> Shares {
        let staking_from = self.burn;
        let development_from = staking_from + self.staking_pool;
        let treasury_from = development_from + self.development;
        let [burn, staking_pool, development] =
            [staking_from, development_from, treasury_from].map(|points| part(balance, points));
        Shares {
            treasury: balance - development,
            development: development - staking_pool,
            staking_pool: staking_pool - burn,
            burn,
        }
    }
}

/// ⌊balance × points / 10,000⌋, for at most 10,000 points: what overflows 64 bits is never computed.
fn part(balance: u64, points: u16) -> u64 {
    let (whole, points) = (WHOLE as u64, points as u64);
    balance / whole * points + balance % whole * points / whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(treasury: u16, development: u16, staking_pool: u16, burn: u16) -> Split {
        Split { treasury, development, staking_pool, burn }
    }

    const BALANCES: [u64; 16] = [
        0, 1, 2, 3, 7, 9, 9_999, 10_000, 10_001, 123_457, 999_999_999_999, 1 << 53, u64::MAX / 10_000, u64::MAX / 2,
        u64::MAX - 1, u64::MAX,
    ];

    #[test]
    fn a_round_balance_is_split_to_the_point() {
        let shares = split(4_000, 3_000, 2_000, 1_000).shares(1_000_000);
        assert_eq!(shares, Shares { treasury: 400_000, development: 300_000, staking_pool: 200_000, burn: 100_000 });
    }

    #[test]
    fn shares_sum_to_the_balance_and_are_within_a_unit_of_exact() {
        let splits = [
            split(10_000, 0, 0, 0), split(0, 0, 0, 10_000), split(2_500, 2_500, 2_500, 2_500), split(3_333, 3_333, 3_333, 1),
            split(1, 1, 1, 9_997), split(9_999, 0, 0, 1), split(0, 5_000, 0, 5_000), split(6_667, 3_333, 0, 0),
        ];
        for split in splits {
            assert_eq!(split.invariant(), Ok(()));
            for balance in (0..2_000).chain(BALANCES) {
                let s = split.shares(balance);
                let all = [(s.treasury, split.treasury), (s.development, split.development), (s.staking_pool, split.staking_pool), (s.burn, split.burn)];
                assert_eq!(all.iter().map(|(share, _)| *share as u128).sum::<u128>(), balance as u128);
                for (share, points) in all {
                    let exact = balance as u128 * points as u128;
                    let error = (share as u128 * 10_000).abs_diff(exact);
                    assert!(error < 10_000, "{share} of {balance} for {points} points");
                    assert!(points > 0 || share == 0, "a share without points");
                }
                assert!(s.burn as u128 * 10_000 <= balance as u128 * split.burn as u128, "the burn is rounded down");
            }
        }
    }

    #[test]
    fn a_single_unit_goes_to_the_first_of_treasury_development_staking_and_burn_that_has_points() {
        assert_eq!(split(1, 0, 0, 9_999).shares(1).treasury, 1);
        assert_eq!(split(0, 1, 4_999, 5_000).shares(1).development, 1);
        assert_eq!(split(0, 0, 1, 9_999).shares(1).staking_pool, 1);
        assert_eq!(split(0, 0, 0, 10_000).shares(1).burn, 1);
    }

    #[test]
    fn the_greatest_balance_loses_nothing() {
        assert_eq!(split(0, 0, 0, 10_000).shares(u64::MAX).burn, u64::MAX);
        assert_eq!(part(u64::MAX, 9_999) as u128, u64::MAX as u128 * 9_999 / 10_000);
    }

    #[test]
    fn points_that_are_not_the_whole_are_refused() {
        let unsound = [split(0, 0, 0, 0), split(9_999, 0, 0, 0), split(10_000, 1, 0, 0), split(u16::MAX, u16::MAX, u16::MAX, u16::MAX),
            // 65,536 + 10,000: whole again where the sum is taken in 16 bits
            split(u16::MAX, 10_000, 1, 0)];
        for split in unsound {
            assert_eq!(split.invariant(), Err(errors::SplitNotWhole));
        }
    }
}
