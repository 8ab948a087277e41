//! PaymentIntent: one payment's terms and fate. It stays as a tombstone after the end, so that an id is used once.
use crate::limits::MAX_ATTESTATION_AHEAD;
use crate::{errors, Hash, Id};
use svmkit::{discriminator, framework, require, Account, Discriminator, Pubkey, Reader, Result, Writer};

#[derive(Clone, Copy, PartialEq, Debug)]
#[repr(u8)]
pub enum Status {
    /// In escrow, awaiting the work.
    Pending = 0,
    /// The node was paid; what it did not earn went back.
    Completed = 1,
    /// All of it went back.
    Refunded = 2,
}

/// How the payer agreed.
#[derive(Clone, Copy, PartialEq, Debug)]
#[repr(u8)]
pub enum Via {
    SignedIntent = 0,
    Transaction = 1,
    Deposit = 2,
}

/// What the payer agreed to.
pub struct Terms<'a> {
    pub intent_id: &'a Id,
    pub job_id: &'a Id,
    pub payer: &'a Pubkey,
    pub amount: u64,
    pub via: Via,
    pub expires_at: i64,
    pub settle_by: i64,
}

#[derive(Clone)]
pub struct PaymentIntent {
    pub intent_id: Id,
    pub job_id: Id,
    pub payer: Pubkey,
    /// Who paid the rent of this account and of the escrow, and gets it back.
    pub rent_payer: Pubkey,
    pub mint: Pubkey,
    /// Base units, like `charge`.
    pub amount: u64,
    pub status: Status,
    pub via: Via,
    pub bump: u8,
    pub escrow_bump: u8,
    /// 0: never assigned. It only rises, and fences off the proofs of earlier attempts.
    pub attempt: u32,
    /// The node's authority wallet; zeros: none.
    pub assigned_node: Pubkey,
    pub created_at: i64,
    /// When the payer's consent to lock ends, in seconds, like every time here.
    pub expires_at: i64,
    /// Settled strictly before; refundable by anyone from here on, plus the grace.
    pub settle_by: i64,
    /// From here on nothing about this id can be replayed. It moves on when the payment ends late.
    pub closable_at: i64,
    pub verified_at: i64,
    pub charge: u64,
    pub execution_hash: Hash,
    pub logs_hash: Hash,
}

impl PaymentIntent {
    pub const DISCRIMINATOR: Discriminator = discriminator("account:PaymentIntent");
    pub const LENGTH: usize = 8 + 16 * 2 + 32 * 3 + 8 + 4 + 4 + 32 + 8 * 6 + 32 * 2;

    /// A payment that begins. The other fields are the escrow's business.
    pub fn open(terms: &Terms, created_at: i64) -> PaymentIntent {
        PaymentIntent {
            intent_id: *terms.intent_id,
            job_id: *terms.job_id,
            payer: *terms.payer,
            rent_payer: Pubkey::ZERO,
            mint: Pubkey::ZERO,
            amount: terms.amount,
            status: Status::Pending,
            via: terms.via,
            bump: 0,
            escrow_bump: 0,
            attempt: 0,
            assigned_node: Pubkey::ZERO,
            created_at,
            expires_at: terms.expires_at,
            settle_by: terms.settle_by,
            // One second more than the consent: it may end at any fraction of its last second.
            closable_at: terms.settle_by.max(terms.expires_at.saturating_add(1)),
            verified_at: 0,
            charge: 0,
            execution_hash: [0; 32],
            logs_hash: [0; 32],
        }
    }

    #[inline(never)]
    pub fn load(account: &Account, program: &Pubkey) -> Result<PaymentIntent> {
        account.require_owner(program)?;
        require!(account.data().len() == Self::LENGTH, framework::AccountDidNotDeserialize);
        let mut reader = Reader::account(account.data());
        require!(reader.bytes()? == Self::DISCRIMINATOR, framework::AccountDiscriminatorMismatch);
        let intent = PaymentIntent {
            intent_id: reader.bytes()?,
            job_id: reader.bytes()?,
            payer: reader.key()?,
            rent_payer: reader.key()?,
            mint: reader.key()?,
            amount: reader.u64()?,
            status: match reader.u8()? {
                0 => Status::Pending,
                1 => Status::Completed,
                2 => Status::Refunded,
                _ => return Err(framework::AccountDidNotDeserialize),
            },
            via: match reader.u8()? {
                0 => Via::SignedIntent,
                1 => Via::Transaction,
                2 => Via::Deposit,
                _ => return Err(framework::AccountDidNotDeserialize),
            },
            bump: reader.u8()?,
            escrow_bump: reader.u8()?,
            attempt: reader.u32()?,
            assigned_node: reader.key()?,
            created_at: reader.i64()?,
            expires_at: reader.i64()?,
            settle_by: reader.i64()?,
            closable_at: reader.i64()?,
            verified_at: reader.i64()?,
            charge: reader.u64()?,
            execution_hash: reader.bytes()?,
            logs_hash: reader.bytes()?,
        };
        reader.end()?;
        Ok(intent)
    }

