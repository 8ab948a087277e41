//! Events: one `Program data:` line each, as Anchor's clients read them.
use crate::{Hash, Id};
use svmkit::{discriminator, emit, Pubkey, Writer};

pub struct PaymentAuthorized<'a> {
    pub intent_id: &'a Id,
    pub job_id: &'a Id,
    pub payer: &'a Pubkey,
    pub amount: u64,
    pub settle_by: i64,
    pub via: u8,
}

impl PaymentAuthorized<'_> {
    pub fn emit(&self) {
        let mut event = [0u8; 8 + 16 + 16 + 32 + 8 + 8 + 1];
        Writer::new(&mut event)
            .bytes(&const { discriminator("event:PaymentAuthorized") })
            .bytes(self.intent_id)
            .bytes(self.job_id)
            .key(self.payer)
            .u64(self.amount)
            .i64(self.settle_by)
            .u8(self.via)
            .end();
        emit(&event);
    }
}

pub struct NodeAssigned<'a> {
    pub intent_id: &'a Id,
    pub attempt: u32,
    pub node: &'a Pubkey,
}

impl NodeAssigned<'_> {
    pub fn emit(&self) {
        let mut event = [0u8; 8 + 16 + 4 + 32];
        Writer::new(&mut event)
            .bytes(&const { discriminator("event:NodeAssigned") })
            .bytes(self.intent_id)
            .u32(self.attempt)
            .key(self.node)
            .end();
        emit(&event);
    }
}

pub struct PaymentCompleted<'a> {
    pub intent_id: &'a Id,
    pub node: &'a Pubkey,
    /// The charge.
    pub amount: u64,
    pub node_share: u64,
    pub protocol_fee: u64,
    pub platform_fee: u64,
    pub refund: u64,
    pub execution_hash: &'a Hash,
    pub logs_hash: &'a Hash,
    pub verdict: u8,
}

impl PaymentCompleted<'_> {
    pub fn emit(&self) {
        let mut event = [0u8; 8 + 16 + 32 + 5 * 8 + 2 * 32 + 1];
        Writer::new(&mut event)
            .bytes(&const { discriminator("event:PaymentCompleted") })
            .bytes(self.intent_id)
            .key(self.node)
            .u64(self.amount)
            .u64(self.node_share)
            .u64(self.protocol_fee)
            .u64(self.platform_fee)
            .u64(self.refund)
            .bytes(self.execution_hash)
            .bytes(self.logs_hash)
            .u8(self.verdict)
            .end();
        emit(&event);
    }
}

/// The tombstone is gone.
pub struct PaymentClosed<'a> {
    pub intent_id: &'a Id,
    pub rent_payer: &'a Pubkey,
}

impl PaymentClosed<'_> {
    pub fn emit(&self) {
        let mut event = [0u8; 8 + 16 + 32];
        Writer::new(&mut event)
            .bytes(&const { discriminator("event:PaymentClosed") })
            .bytes(self.intent_id)
            .key(self.rent_payer)
            .end();
        emit(&event);
    }
}

svmkit::events! {
    /// Tokens at a deposit's address went back: they can't become its payment, or can't any more.
    DepositReclaimed {
        intent_id: id,
        payer: key,
        /// Of the tokens; the terms may be in another.
        mint: key,
        amount: u64,
    }
}

/// New payments are stopped, or taken again.
pub struct IntakePaused {
    pub paused: u8,
}

impl IntakePaused {
    pub fn emit(&self) {
        let mut event = [0u8; 8 + 1];
        Writer::new(&mut event).bytes(&const { discriminator("event:IntakePaused") }).u8(self.paused).end();
        emit(&event);
    }
}

/// A rotation's stages: its account says the rest, until it is closed.
macro_rules! rotation_events {
    ($($name:ident),*) => {
        $(pub struct $name<'a> {
            pub rotation: &'a Pubkey,
            pub due_at: i64,
        }

        impl $name<'_> {
            pub fn emit(&self) {
                let mut event = [0u8; 8 + 32 + 8];
                Writer::new(&mut event)
                    .bytes(&const { discriminator(concat!("event:", stringify!($name))) })
                    .key(self.rotation)
                    .i64(self.due_at)
                    .end();
                emit(&event);
            }
        })*
    };
}

rotation_events!(RotationProposed, RotationWithdrawn, RotationApplied);

/// Why a payment went back: which of the three ways it took.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum RefundReason {
    Expired = 0,
    Cancelled = 1,
    Failed = 2,
}

pub struct PaymentRefunded<'a> {
    pub intent_id: &'a Id,
    pub payer: &'a Pubkey,
    pub amount: u64,
    pub reason: RefundReason,
}

impl PaymentRefunded<'_> {
    pub fn emit(&self) {
        let mut event = [0u8; 8 + 16 + 32 + 8 + 1];
        Writer::new(&mut event)
            .bytes(&const { discriminator("event:PaymentRefunded") })
            .bytes(self.intent_id)
            .key(self.payer)
            .u64(self.amount)
            .u8(self.reason as u8)
            .end();
        emit(&event);
    }
}
