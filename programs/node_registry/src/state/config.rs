//! Config: who decides over the nodes of this deployment, and what their stake is.
use crate::limits::{MAX_APPEAL_WINDOW, MAX_COOLDOWN, WHOLE_BPS};
use crate::{errors, Hash};
use svmkit::{
    discriminator, framework, is_sound_quorum, require, Account, Discriminator, Pubkey, Reader, Result, Writer,
};

const ORACLES: usize = 5;

pub struct Config {
    /// The genesis hash: a program cannot read its own, so it is told.
    pub cluster: Hash,
    pub mint: Pubkey,
    /// Where slashed stake goes.
    pub slash_vault: Pubkey,
    pub oracles: [Pubkey; ORACLES],
    pub threshold: u8,
    /// Seconds between a request to unstake and the withdrawal.
    pub unstake_cooldown: i64,
    /// Seconds between a proposed slash and its execution.
    pub appeal_window: i64,
    /// The most that one incident may cost, in basis points of what the node has at stake then.
    pub slash_cap_bps: u16,
    pub bump: u8,
}

impl Config {
    pub const DISCRIMINATOR: Discriminator = discriminator("account:Config");
    pub const LENGTH: usize = 8 + 32 * 3 + 32 * ORACLES + 1 + 8 + 8 + 2 + 1;

    pub fn load(account: &Account, program: &Pubkey) -> Result<Config> {
        account.require_owner(program)?;
        require!(account.data().len() == Self::LENGTH, framework::AccountDidNotDeserialize);
        let mut reader = Reader::account(account.data());
        require!(reader.bytes()? == Self::DISCRIMINATOR, framework::AccountDiscriminatorMismatch);
        let config = Config {
            cluster: reader.bytes()?,
            mint: reader.key()?,
            slash_vault: reader.key()?,
            oracles: [reader.key()?, reader.key()?, reader.key()?, reader.key()?, reader.key()?],
            threshold: reader.u8()?,
            unstake_cooldown: reader.i64()?,
            appeal_window: reader.i64()?,
            slash_cap_bps: reader.u16()?,
            bump: reader.u8()?,
        };
        reader.end()?;
        Ok(config)
    }

    pub fn store(&self, account: &Account) {
        let mut writer = Writer::new(account.data_mut());
        writer.bytes(&Self::DISCRIMINATOR).bytes(&self.cluster).key(&self.mint).key(&self.slash_vault);
        for oracle in &self.oracles {
            writer.key(oracle);
        }
        writer.u8(self.threshold).i64(self.unstake_cooldown).i64(self.appeal_window).u16(self.slash_cap_bps).u8(self.bump).end();
    }

    /// A configuration that can work, and that no single key can abuse alone.
    pub fn invariant(&self) -> Result {
        require!(
            is_sound_quorum(&self.oracles, self.threshold)
                && self.unstake_cooldown > 0
                && self.unstake_cooldown <= MAX_COOLDOWN
                && self.appeal_window > 0
                && self.appeal_window <= MAX_APPEAL_WINDOW
                && self.slash_cap_bps > 0
                && self.slash_cap_bps <= WHOLE_BPS,
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
            mint: Pubkey([2; 32]),
            slash_vault: Pubkey([3; 32]),
            oracles: core::array::from_fn(|i| Pubkey([10 + i as u8; 32])),
            threshold: 3,
            unstake_cooldown: 60,
            appeal_window: 30,
            slash_cap_bps: 5_000,
            bump: 255,
        }
    }

    #[test]
    fn a_sound_config_is_accepted() {
        assert_eq!(config().invariant(), Ok(()));
        let widest = Config { unstake_cooldown: MAX_COOLDOWN, appeal_window: MAX_APPEAL_WINDOW, slash_cap_bps: WHOLE_BPS, ..config() };
        assert_eq!(widest.invariant(), Ok(()));
        assert_eq!(Config { unstake_cooldown: 1, appeal_window: 1, slash_cap_bps: 1, ..config() }.invariant(), Ok(()));
    }

    #[test]
    fn an_unsound_config_is_refused() {
        let mut repeated = config();
        repeated.oracles[4] = repeated.oracles[1];
        let unsound = [
            repeated,
            Config { threshold: 2, ..config() },
            Config { threshold: 6, ..config() },
            Config { unstake_cooldown: 0, ..config() },
            Config { unstake_cooldown: MAX_COOLDOWN + 1, ..config() },
            Config { appeal_window: 0, ..config() },
            Config { appeal_window: MAX_APPEAL_WINDOW + 1, ..config() },
            Config { slash_cap_bps: 0, ..config() },
            Config { slash_cap_bps: WHOLE_BPS + 1, ..config() },
        ];
        for config in unsound {
            assert_eq!(config.invariant(), Err(errors::InvariantViolated));
        }
    }
}
