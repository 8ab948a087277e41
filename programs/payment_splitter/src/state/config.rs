//! Config: the rules of a deployment, and those that are to follow.
use crate::errors;
use crate::state::Rules;
use svmkit::{discriminator, framework, require, Account, Discriminator, Pubkey, Reader, Result, Writer};

const HOUR: i64 = 3_600;
/// Time enough to be seen, and for what has been earned under the old rules to be distributed by them.
const MIN_DELAY: i64 = HOUR;
const MAX_DELAY: i64 = 30 * 24 * HOUR;

#[derive(Clone, Copy)]
pub struct Config {
    pub mint: Pubkey,
    /// Seconds between a change's proposal and its effect; never changed itself.
    pub change_delay: i64,
    pub bump: u8,
    pub rules: Rules,
    /// What is to follow, and from when on; `Rules::NONE` and 0: nothing.
    pub proposed: Rules,
    pub due_at: i64,
}

impl Config {
    pub const DISCRIMINATOR: Discriminator = discriminator("account:Config");
    pub const LENGTH: usize = 8 + 32 + 8 + 1 + 2 * Rules::LENGTH + 8;

    pub fn load(account: &Account, program: &Pubkey) -> Result<Config> {
        account.require_owner(program)?;
        require!(account.data().len() == Self::LENGTH, framework::AccountDidNotDeserialize);
        let mut reader = Reader::account(account.data());
        require!(reader.bytes()? == Self::DISCRIMINATOR, framework::AccountDiscriminatorMismatch);
        let config = Config {
            mint: reader.key()?,
            change_delay: reader.i64()?,
            bump: reader.u8()?,
            rules: Rules::read(&mut reader)?,
            proposed: Rules::read(&mut reader)?,
            due_at: reader.i64()?,
        };
        reader.end()?;
        Ok(config)
    }

    /// For an instruction that will change it.
    pub fn load_writable(account: &Account, program: &Pubkey) -> Result<Config> {
        account.require_writable()?;
        Config::load(account, program)
    }

    /// Checks and writes: nothing unsound is ever stored.
    pub fn store(&self, account: &Account) -> Result {
        self.invariant()?;
        let mut writer = Writer::new(account.data_mut());
        writer.bytes(&Self::DISCRIMINATOR).key(&self.mint).i64(self.change_delay).u8(self.bump);
        self.rules.write(&mut writer);
        self.proposed.write(&mut writer);
        writer.i64(self.due_at).end();
        Ok(())
    }

    pub fn invariant(&self) -> Result {
        require!(self.change_delay >= MIN_DELAY && self.change_delay <= MAX_DELAY, errors::DelayOutOfRange);
        self.rules.invariant()?;
        if self.due_at == 0 {
            require!(self.proposed == Rules::NONE, errors::InvariantViolated);
            return Ok(());
        }
        self.proposed.invariant()
    }

    /// The clock starts again where a change was proposed already: the last word counts, and nothing is taken by surprise.
    pub fn propose(&mut self, rules: Rules, now: i64) -> Result {
        let Some(due_at) = now.checked_add(self.change_delay) else {
            return Err(errors::InvariantViolated);
        };
        self.proposed = rules;
        self.due_at = due_at;
        Ok(())
    }

    pub fn require_proposed(&self) -> Result {
        require!(self.due_at != 0, errors::NoChangeProposed);
        Ok(())
    }

    /// Forgets what was proposed.
    pub fn withdraw(&mut self) {
        self.proposed = Rules::NONE;
        self.due_at = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::rules::tests::rules;

    fn config() -> Config {
        Config { mint: Pubkey([9; 32]), change_delay: MIN_DELAY, bump: 255, rules: rules(), proposed: Rules::NONE, due_at: 0 }
    }

    #[test]
    fn a_sound_config_is_accepted() {
        assert_eq!(config().invariant(), Ok(()));
        assert_eq!(Config { change_delay: MAX_DELAY, ..config() }.invariant(), Ok(()));
        assert_eq!(Config { proposed: rules(), due_at: 1, ..config() }.invariant(), Ok(()));
    }

    #[test]
    fn an_unsound_config_is_refused() {
        let unsound = [
            (Config { change_delay: MIN_DELAY - 1, ..config() }, errors::DelayOutOfRange),
            (Config { change_delay: MAX_DELAY + 1, ..config() }, errors::DelayOutOfRange),
            (Config { rules: Rules::NONE, ..config() }, errors::SplitNotWhole),
            (Config { proposed: rules(), ..config() }, errors::InvariantViolated),
            (Config { due_at: 1, ..config() }, errors::SplitNotWhole),
        ];
        for (config, error) in unsound {
            assert_eq!(config.invariant(), Err(error));
        }
    }

    #[test]
    fn a_proposal_is_due_after_the_delay_and_can_be_withdrawn() {
        let mut config = config();
        assert_eq!(config.require_proposed(), Err(errors::NoChangeProposed));
        assert_eq!(config.propose(rules(), 1_000), Ok(()));
        assert_eq!((config.due_at, config.require_proposed()), (1_000 + MIN_DELAY, Ok(())));
        config.withdraw();
        assert_eq!((config.invariant(), config.require_proposed()), (Ok(()), Err(errors::NoChangeProposed)));
        assert_eq!(config.propose(rules(), i64::MAX), Err(errors::InvariantViolated));
    }
}
