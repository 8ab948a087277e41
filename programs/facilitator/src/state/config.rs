//! Config: who may do what in this deployment, and where the fees go.
use crate::limits::MAX_REFUND_GRACE;
use crate::state::AcceptedMint;
use crate::{errors, Hash};
use svmkit::{discriminator, framework, is_sound_quorum, require, Account, Discriminator, Pubkey, Reader, Result, Writer};

pub const ORACLES: usize = 5;
/// How many mints beside HYPER payments may be taken in.
pub const OTHER_MINTS: usize = 3;

pub struct Config {
    /// The genesis hash: a program cannot read its own, so it is told.
    pub cluster: Hash,
    pub facilitator: Pubkey,
    pub assigner: Pubkey,
    /// The mint that signed intents are in.
    pub hyper: AcceptedMint,
    pub oracles: [Pubkey; ORACLES],
    pub threshold: u8,
    /// Seconds between `settle_by` and the refund that anybody may ask for.
    pub refund_grace: i64,
    pub bump: u8,
    /// No new payments; those that are open are settled and refunded as ever.
    pub paused: bool,
    /// What payments by transaction and deposits may be in, too. A mint stays: payments in it may be open.
    pub others: [AcceptedMint; OTHER_MINTS],
}

impl Config {
    pub const DISCRIMINATOR: Discriminator = discriminator("account:Config");
    pub const LENGTH: usize = 8 + 32 * 3 + 32 * ORACLES + 1 + 8 + 1 + 1 + AcceptedMint::LENGTH * (1 + OTHER_MINTS);

    #[inline(never)]
    pub fn load(account: &Account, program: &Pubkey) -> Result<Config> {
        account.require_owner(program)?;
        require!(account.data().len() == Self::LENGTH, framework::AccountDidNotDeserialize);
        let mut reader = Reader::account(account.data());
        require!(reader.bytes()? == Self::DISCRIMINATOR, framework::AccountDiscriminatorMismatch);
        let config = Config {
            cluster: reader.bytes()?,
            facilitator: reader.key()?,
            assigner: reader.key()?,
            hyper: AcceptedMint::read(&mut reader)?,
            oracles: [reader.key()?, reader.key()?, reader.key()?, reader.key()?, reader.key()?],
            threshold: reader.u8()?,
            refund_grace: reader.i64()?,
            bump: reader.u8()?,
            paused: match reader.u8()? {
                0 => false,
                1 => true,
                _ => return Err(framework::AccountDidNotDeserialize),
            },
            others: [
                AcceptedMint::read(&mut reader)?,
                AcceptedMint::read(&mut reader)?,
                AcceptedMint::read(&mut reader)?,
            ],
        };
        reader.end()?;
        Ok(config)
    }

    #[inline(never)]
    pub fn store(&self, account: &Account) {
        let mut writer = Writer::new(account.data_mut());
        writer
            .bytes(&Self::DISCRIMINATOR)
            .bytes(&self.cluster)
            .key(&self.facilitator)
            .key(&self.assigner);
        self.hyper.write(&mut writer);
        for oracle in &self.oracles {
            writer.key(oracle);
        }
        writer.u8(self.threshold).i64(self.refund_grace).u8(self.bump).u8(self.paused as u8);
        for accepted in &self.others {
            accepted.write(&mut writer);
        }
        writer.end();
    }

    /// The mint's vaults, when payments are taken in it.
    pub fn accepted(&self, mint: &Pubkey) -> Result<&AcceptedMint> {
        let mut all = core::iter::once(&self.hyper).chain(&self.others);
        match all.find(|accepted| accepted.mint == *mint && !accepted.is_none()) {
            Some(accepted) => Ok(accepted),
            None => Err(errors::MintNotAccepted),
        }
    }

    /// Takes payments in one more mint, or its fees to other vaults.
    pub fn accept(&mut self, offered: &AcceptedMint) -> Result {
        let known = self.others.iter().position(|accepted| accepted.mint == offered.mint);
        let Some(at) = known.or_else(|| self.others.iter().position(AcceptedMint::is_none)) else {
            return Err(errors::TooManyMints);
        };
        self.others[at] = *offered;
        Ok(())
    }

