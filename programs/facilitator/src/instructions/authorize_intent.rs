//! Locks a payment by a signed text. Runs right after the Ed25519 instruction that verified the payer's signature.
//!
//! The payer signs no transaction: a wallet's approval of its allowance address, once, and one message are enough. So the
//! program renders the text itself, from its own arguments, and compares it whole.
use crate::commitment::{intent_nonce, Deployment, IntentTerms};
use crate::escrow::{require_payers_token, Bumps, Opening, Source};
use crate::limits;
use crate::state::{Config, Terms, Via};
use crate::text::{Intent, Text};
use crate::{errors, seeds, Hash, Id};
use svmkit::{
    discriminator, expect_pda, framework, require, unix_timestamp, Account, Discriminator, Ed25519, Input, Pubkey, Reader,
    Result,
};

pub const DISCRIMINATOR: Discriminator = discriminator("global:authorize_intent");

struct Arguments {
    intent_id: Id,
    job_id: Id,
    amount: u64,
    /// Milliseconds, like `expires`.
    timestamp: u64,
    expires: u64,
    spec_hash: Hash,
    settle_by: i64,
    salt: Hash,
}

struct Accounts {
    /// The facilitator: signs, and pays the rent.
    relayer: Account,
    config: Account,
    mint: Account,
    payer_token: Account,
    /// The payer's SPL delegate.
    allowance: Account,
    payment: Account,
    escrow: Account,
    instructions: Account,
    token_program: Account,
    system_program: Account,
}

/// What `validate` found.
struct Found {
    payer: Pubkey,
    bumps: Bumps,
    allowance_bump: u8,
}

#[inline(never)]
pub fn run(input: &Input, arguments: Reader) -> Result {
    let arguments = Arguments::read(arguments)?;
    let [relayer, config, mint, payer_token, allowance, payment, escrow, instructions, token_program, system_program] =
        input.take()?;
    let accounts = Accounts {
        relayer, config, mint, payer_token, allowance, payment, escrow, instructions, token_program, system_program,
    };
    let found = accounts.validate(input.program_id, &arguments)?;
    accounts.lock(input.program_id, &arguments, &found)
}

impl Arguments {
    fn read(mut reader: Reader) -> Result<Arguments> {
        let arguments = Arguments {
            intent_id: reader.bytes()?,
            job_id: reader.bytes()?,
            amount: reader.u64()?,
            timestamp: reader.u64()?,
            expires: reader.u64()?,
            spec_hash: reader.bytes()?,
            settle_by: reader.i64()?,
            salt: reader.bytes()?,
        };
        reader.end()?;
        Ok(arguments)
    }

    fn expires_at(&self) -> i64 {
        (self.expires / 1_000) as i64
    }
}

impl Accounts {
    fn opening(&self) -> Opening<'_> {
        Opening {
            rent_payer: &self.relayer,
            mint: &self.mint,
            payment: &self.payment,
            escrow: &self.escrow,
            token_program: &self.token_program,
            system_program: &self.system_program,
        }
    }

    #[inline(never)]
    fn validate(&self, program: &Pubkey, arguments: &Arguments) -> Result<Found> {
        let config = Config::load(&self.config, program)?;
        // The text names HYPER and no other mint.
        self.mint.require_key(&config.hyper.mint, framework::ConstraintAddress)?;
        let bumps = self.opening().validate(program, &config, &arguments.intent_id)?;
        let payer = self.require_signed_text(program, &config, arguments)?;

        require!(arguments.amount > 0, errors::ZeroAmount);
        let now = unix_timestamp();
        limits::require_signed_times(now, arguments.timestamp, arguments.expires)?;
        limits::require_settle_by(now, arguments.expires_at(), arguments.settle_by)?;

        let token = require_payers_token(&self.payer_token, &payer, self.mint.key())?;
        let allowance_bump = expect_pda(&self.allowance, &seeds::allowance(&payer), program)?;
        match token.delegate {
            Some((delegate, left)) if delegate == *self.allowance.key() => {
                require!(left >= arguments.amount && token.amount >= arguments.amount, errors::AllowanceTooSmall)
            }
            _ => return Err(errors::AllowanceMissing),
        }
        Ok(Found { payer, bumps, allowance_bump })
    }

    /// The previous instruction verified one signature over exactly the text of these terms; returns who signed.
    #[inline(never)]
    fn require_signed_text(&self, program: &Pubkey, config: &Config, arguments: &Arguments) -> Result<Pubkey> {
        let verified = Ed25519::before(&self.instructions, errors::SignatureMissing)?;
        require!(verified.count == 1, errors::SignatureMissing);
        let Some(signed) = verified.entry(0) else {
            return Err(errors::SignatureOffsets);
        };
        let terms = IntentTerms {
            mint: self.mint.key(),
            payer: &signed.key,
            spec_hash: &arguments.spec_hash,
            settle_by: arguments.settle_by,
            salt: &arguments.salt,
        };
        let nonce = intent_nonce(&Deployment { cluster: &config.cluster, program }, &terms);
        let text = Text::render(&Intent {
            intent_id: &arguments.intent_id,
            job_id: &arguments.job_id,
            amount: arguments.amount,
            timestamp: arguments.timestamp,
            expires: arguments.expires,
            nonce: &nonce,
        })?;
        require!(text.bytes() == signed.message, errors::TextMismatch);
        Ok(signed.key)
    }

    #[inline(never)]
    fn lock(&self, program: &Pubkey, arguments: &Arguments, found: &Found) -> Result {
        let terms = Terms {
            intent_id: &arguments.intent_id,
            job_id: &arguments.job_id,
            payer: &found.payer,
            amount: arguments.amount,
            via: Via::SignedIntent,
            expires_at: arguments.expires_at(),
            settle_by: arguments.settle_by,
        };
        let bump = [found.allowance_bump];
        let signer_seeds = seeds::signer(seeds::allowance(&found.payer), &bump);
        let from = Source { token: &self.payer_token, authority: &self.allowance, seeds: &signer_seeds };
        self.opening().lock(program, &terms, &found.bumps, &from)
    }
}
