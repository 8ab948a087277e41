//! Opens a vault of a fee. Anyone may, up to the configured count: fees that are paid at the same time then write to
//! different accounts.
use crate::events::VaultCreated;
use crate::state::{Config, Fee};
use crate::{errors, seeds};
use svmkit::token::{self, TokenAccount, TOKEN_PROGRAM};
use svmkit::{
    create_pda_account, discriminator, expect_pda, framework, require, Account, Discriminator, Input, Pubkey, Reader,
    Result, SYSTEM_PROGRAM,
};

pub const DISCRIMINATOR: Discriminator = discriminator("global:create_vault");

struct Accounts {
    /// Signs, and pays the rent, which stays.
    payer: Account,
    /// The vault's authority.
    config: Account,
    mint: Account,
    vault: Account,
    token_program: Account,
    system_program: Account,
}

#[inline(never)]
pub fn run(input: &Input, mut arguments: Reader) -> Result {
    let (fee, shard) = (Fee::read(&mut arguments)?, arguments.u16()?);
    arguments.end()?;
    let [payer, config, mint, vault, token_program, system_program] = input.take()?;
    let accounts = Accounts { payer, config, mint, vault, token_program, system_program };

    let bump = accounts.validate(input.program_id, fee, shard)?;
    let place = seeds::Vault::of(fee, shard);
    create_pda_account(&accounts.payer, &accounts.vault, token::ACCOUNT_LENGTH, &TOKEN_PROGRAM, &place.signer(&[bump]))?;
    token::initialize_account(&accounts.vault, &accounts.mint, accounts.config.key())?;
    VaultCreated { fee, shard, vault: accounts.vault.key() }.emit();
    accounts.invariant()
}

impl Accounts {
    /// Returns the vault's bump.
    #[inline(never)]
    fn validate(&self, program: &Pubkey, fee: Fee, shard: u16) -> Result<u8> {
        let config = Config::load(&self.config, program)?;
        self.token_program.require_key(&TOKEN_PROGRAM, framework::InvalidProgramId)?;
        self.system_program.require_key(&SYSTEM_PROGRAM, framework::InvalidProgramId)?;
        self.payer.require_signer()?;
        self.mint.require_key(&config.mint, framework::ConstraintAddress)?;
        require!(shard < config.rules.shards, errors::ShardOutOfRange);
        let bump = expect_pda(&self.vault, &seeds::Vault::of(fee, shard).seeds(), program)?;
        require!(*self.vault.owner() == SYSTEM_PROGRAM, errors::VaultExists);
        Ok(bump)
    }

    /// Empty, and under the Config's authority alone.
    fn invariant(&self) -> Result {
        let vault = TokenAccount::load(&self.vault)?;
        let sound = vault.amount == 0
            && vault.owner == *self.config.key()
            && vault.mint == *self.mint.key()
            && vault.delegate.is_none();
        require!(sound, errors::InvariantViolated);
        Ok(())
    }
}