    /// A configuration that can work, and that no single key can abuse alone.
    pub fn invariant(&self) -> Result {
        let others = &self.others;
        let distinct = (0..OTHER_MINTS).all(|a| {
            let mint = &others[a].mint;
            others[a].is_none() || *mint != self.hyper.mint && (0..a).all(|b| *mint != others[b].mint)
        });
        require!(
            is_sound_quorum(&self.oracles, self.threshold)
                && self.refund_grace >= 0
                && self.refund_grace <= MAX_REFUND_GRACE
                && !self.facilitator.is_zero()
                && !self.assigner.is_zero()
                && !self.hyper.is_none()
                && distinct,
            errors::InvariantViolated
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config {
            cluster: [1; 32],
            facilitator: Pubkey([2; 32]),
            assigner: Pubkey([3; 32]),
            hyper: accepted(4),
            oracles: core::array::from_fn(|i| Pubkey([10 + i as u8; 32])),
            threshold: 3,
            refund_grace: 60,
            bump: 255,
            paused: false,
            others: [accepted(20), AcceptedMint::NONE, AcceptedMint::NONE],
        }
    }

    fn accepted(n: u8) -> AcceptedMint {
        AcceptedMint { mint: Pubkey([n; 32]), protocol_vault: Pubkey([n + 1; 32]), platform_vault: Pubkey([n + 2; 32]) }
    }

    #[test]
    fn a_sound_config_is_accepted() {
        assert_eq!(config().invariant(), Ok(()));
        assert_eq!(Config { threshold: 5, refund_grace: 0, ..config() }.invariant(), Ok(()));
    }

    #[test]
    fn an_unsound_config_is_refused() {
        let mut repeated = config();
        repeated.oracles[4] = repeated.oracles[1];
        let mut unset = config();
        unset.oracles[0] = Pubkey::ZERO;
        let unsound = [
            repeated,
            unset,
            Config { threshold: 2, ..config() },
            Config { threshold: 6, ..config() },
            Config { refund_grace: -1, ..config() },
            Config { refund_grace: MAX_REFUND_GRACE + 1, ..config() },
            Config { facilitator: Pubkey::ZERO, ..config() },
            Config { assigner: Pubkey::ZERO, ..config() },
            Config { hyper: AcceptedMint::NONE, ..config() },
            Config { others: [accepted(20), accepted(20), AcceptedMint::NONE], ..config() },
            Config { others: [AcceptedMint::NONE, AcceptedMint::NONE, accepted(4)], ..config() },
        ];
        for config in unsound {
            assert_eq!(config.invariant(), Err(errors::InvariantViolated));
        }
    }

    #[test]
    fn only_mints_of_the_list_are_accepted() {
        let config = config();
        assert_eq!(config.accepted(&Pubkey([4; 32])), Ok(&accepted(4)));
        assert_eq!(config.accepted(&Pubkey([20; 32])), Ok(&accepted(20)));
        for unknown in [Pubkey([5; 32]), Pubkey([21; 32]), Pubkey::ZERO] {
            assert_eq!(config.accepted(&unknown), Err(errors::MintNotAccepted));
        }
    }

    #[test]
    fn a_mint_gets_a_free_place_or_keeps_its_own() {
        let mut config = config();
        let moved = AcceptedMint { protocol_vault: Pubkey([99; 32]), ..accepted(20) };
        assert_eq!((config.accept(&moved), config.others[0]), (Ok(()), moved));
        assert_eq!((config.accept(&accepted(30)), config.others[1]), (Ok(()), accepted(30)));
        assert_eq!((config.accept(&accepted(40)), config.others[2]), (Ok(()), accepted(40)));
        assert_eq!(config.accept(&accepted(50)), Err(errors::TooManyMints));
        assert_eq!((config.accept(&accepted(20)), config.others[0]), (Ok(()), accepted(20)));
        assert_eq!(config.invariant(), Ok(()));
    }
}
