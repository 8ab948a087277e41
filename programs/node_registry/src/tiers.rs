//! What a stake buys: how many jobs a node may hold at once.

const HYPER: u64 = 1_000_000;
/// What a node needs to be active at all: the Starter tier.
pub const MINIMUM_STAKE: u64 = 100 * HYPER;

#[derive(Clone, Copy, PartialEq, Debug)]
#[repr(u8)]
pub enum Tier {
    /// Too little to work.
    None = 0,
    /// One job at a time.
    Starter = 1,
    /// Three.
    Standard = 2,
    /// Ten.
    Professional = 3,
    /// As many as it likes.
    Enterprise = 4,
}

impl Tier {
    pub fn of(stake: u64) -> Tier {
        const STANDARD: u64 = 1_000 * HYPER;
        const PROFESSIONAL: u64 = 10_000 * HYPER;
        const ENTERPRISE: u64 = 100_000 * HYPER;
        match stake {
            0..MINIMUM_STAKE => Tier::None,
            MINIMUM_STAKE..STANDARD => Tier::Starter,
            STANDARD..PROFESSIONAL => Tier::Standard,
            PROFESSIONAL..ENTERPRISE => Tier::Professional,
            ENTERPRISE.. => Tier::Enterprise,
        }
    }

    /// Jobs that a node of this tier may hold at once.
    pub fn max_concurrent_jobs(self) -> u32 {
        match self {
            Tier::None => 0,
            Tier::Starter => 1,
            Tier::Standard => 3,
            Tier::Professional => 10,
            Tier::Enterprise => u32::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tier_begins_at_its_own_base_unit() {
        let bounds = [(100, 0, 1), (1_000, 1, 3), (10_000, 3, 10), (100_000, 10, u32::MAX)];
        for (hyper, below, from) in bounds {
            assert_eq!(Tier::of(hyper * HYPER - 1).max_concurrent_jobs(), below);
            assert_eq!(Tier::of(hyper * HYPER).max_concurrent_jobs(), from);
        }
        assert_eq!(Tier::of(0), Tier::None);
        assert_eq!(Tier::of(u64::MAX), Tier::Enterprise);
    }
}
