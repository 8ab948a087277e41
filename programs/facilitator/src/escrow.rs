//! The escrow: opened once per intent id, emptied and closed once.
use crate::events::{PaymentAuthorized, PaymentRefunded, RefundReason};
use crate::state::{Config, PaymentIntent, Status, Terms};
use crate::{errors, seeds, Id};
use svmkit::token::{self, Authority, TokenAccount, DECIMALS, TOKEN_PROGRAM};
use svmkit::{
    create_pda_account, expect_pda, expect_pda_with_bump, framework, require, unix_timestamp, Account, Pubkey, Result,
    SYSTEM_PROGRAM,
};

/// A token account that takes back what `payer` did not spend.
pub fn require_payers_token(account: &Account, payer: &Pubkey, mint: &Pubkey) -> Result<TokenAccount> {
    let token = TokenAccount::load(account)?;
    require!(token.owner == *payer && token.mint == *mint, errors::PayerMismatch);
    Ok(token)
}

/// No payment has this id.
pub fn is_unused(payment: &Account) -> bool {
    *payment.owner() == SYSTEM_PROGRAM
}

/// The accounts of an escrow that is about to be.
pub struct Opening<'a> {
    pub rent_payer: &'a Account,
    pub mint: &'a Account,
    pub payment: &'a Account,
    pub escrow: &'a Account,
    pub token_program: &'a Account,
    pub system_program: &'a Account,
}

/// The canonical bumps of a new payment.
pub struct Bumps {
    pub payment: u8,
    pub escrow: u8,
}

/// Where an escrow's tokens come from.
pub struct Source<'a> {
    pub token: &'a Account,
    pub authority: &'a Account,
    /// Empty when the authority signed the transaction itself.
    pub seeds: &'a [&'a [u8]],
}

impl Opening<'_> {
    /// The id was never used, and the facilitator pays the rent: else anybody could squat ids.
    #[inline(never)]
    pub fn validate(&self, program: &Pubkey, config: &Config, intent_id: &Id) -> Result<Bumps> {
        require!(!config.paused, errors::IntakePaused);
        self.token_program.require_key(&TOKEN_PROGRAM, framework::InvalidProgramId)?;
        self.system_program.require_key(&SYSTEM_PROGRAM, framework::InvalidProgramId)?;
        config.accepted(self.mint.key())?;
        self.rent_payer.require_signer()?;
        self.rent_payer.require_key(&config.facilitator, errors::UnauthorizedFacilitator)?;
        let bumps = Bumps {
            payment: expect_pda(self.payment, &seeds::payment(intent_id), program)?,
            escrow: expect_pda(self.escrow, &seeds::escrow(intent_id), program)?,
        };
        require!(is_unused(self.payment), errors::InvalidPaymentStatus);
        Ok(bumps)
    }

    /// Creates both accounts, moves the amount and records the terms.
    #[inline(never)]
    pub fn lock(&self, program: &Pubkey, terms: &Terms, bumps: &Bumps, from: &Source) -> Result {
        let mut intent = PaymentIntent::open(terms, unix_timestamp());
        intent.rent_payer = *self.rent_payer.key();
        intent.mint = *self.mint.key();
        intent.bump = bumps.payment;
        intent.escrow_bump = bumps.escrow;
        self.fill(program, &intent, from)?;
        intent.store(self.payment)?;
        PaymentAuthorized {
            intent_id: terms.intent_id,
            job_id: terms.job_id,
            payer: terms.payer,
            amount: terms.amount,
            settle_by: terms.settle_by,
            via: terms.via as u8,
        }
        .emit();
        self.invariant(&intent)
    }

    #[inline(never)]
    fn fill(&self, program: &Pubkey, intent: &PaymentIntent, from: &Source) -> Result {
        let (bump, escrow_bump) = ([intent.bump], [intent.escrow_bump]);
        let payment_seeds = seeds::signer(seeds::payment(&intent.intent_id), &bump);
        let escrow_seeds = seeds::signer(seeds::escrow(&intent.intent_id), &escrow_bump);
        create_pda_account(self.rent_payer, self.payment, PaymentIntent::LENGTH as u64, program, &payment_seeds)?;
        create_pda_account(self.rent_payer, self.escrow, token::ACCOUNT_LENGTH, &TOKEN_PROGRAM, &escrow_seeds)?;
        token::initialize_account(self.escrow, self.mint, self.payment.key())?;
        let by = Authority { mint: self.mint, decimals: DECIMALS, authority: from.authority, seeds: from.seeds };
        token::transfer(from.token, self.escrow, intent.amount, &by)
    }

    /// The escrow holds exactly the amount, under the payment's authority and nobody else's.
    fn invariant(&self, intent: &PaymentIntent) -> Result {
        let escrow = TokenAccount::load(self.escrow)?;
        require!(
            escrow.amount == intent.amount
                && escrow.owner == *self.payment.key()
                && escrow.mint == intent.mint
                && escrow.delegate.is_none(),
            errors::InvariantViolated
        );
        Ok(())
    }
}

