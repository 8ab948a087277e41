//! Locks a payment by the payer's own transaction; the facilitator signs too, as it pays the rent.
use crate::escrow::{require_payers_token, Bumps, Opening, Source};
use crate::state::{Config, Terms, Via};
use crate::{errors, limits, Id};
use svmkit::{discriminator, require, unix_timestamp, Account, Discriminator, Input, Pubkey, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:authorize_payment");

struct Arguments {
    intent_id: Id,
    job_id: Id,
    amount: u64,
    /// Seconds, like `settle_by`.
    expires_at: i64,
    settle_by: i64,
}

struct Accounts {
    /// Signs.
    payer: Account,
    /// The facilitator: signs, and pays the rent.
    rent_payer: Account,
    config: Account,
    mint: Account,
    payer_token: Account,
    payment: Account,
    escrow: Account,
    token_program: Account,
    system_program: Account,
}

#[inline(never)]
pub fn run(input: &Input, arguments: Reader) -> Result {
    let arguments = Arguments::read(arguments)?;
    let [payer, rent_payer, config, mint, payer_token, payment, escrow, token_program, system_program] = input.take()?;
    let accounts =
        Accounts { payer, rent_payer, config, mint, payer_token, payment, escrow, token_program, system_program };
    let bumps = accounts.validate(input.program_id, &arguments)?;
    accounts.lock(input.program_id, &arguments, &bumps)
}

impl Arguments {
    fn read(mut reader: Reader) -> Result<Arguments> {
        let arguments = Arguments {
            intent_id: reader.bytes()?,
            job_id: reader.bytes()?,
            amount: reader.u64()?,
            expires_at: reader.i64()?,
            settle_by: reader.i64()?,
        };
        reader.end()?;
        Ok(arguments)
    }
}

impl Accounts {
    fn opening(&self) -> Opening<'_> {
        Opening {
            rent_payer: &self.rent_payer,
            mint: &self.mint,
            payment: &self.payment,
            escrow: &self.escrow,
            token_program: &self.token_program,
            system_program: &self.system_program,
        }
    }

    #[inline(never)]
    fn validate(&self, program: &Pubkey, arguments: &Arguments) -> Result<Bumps> {
        let config = Config::load(&self.config, program)?;
        let bumps = self.opening().validate(program, &config, &arguments.intent_id)?;
        self.payer.require_signer()?;

        require!(arguments.amount > 0, errors::ZeroAmount);
        let now = unix_timestamp();
        limits::require_expiry(now, arguments.expires_at)?;
        limits::require_settle_by(now, arguments.expires_at, arguments.settle_by)?;

        let token = require_payers_token(&self.payer_token, self.payer.key(), self.mint.key())?;
        require!(token.amount >= arguments.amount, errors::AllowanceTooSmall);
        Ok(bumps)
    }

    #[inline(never)]
    fn lock(&self, program: &Pubkey, arguments: &Arguments, bumps: &Bumps) -> Result {
        let terms = Terms {
            intent_id: &arguments.intent_id,
            job_id: &arguments.job_id,
            payer: self.payer.key(),
            amount: arguments.amount,
            via: Via::Transaction,
            expires_at: arguments.expires_at,
            settle_by: arguments.settle_by,
        };
        let from = Source { token: &self.payer_token, authority: &self.payer, seeds: &[] };
        self.opening().lock(program, &terms, bumps, &from)
    }
}
