//! Config: who may do what in this deployment, and where the fees go.
use crate::limits::MAX_REFUND_GRACE;
use crate::{errors, Hash};
use svmkit::{discriminator, framework, is_sound_quorum, require, Account, Discriminator, Pubkey, Reader, Result, Writer};

pub const ORACLES: usize = 5;

pub struct Config {
    /// The genesis hash: a program cannot read its own, so it is told.
    pub cluster: Hash,
    pub facilitator: Pubkey,
    pub assigner: Pubkey,
    pub mint: Pubkey,
    pub protocol_vault: Pubkey,
    pub platform_vault: Pubkey,
    pub oracles: [Pubkey; ORACLES],
    pub threshold: u8,
    /// Seconds between `settle_by` and the refund that anybody may ask for.
    pub refund_grace: i64,
    pub bump: u8,
    /// No new payments; those that are open are settled and refunded as ever.
    pub paused: bool,
}

impl Config {
    pub const DISCRIMINATOR: Discriminator = discriminator("account:Config");
    pub const LENGTH: usize = 8 + 32 * 6 + 32 * ORACLES + 1 + 8 + 1 + 1;

    pub fn load(account: &Account, program: &Pubkey) -> Result<Config> {
        account.require_owner(program)?;
        require!(account.data().len() == Self::LENGTH, framework::AccountDidNotDeserialize);
        let mut reader = Reader::account(account.data());
        require!(reader.bytes()? == Self::DISCRIMINATOR, framework::AccountDiscriminatorMismatch);
        let config = Config {
            cluster: reader.bytes()?,
            facilitator: reader.key()?,
            assigner: reader.key()?,
            mint: reader.key()?,
            protocol_vault: reader.key()?,
            platform_vault: reader.key()?,
            oracles: [reader.key()?, reader.key()?, reader.key()?, reader.key()?, reader.key()?],
            threshold: reader.u8()?,
            refund_grace: reader.i64()?,
            bump: reader.u8()?,
            paused: match reader.u8()? {
                0 => false,
                1 => true,
                _ => return Err(framework::AccountDidNotDeserialize),
            },
        };
        reader.end()?;
        Ok(config)
    }

    pub fn store(&self, account: &Account) {
        let mut writer = Writer::new(account.data_mut());
        writer
            .bytes(&Self::DISCRIMINATOR)
            .bytes(&self.cluster)
            .key(&self.facilitator)
            .key(&self.assigner)
            .key(&self.mint)
            .key(&self.protocol_vault)
            .key(&self.platform_vault);
        for oracle in &self.oracles {
            writer.key(oracle);
        }
        writer.u8(self.threshold).i64(self.refund_grace).u8(self.bump).u8(self.paused as u8).end();
    }

    /// A configuration that can work, and that no single key can abuse alone.
    pub fn invariant(&self) -> Result {
        require!(
            is_sound_quorum(&self.oracles, self.threshold)
                && self.refund_grace >= 0
                && self.refund_grace <= MAX_REFUND_GRACE
                && !self.facilitator.is_zero()
                && !self.assigner.is_zero(),
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
            mint: Pubkey([4; 32]),
            protocol_vault: Pubkey([5; 32]),
            platform_vault: Pubkey([6; 32]),
            oracles: core::array::from_fn(|i| Pubkey([10 + i as u8; 32])),
            threshold: 3,
            refund_grace: 60,
            bump: 255,
            paused: false,
        }
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
        ];
        for config in unsound {
            assert_eq!(config.invariant(), Err(errors::InvariantViolated));
        }
    }
}
