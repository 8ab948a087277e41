//! What every program's `initialize` demands: a Config is written once, by the one who may replace the program anyway.
use crate::token::require_mint;
use crate::{
    create_pda_account, expect_pda, framework, require_upgrade_authority, Account, Error, Pubkey, Result, SYSTEM_PROGRAM,
};

pub struct Setup<'a> {
    /// Signs and pays.
    pub upgrade_authority: &'a Account,
    pub config: &'a Account,
    /// HYPER's.
    pub mint: &'a Account,
    pub program_data: &'a Account,
    pub system_program: &'a Account,
}

impl Setup<'_> {
    /// Returns the bump of the Config, whose address is that of `seeds`.
    pub fn validate(&self, program: &Pubkey, seeds: &[&[u8]], unauthorized: Error) -> Result<u8> {
        self.system_program.require_key(&SYSTEM_PROGRAM, framework::InvalidProgramId)?;
        require_upgrade_authority(self.program_data, self.upgrade_authority, program, unauthorized)?;
        require_mint(self.mint)?;
        expect_pda(self.config, seeds, program)
    }

    /// An account that exists already is the runtime's error: there is one Config.
    pub fn create_config(&self, program: &Pubkey, length: usize, seed: &[u8], bump: u8) -> Result {
        create_pda_account(self.upgrade_authority, self.config, length as u64, program, &[seed, &[bump]])
    }
}
