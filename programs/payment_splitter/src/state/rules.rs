//! Rules: where fees go. They change as a whole, behind a delay.
use crate::destinations::Destinations;
use crate::errors;
use crate::split::Split;
use svmkit::{require, Pubkey, Reader, Result, Writer};

const MAX_SHARDS: u16 = 256;

/// Which fee of the facilitator's: each has vaults and a split of its own.
#[derive(Clone, Copy, PartialEq, Debug)]
#[repr(u8)]
pub enum Fee {
    Protocol = 0,
    Platform = 1,
}

impl Fee {
    pub fn read(reader: &mut Reader) -> Result<Fee> {
        match reader.u8()? {
            0 => Ok(Fee::Protocol),
            1 => Ok(Fee::Platform),
            _ => Err(errors::UnknownFee),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rules {
    /// Token accounts.
    pub treasury: Pubkey,
    pub development: Pubkey,
    pub staking_pool: Pubkey,
    pub protocol: Split,
    pub platform: Split,
    /// How many vaults a fee may have. A vault beyond a lowered count still distributes.
    pub shards: u16,
}

impl Rules {
    pub const NONE: Rules = Rules {
        treasury: Pubkey::ZERO,
        development: Pubkey::ZERO,
        staking_pool: Pubkey::ZERO,
        protocol: Split::NONE,
        platform: Split::NONE,
        shards: 0,
    };
    pub const LENGTH: usize = 3 * 32 + 2 * Split::LENGTH + 2;

    /// From an instruction's arguments; the destinations are its accounts.
    pub fn of(destinations: &Destinations, arguments: &mut Reader) -> Result<Rules> {
        Ok(Rules {
            treasury: *destinations.treasury.key(),
            development: *destinations.development.key(),
            staking_pool: *destinations.staking_pool.key(),
            protocol: Split::read(arguments)?,
            platform: Split::read(arguments)?,
            shards: arguments.u16()?,
        })
    }

    pub fn read(reader: &mut Reader) -> Result<Rules> {
        Ok(Rules {
            treasury: reader.key()?,
            development: reader.key()?,
            staking_pool: reader.key()?,
            protocol: Split::read(reader)?,
            platform: Split::read(reader)?,
            shards: reader.u16()?,
        })
    }

    pub fn write(&self, writer: &mut Writer) {
        writer.key(&self.treasury).key(&self.development).key(&self.staking_pool);
        self.protocol.write(writer);
        self.platform.write(writer);
        writer.u16(self.shards);
    }

    pub fn split(&self, fee: Fee) -> &Split {
        match fee {
            Fee::Protocol => &self.protocol,
            Fee::Platform => &self.platform,
        }
    }

    pub fn invariant(&self) -> Result {
        self.protocol.invariant()?;
        self.platform.invariant()?;
        require!(self.shards >= 1 && self.shards <= MAX_SHARDS, errors::ShardsOutOfRange);
        let named = !self.treasury.is_zero() && !self.development.is_zero() && !self.staking_pool.is_zero();
        require!(named, errors::InvariantViolated);
        Ok(())
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn rules() -> Rules {
        Rules {
            treasury: Pubkey([1; 32]),
            development: Pubkey([2; 32]),
            staking_pool: Pubkey([3; 32]),
            protocol: Split { treasury: 10_000, ..Split::NONE },
            platform: Split { development: 10_000, ..Split::NONE },
            shards: 4,
        }
    }

    #[test]
    fn sound_rules_are_accepted() {
        assert_eq!(rules().invariant(), Ok(()));
        assert_eq!(Rules { shards: 1, ..rules() }.invariant(), Ok(()));
        assert_eq!(Rules { shards: MAX_SHARDS, ..rules() }.invariant(), Ok(()));
    }

    #[test]
    fn unsound_rules_are_refused() {
        let unsound = [
            (Rules { protocol: Split::NONE, ..rules() }, errors::SplitNotWhole),
            (Rules { platform: Split { burn: 1, ..rules().platform }, ..rules() }, errors::SplitNotWhole),
            (Rules { shards: 0, ..rules() }, errors::ShardsOutOfRange),
            (Rules { shards: MAX_SHARDS + 1, ..rules() }, errors::ShardsOutOfRange),
            (Rules { treasury: Pubkey::ZERO, ..rules() }, errors::InvariantViolated),
            (Rules { development: Pubkey::ZERO, ..rules() }, errors::InvariantViolated),
            (Rules { staking_pool: Pubkey::ZERO, ..rules() }, errors::InvariantViolated),
        ];
        for (rules, error) in unsound {
            assert_eq!(rules.invariant(), Err(error));
        }
    }

    #[test]
    fn each_fee_has_its_own_split() {
        assert_eq!(rules().split(Fee::Protocol).treasury, 10_000);
        assert_eq!(rules().split(Fee::Platform).development, 10_000);
        assert_eq!(Fee::read(&mut Reader::arguments(&[2])), Err(errors::UnknownFee));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut buffer = [0u8; Rules::LENGTH];
        let mut writer = Writer::new(&mut buffer);
        rules().write(&mut writer);
        writer.end();
        assert_eq!(Rules::read(&mut Reader::account(&buffer)), Ok(rules()));
    }
}
