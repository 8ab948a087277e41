#!/usr/bin/env bash
# Removes one check at a time from a copy of the programs, rebuilds, and runs the tests on the result: each must notice.
#   programs/mutants.sh [REGEX]     only the mutants whose name matches
# Slow (some ten seconds a mutant), so no part of ./hn test. Needs tests/programs to be installed (npm ci).
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd .. && pwd)
pattern=${1:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/repo"
cp -r . "$work/repo/programs"
rm -rf "$work/repo/programs/build"
./build.sh --out "$work/out" >/dev/null
export SBPF_LINKER=$work/out/linker/Sbpf.Linker.dll
tests="authorize.test.cjs initialize.test.cjs introspection.test.cjs refund.test.cjs settle.test.cjs"
survived=0 tried=0

# mutant NAME FILE OLD NEW: in FILE (below programs/), replaces the only occurrence of OLD
mutant() {
  [[ $1 =~ $pattern ]] || return 0
  local file=$work/repo/programs/$2
  cp "$root/programs/$2" "$file"
  OLD=$3 NEW=$4 python3 - "$file" <<'PY'
import os, sys
path, old, new = sys.argv[1], os.environ["OLD"], os.environ["NEW"]
text = open(path).read()
if text.count(old) != 1:
    sys.exit(f"{path}: {text.count(old)} occurrences of {old!r}")
open(path, "w").write(text.replace(old, new))
PY
  tried=$((tried + 1))
  if ! "$work/repo/programs/build.sh" --out "$work/out" >"$work/build.log" 2>&1; then
    echo "DOES NOT BUILD  $1"; tail -5 "$work/build.log"; survived=$((survived + 1))
  elif (cd "$root/tests/programs" && HYPERNODE_PROGRAMS="$work/out" node --test $tests >"$work/test.log" 2>&1); then
    echo "SURVIVED        $1"; survived=$((survived + 1))
  else
    echo "noticed         $1"
  fi
  cp "$root/programs/$2" "$file"
}

kit=svmkit/src fac=facilitator/src ix=facilitator/src/instructions
mutant "signature's instruction" $kit/ed25519.rs 'here(field(1)?) && ' ''
mutant "key's instruction" $kit/ed25519.rs ' && here(field(3)?)' ''
mutant "message's instruction" $kit/ed25519.rs ' && here(field(6)?)' ''
mutant "precompile's id" $kit/ed25519.rs 'require!(previous.program == ED25519_PROGRAM, missing);' ''
mutant "message's place" $kit/ed25519.rs 'self.message.as_ptr() == other.message.as_ptr() && ' ''
mutant "message's length" $kit/ed25519.rs ' && self.message.len() == other.message.len()' ''
mutant "sysvar's address" $kit/instructions.rs 'sysvar.require_key(&INSTRUCTIONS_SYSVAR, framework::ConstraintAddress)?;' ''
mutant "called by a program" $kit/instructions.rs 'require!(stack_height() == 1, missing);' 'let _ = stack_height;'
mutant "arguments' end" $kit/borsh.rs 'require!(self.rest.is_empty(), self.error);' ''
mutant "one signature" $ix/authorize_intent.rs 'require!(verified.count == 1, errors::SignatureMissing);' ''
mutant "text" $ix/authorize_intent.rs 'require!(text.bytes() == signed.message, errors::TextMismatch);' 'let _ = text.bytes();'
mutant "settle_by in the nonce" $fac/commitment.rs '&terms.settle_by.to_le_bytes(),
        terms.salt,' 'terms.salt,'
mutant "times of a text" $ix/authorize_intent.rs 'limits::require_signed_times(now, arguments.timestamp, arguments.expires)?;' ''
mutant "settle_by of a text" $ix/authorize_intent.rs 'limits::require_settle_by(now, arguments.expires_at(), arguments.settle_by)?;' ''
mutant "our delegate" $ix/authorize_intent.rs ' if delegate == *self.allowance.key()' ' if delegate != Pubkey::ZERO'
mutant "zero amount of a text" $ix/authorize_intent.rs 'require!(arguments.amount > 0, errors::ZeroAmount);' ''
mutant "payer's signature" $ix/authorize_payment.rs 'self.payer.require_signer()?;' ''
mutant "expiry of a transaction" $ix/authorize_payment.rs 'limits::require_expiry(now, arguments.expires_at)?;' ''
mutant "payer's token" $fac/escrow.rs 'token.owner == *payer && ' ''
mutant "facilitator" $fac/escrow.rs 'self.rent_payer.require_key(&config.facilitator, errors::UnauthorizedFacilitator)?;' ''
mutant "used id" $fac/escrow.rs 'require!(*self.payment.owner() == SYSTEM_PROGRAM, errors::InvalidPaymentStatus);' ''
mutant "rent's way back" $fac/escrow.rs 'self.rent_payer.require_key(&intent.rent_payer, framework::ConstraintHasOne)?;' ''
mutant "status" $fac/state/payment_intent.rs 'require!(intent.status == Status::Pending, errors::InvalidPaymentStatus);' ''
mutant "threshold" $kit/quorum.rs 'verified.count >= self.threshold as usize && ' ''
mutant "at most five" $kit/quorum.rs ' && verified.count <= self.keys.len()' ''
mutant "distinct oracles" $kit/quorum.rs 'require!(!seen[signer], errors.unauthorized);' ''
mutant "shared message" $kit/quorum.rs 'require!(signed.shares_message_with(&first), errors.mismatch);' ''
mutant "digest" $kit/quorum.rs 'require!(first.message == digest, errors.mismatch);' 'require!(first.message.len() == digest.len(), errors.mismatch);'
mutant "cluster in a proof" $fac/commitment.rs 'b"HYPERNODE/usage-proof/v1",
        deployment.cluster,' 'b"HYPERNODE/usage-proof/v1",
        &[0; 32],'
mutant "attempt of a proof" $ix/submit_usage_proof.rs 'require!(arguments.attempt == intent.attempt, errors::AttestationMismatch);' ''
mutant "charge's bounds" $ix/submit_usage_proof.rs 'require!(arguments.charge >= 1 && arguments.charge <= intent.amount, errors::ChargeOutOfRange);' ''
mutant "late proof" $ix/submit_usage_proof.rs 'require!(now < intent.settle_by, errors::PaymentExpired);' ''
mutant "expired proof" $ix/submit_usage_proof.rs 'require!(now < arguments.valid_until, errors::AttestationExpired);' ''
mutant "node's token" $ix/submit_usage_proof.rs 'require!(node.owner == intent.assigned_node, framework::ConstraintTokenOwner);' ''
mutant "protocol's vault" $ix/submit_usage_proof.rs 'self.protocol_vault.require_key(&config.protocol_vault, framework::ConstraintAddress)?;' ''
mutant "platform's vault" $ix/submit_usage_proof.rs 'self.platform_vault.require_key(&config.platform_vault, framework::ConstraintAddress)' 'Ok(())'
mutant "attempt of a failure" $ix/refund_failed.rs 'require!(arguments.attempt == intent.attempt, errors::AttestationMismatch);' ''
mutant "quorum of a failure" $ix/refund_failed.rs 'require_quorum(&self.instructions, &config, &digest)?;' 'let _ = (digest, require_quorum);'
mutant "expired failure" $ix/refund_failed.rs 'require!(unix_timestamp() < arguments.valid_until, errors::AttestationExpired);' ''
mutant "grace" $ix/refund_expired.rs ' + config.refund_grace' ''
mutant "who cancels" $ix/cancel.rs 'require!(may_cancel, errors::UnauthorizedCancel);' 'let _ = may_cancel;'
mutant "signature of a cancel" $ix/cancel.rs 'self.authority.require_signer()?;' ''
mutant "cancel after assignment" $ix/cancel.rs 'require!(intent.attempt == 0, errors::AlreadyAssigned);' ''
mutant "assigner" $ix/assign_node.rs 'self.assigner.require_key(&config.assigner, errors::UnauthorizedAssigner)?;' ''
mutant "assigner's signature" $ix/assign_node.rs 'self.assigner.require_signer()?;' ''
mutant "rising attempt" $ix/assign_node.rs 'require!(attempt > intent.attempt, errors::AttemptNotRising);' ''
mutant "late assignment" $ix/assign_node.rs 'require!(unix_timestamp() < intent.settle_by, errors::PaymentExpired);' ''
mutant "upgrade authority" $kit/upgrade.rs 'require!(authority == signer.key().0, error);' ''
mutant "upgrade authority's signature" $kit/upgrade.rs 'signer.require_signer()?;' ''
mutant "whose program data" $kit/upgrade.rs 'expect_pda(program_data, &[&program.0], &UPGRADEABLE_LOADER)?;' ''

echo "$tried mutants, $survived survived"
[ "$survived" = 0 ]
