//! An x402 deposit: tokens that a client's plain transfer left at an address which commits to the terms of a payment, its
//! payer included. So nobody has to be believed about who paid, for what, and until when.
use crate::commitment::{deposit_commitment, Deployment, DepositTerms};
use crate::escrow::require_payers_token;
use crate::state::Config;
use crate::{errors, seeds, Hash, Id};
use svmkit::token::{self, TokenAccount, TOKEN_PROGRAM};
use svmkit::{expect_pda, framework, require, Account, Pubkey, Reader, Result};

/// The terms, as far as they are no accounts.
pub struct Arguments {
    pub intent_id: Id,
    pub job_id: Id,
    pub amount: u64,
    /// Seconds.
    pub settle_by: i64,
}

impl Arguments {
    pub fn read(mut reader: Reader) -> Result<Arguments> {
        let arguments = Arguments {
            intent_id: reader.bytes()?,
            job_id: reader.bytes()?,
            amount: reader.u64()?,
            settle_by: reader.i64()?,
        };
        reader.end()?;
        Ok(arguments)
    }
}

/// The accounts of a deposit that is about to end.
pub struct Deposit<'a> {
    /// The terms' mint.
    pub mint: &'a Account,
    /// The terms' payer.
    pub payer: &'a Account,
    /// The address of the terms.
    pub deposit: &'a Account,
    /// Its token account: the ATA, or another that somebody gave it.
    pub deposit_token: &'a Account,
    /// Looked at only when something goes back.
    pub payer_token: &'a Account,
    /// Who opens the ATA before a client is told to pay into it.
    pub facilitator: &'a Account,
    pub token_program: &'a Account,
}

/// What lies there.
pub struct Found {
    pub commitment: Hash,
    pub bump: u8,
    /// Of the tokens, which need not be the terms'.
    pub mint: Pubkey,
    pub amount: u64,
}

impl Deposit<'_> {
    #[inline(never)]
    pub fn validate(&self, program: &Pubkey, config: &Config, arguments: &Arguments) -> Result<Found> {
        self.token_program.require_key(&TOKEN_PROGRAM, framework::InvalidProgramId)?;
        let terms = DepositTerms {
            mint: self.mint.key(),
            intent_id: &arguments.intent_id,
            job_id: &arguments.job_id,
            payer: self.payer.key(),
            amount: arguments.amount,
            settle_by: arguments.settle_by,
        };
        let commitment = deposit_commitment(&Deployment { cluster: &config.cluster, program }, &terms);
        let bump = expect_pda(self.deposit, &seeds::deposit(&commitment), program)?;
        let token = TokenAccount::load(self.deposit_token)?;
        require!(token.owner == *self.deposit.key(), framework::ConstraintTokenOwner);
        Ok(Found { commitment, bump, mint: token.mint, amount: token.amount })
    }

    /// What goes back goes to the payer of the terms, whoever asks for it.
    pub fn require_way_back(&self, found: &Found, amount: u64) -> Result {
        if amount > 0 {
            require_payers_token(self.payer_token, self.payer.key(), &found.mint)?;
        }
        Ok(())
    }

    /// Gives `amount` (all that is left) back and closes the token account, whose rent goes to the facilitator.
    #[inline(never)]
    pub fn end(&self, found: &Found, amount: u64) -> Result {
        let bump = [found.bump];
        let seeds = seeds::signer(seeds::deposit(&found.commitment), &bump);
        if amount > 0 {
            token::transfer_of_any_mint(self.deposit_token, self.payer_token, amount, self.deposit, &seeds)?;
        }
        token::close(self.deposit_token, self.facilitator, self.deposit, &seeds)?;
        require!(self.deposit_token.is_empty(), errors::InvariantViolated);
        Ok(())
    }
}