/// The accounts of an escrow that is about to end.
pub struct Closing {
    pub config: Account,
    pub mint: Account,
    pub payment: Account,
    pub escrow: Account,
    pub payer_token: Account,
    pub rent_payer: Account,
    pub token_program: Account,
}

impl Closing {
    /// The Config, and the payment, which must be open.
    #[inline(never)]
    pub fn load(&self, program: &Pubkey) -> Result<(Config, PaymentIntent)> {
        Ok((Config::load(&self.config, program)?, PaymentIntent::load_pending(&self.payment, program)?))
    }

    /// What is given back goes to the payer, and the rent to whoever paid it. Returns the escrow's balance.
    ///
    /// The mint is the payment's own, whatever Config accepts by now: nothing stops a refund.
    #[inline(never)]
    pub fn validate(&self, program: &Pubkey, intent: &PaymentIntent) -> Result<u64> {
        self.token_program.require_key(&TOKEN_PROGRAM, framework::InvalidProgramId)?;
        self.mint.require_key(&intent.mint, framework::ConstraintAddress)?;
        self.rent_payer.require_key(&intent.rent_payer, framework::ConstraintHasOne)?;
        let bump = [intent.escrow_bump];
        expect_pda_with_bump(&self.escrow, &seeds::signer(seeds::escrow(&intent.intent_id), &bump), program)?;
        require_payers_token(&self.payer_token, &intent.payer, &intent.mint)?;
        let held = TokenAccount::load(&self.escrow)?.amount;
        require!(held >= intent.amount, errors::InvariantViolated);
        Ok(held)
    }

    /// Pays the `payments` (whose sum is what the escrow holds; zeros are skipped) and closes the escrow.
    #[inline(never)]
    pub fn pay_out<const N: usize>(&self, intent: &PaymentIntent, payments: [(&Account, u64); N]) -> Result {
        let bump = [intent.bump];
        let signer_seeds = seeds::signer(seeds::payment(&intent.intent_id), &bump);
        let by = Authority { mint: &self.mint, decimals: DECIMALS, authority: &self.payment, seeds: &signer_seeds };
        for (to, amount) in payments {
            if amount > 0 {
                token::transfer(&self.escrow, to, amount, &by)?;
            }
        }
        // The token program closes an empty account only: had the sum been short, this would fail.
        token::close(&self.escrow, &self.rent_payer, &self.payment, &signer_seeds)?;
        require!(self.escrow.is_empty(), errors::InvariantViolated);
        Ok(())
    }

    /// Everything back to the payer.
    #[inline(never)]
    pub fn refund(&self, program: &Pubkey, mut intent: PaymentIntent, reason: RefundReason) -> Result {
        let held = self.validate(program, &intent)?;
        intent.end(Status::Refunded, unix_timestamp());
        self.pay_out(&intent, [(&self.payer_token, held)])?;
        intent.store(&self.payment)?;
        PaymentRefunded { intent_id: &intent.intent_id, payer: &intent.payer, amount: held, reason }.emit();
        Ok(())
    }
}
