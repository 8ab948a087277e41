//! What the payer's nonce and the oracles' signatures commit to. Fixed widths throughout: no two meanings share bytes.
use crate::{Hash, Id};
use svmkit::{sha256, Pubkey};

/// Where these commitments hold: signatures for another cluster or program are worth nothing here.
pub struct Deployment<'a> {
    pub cluster: &'a Hash,
    pub program: &'a Pubkey,
}

/// Everything about a payment that the signed text itself does not say.
pub struct IntentTerms<'a> {
    pub mint: &'a Pubkey,
    pub payer: &'a Pubkey,
    pub spec_hash: &'a Hash,
    pub settle_by: i64,
    pub salt: &'a Hash,
}

pub fn intent_nonce(deployment: &Deployment, terms: &IntentTerms) -> Hash {
    sha256(&[
        b"HYPERNODE/intent-nonce/v1",
        deployment.cluster,
        &deployment.program.0,
        &terms.mint.0,
        &terms.payer.0,
        terms.spec_hash,
        &terms.settle_by.to_le_bytes(),
        terms.salt,
    ])
}

/// What the oracles say about the work done in one attempt.
pub struct UsageProof<'a> {
    pub intent_id: &'a Id,
    pub attempt: u32,
    pub node: &'a Pubkey,
    pub execution_hash: &'a Hash,
    pub logs_hash: &'a Hash,
    pub verdict: u8,
    pub charge: u64,
    pub valid_until: i64,
}

pub fn usage_proof_digest(deployment: &Deployment, proof: &UsageProof) -> Hash {
    sha256(&[
        b"HYPERNODE/usage-proof/v1",
        deployment.cluster,
        &deployment.program.0,
        proof.intent_id,
        &proof.attempt.to_le_bytes(),
        &proof.node.0,
        proof.execution_hash,
        proof.logs_hash,
        &[proof.verdict],
        &proof.charge.to_le_bytes(),
        &proof.valid_until.to_le_bytes(),
    ])
}

/// What the oracles say about a payment that nobody earned.
pub struct Failure<'a> {
    pub intent_id: &'a Id,
    pub attempt: u32,
    pub reason: u8,
    pub valid_until: i64,
}

pub fn refund_digest(deployment: &Deployment, failure: &Failure) -> Hash {
    sha256(&[
        b"HYPERNODE/refund/v1",
        deployment.cluster,
        &deployment.program.0,
        failure.intent_id,
        &failure.attempt.to_le_bytes(),
        &[failure.reason],
        &failure.valid_until.to_le_bytes(),
    ])
}

/// The terms of a payment that are the address of its deposit, too.
pub struct DepositTerms<'a> {
    pub mint: &'a Pubkey,
    pub intent_id: &'a Id,
    pub job_id: &'a Id,
    pub payer: &'a Pubkey,
    pub amount: u64,
    pub settle_by: i64,
}

pub fn deposit_commitment(deployment: &Deployment, terms: &DepositTerms) -> Hash {
    sha256(&[
        b"HYPERNODE/deposit/v1",
        deployment.cluster,
        &deployment.program.0,
        &terms.mint.0,
        terms.intent_id,
        terms.job_id,
        &terms.payer.0,
        &terms.amount.to_le_bytes(),
        &terms.settle_by.to_le_bytes(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors;

    #[test]
    fn every_vectors_nonce_is_recomputed() {
        for vector in vectors::payment_intents() {
            let (cluster, program) = (vector.hex("cluster"), Pubkey::from_base58(vector.text("program")));
            let (mint, payer) = (Pubkey::from_base58(vector.text("mint")), Pubkey::from_base58(vector.text("payer")));
            let terms = IntentTerms {
                mint: &mint,
                payer: &payer,
                spec_hash: &vector.hex("specHash"),
                settle_by: vector.number("settleBy") as i64,
                salt: &vector.hex("saltHex"),
            };
            let nonce = intent_nonce(&Deployment { cluster: &cluster, program: &program }, &terms);
            assert_eq!(nonce, vector.hex("nonceHex"), "{}", vector.text("name"));
        }
    }

    #[test]
    fn every_deposits_commitment_is_recomputed() {
        for vector in vectors::deposits() {
            let (cluster, program) = (vector.hex("cluster"), Pubkey::from_base58(vector.text("program")));
            let terms = DepositTerms {
                mint: &Pubkey::from_base58(vector.text("mint")),
                intent_id: &vector.hex("intentId"),
                job_id: &vector.hex("jobId"),
                payer: &Pubkey::from_base58(vector.text("payer")),
                amount: vector.number("amount"),
                settle_by: vector.number("settleBy") as i64,
            };
            let commitment = deposit_commitment(&Deployment { cluster: &cluster, program: &program }, &terms);
            assert_eq!(commitment, vector.hex("commitment"), "{}", vector.text("name"));
        }
    }

    #[test]
    fn every_attestations_digests_are_recomputed() {
        for vector in vectors::attestations() {
            let (cluster, program) = (vector.hex("cluster"), Pubkey::from_base58(vector.text("program")));
            let deployment = Deployment { cluster: &cluster, program: &program };
            let intent_id = vector.hex("intentId");
            let (attempt, valid_until) = (vector.number("attempt") as u32, vector.number("validUntil") as i64);
            let proof = UsageProof {
                intent_id: &intent_id,
                attempt,
                node: &Pubkey::from_base58(vector.text("node")),
                execution_hash: &vector.hex("executionHash"),
                logs_hash: &vector.hex("logsHash"),
                verdict: vector.number("verdict") as u8,
                charge: vector.number("charge"),
                valid_until,
            };
            let failure = Failure { intent_id: &intent_id, attempt, reason: vector.number("reason") as u8, valid_until };
            assert_eq!(usage_proof_digest(&deployment, &proof), vector.hex("usageProofDigest"), "{}", vector.text("name"));
            assert_eq!(refund_digest(&deployment, &failure), vector.hex("refundDigest"), "{}", vector.text("name"));
        }
    }
}