    /// A payment that may still be assigned, settled or refunded, for an instruction that will change it.
    pub fn load_pending(account: &Account, program: &Pubkey) -> Result<PaymentIntent> {
        account.require_writable()?;
        let intent = PaymentIntent::load(account, program)?;
        require!(intent.status == Status::Pending, errors::InvalidPaymentStatus);
        Ok(intent)
    }

    /// Checks and writes: nothing unsound is ever stored.
    pub fn store(&self, account: &Account) -> Result {
        self.invariant()?;
        Writer::new(account.data_mut())
            .bytes(&Self::DISCRIMINATOR)
            .bytes(&self.intent_id)
            .bytes(&self.job_id)
            .key(&self.payer)
            .key(&self.rent_payer)
            .key(&self.mint)
            .u64(self.amount)
            .u8(self.status as u8)
            .u8(self.via as u8)
            .u8(self.bump)
            .u8(self.escrow_bump)
            .u32(self.attempt)
            .key(&self.assigned_node)
            .i64(self.created_at)
            .i64(self.expires_at)
            .i64(self.settle_by)
            .i64(self.closable_at)
            .i64(self.verified_at)
            .u64(self.charge)
            .bytes(&self.execution_hash)
            .bytes(&self.logs_hash)
            .end();
        Ok(())
    }

    /// The payment is over. Whatever was attested for it has expired before its tombstone may go.
    pub fn end(&mut self, status: Status, now: i64) {
        self.status = status;
        self.closable_at = self.closable_at.max(now.saturating_add(MAX_ATTESTATION_AHEAD));
    }

    pub fn invariant(&self) -> Result {
        let terms = self.amount > 0
            && !self.payer.is_zero()
            && self.created_at <= self.expires_at
            && self.expires_at <= self.settle_by
            && self.settle_by <= self.closable_at;
        let assignment = (self.attempt == 0) == self.assigned_node.is_zero();
        let fate = match self.status {
            Status::Pending | Status::Refunded => self.charge == 0 && self.verified_at == 0,
            Status::Completed => {
                self.attempt > 0
                    && self.charge >= 1
                    && self.charge <= self.amount
                    && self.verified_at >= self.created_at
                    && self.verified_at < self.settle_by
            }
        };
        require!(terms && assignment && fate, errors::InvariantViolated);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending() -> PaymentIntent {
        let terms = Terms {
            intent_id: &[1; 16],
            job_id: &[2; 16],
            payer: &Pubkey([3; 32]),
            amount: 100,
            via: Via::SignedIntent,
            expires_at: 2_000,
            settle_by: 3_000,
        };
        PaymentIntent { rent_payer: Pubkey([4; 32]), mint: Pubkey([5; 32]), ..PaymentIntent::open(&terms, 1_000) }
    }

    fn completed() -> PaymentIntent {
        PaymentIntent {
            status: Status::Completed,
            attempt: 2,
            assigned_node: Pubkey([6; 32]),
            verified_at: 2_999,
            charge: 100,
            ..pending()
        }
    }

    #[test]
    fn every_stage_of_a_sound_life_is_accepted() {
        assert_eq!(pending().invariant(), Ok(()));
        assert_eq!(PaymentIntent { attempt: 1, assigned_node: Pubkey([6; 32]), ..pending() }.invariant(), Ok(()));
        assert_eq!(completed().invariant(), Ok(()));
        assert_eq!(PaymentIntent { status: Status::Refunded, ..pending() }.invariant(), Ok(()));
    }

    #[test]
    fn a_tombstone_outlives_every_attestation() {
        let mut early = PaymentIntent { closable_at: 1_000_000, ..pending() };
        early.end(Status::Refunded, 1_500);
        assert_eq!((early.status, early.closable_at), (Status::Refunded, 1_000_000));
        let mut late = pending();
        late.end(Status::Refunded, 2_999);
        assert_eq!((late.closable_at, late.invariant()), (2_999 + MAX_ATTESTATION_AHEAD, Ok(())));
    }

    #[test]
    fn an_unsound_payment_is_refused() {
        let unsound = [
            PaymentIntent { amount: 0, ..pending() },
            PaymentIntent { payer: Pubkey::ZERO, ..pending() },
            PaymentIntent { expires_at: 999, ..pending() },
            PaymentIntent { settle_by: 1_999, ..pending() },
            PaymentIntent { closable_at: 2_999, ..pending() },
            PaymentIntent { attempt: 1, ..pending() },
            PaymentIntent { assigned_node: Pubkey([6; 32]), ..pending() },
            PaymentIntent { charge: 1, ..pending() },
            PaymentIntent { charge: 0, ..completed() },
            PaymentIntent { charge: 101, ..completed() },
            PaymentIntent { attempt: 0, assigned_node: Pubkey::ZERO, ..completed() },
            PaymentIntent { verified_at: 3_000, ..completed() },
            PaymentIntent { status: Status::Refunded, ..completed() },
        ];
        for intent in unsound {
            assert_eq!(intent.invariant(), Err(errors::InvariantViolated));
        }
    }
}
