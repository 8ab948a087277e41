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
facilitator_tests="authorize.test.cjs close.test.cjs initialize.test.cjs introspection.test.cjs refund.test.cjs rotation.test.cjs settle.test.cjs"
registry_tests="registry.test.cjs registry-stake.test.cjs registry-slash.test.cjs registry-attest.test.cjs"
splitter_tests="splitter.test.cjs"
survived=0 tried=0 last=

# mutant NAME FILE OLD NEW: in FILE (below programs/), replaces the only occurrence of OLD
mutant() {
  [[ $1 =~ $pattern ]] || return 0
  local file=$work/repo/programs/$2 tests=$facilitator_tests
  [[ $1 != deposit:* ]] || tests=deposit.test.cjs
  [[ $1 != mints:* ]] || tests="mints.test.cjs rotation.test.cjs"
  [[ $2 != node_registry/* ]] || tests=$registry_tests
  [[ $2 != payment_splitter/* ]] || tests=$splitter_tests
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
  # What lies in a program's own folder changes that program only; svmkit is in all of them, and its mutant has to go again.
  local only=(--only "${2%%/*}")
  if [[ $2 == svmkit/* || $last == svmkit/* ]]; then only=(); fi
  last=$2
  if ! "$work/repo/programs/build.sh" --out "$work/out" ${only[@]+"${only[@]}"} >"$work/build.log" 2>&1; then
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
mutant "used id" $fac/escrow.rs 'require!(is_unused(self.payment), errors::InvalidPaymentStatus);' ''
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
mutant "expired proof" $ix/submit_usage_proof.rs 'limits::require_attestation_time(now, arguments.valid_until)?;' ''
mutant "node's token" $ix/submit_usage_proof.rs 'require!(node.owner == intent.assigned_node, framework::ConstraintTokenOwner);' ''
mutant "protocol's vault" $ix/submit_usage_proof.rs 'self.protocol_vault.require_key(&vaults.protocol_vault, framework::ConstraintAddress)?;' ''
mutant "platform's vault" $ix/submit_usage_proof.rs 'self.platform_vault.require_key(&vaults.platform_vault, framework::ConstraintAddress)' 'Ok(())'
mutant "attempt of a failure" $ix/refund_failed.rs 'require!(arguments.attempt == intent.attempt, errors::AttestationMismatch);' ''
mutant "quorum of a failure" $ix/refund_failed.rs 'require_quorum(&self.instructions, &config, &digest)?;' 'let _ = (digest, require_quorum);'
mutant "expired failure" $ix/refund_failed.rs 'limits::require_attestation_time(unix_timestamp(), arguments.valid_until)?;' ''
mutant "grace" $ix/refund_expired.rs ' + config.refund_grace' ''
mutant "attestation too long" $fac/limits.rs 'require!(ahead <= MAX_ATTESTATION_AHEAD, errors::TimestampOutOfRange);' 'let _ = ahead;'
mutant "early close" $ix/close_intent.rs 'require!(unix_timestamp() >= intent.closable_at, errors::NotYetClosable);' ''
mutant "close while pending" $ix/close_intent.rs 'require!(intent.status != Status::Pending, errors::InvalidPaymentStatus);' ''
mutant "tombstone's rent" $ix/close_intent.rs 'self.rent_payer.require_key(&intent.rent_payer, framework::ConstraintHasOne)?;' ''
mutant "tombstone's length" $fac/state/payment_intent.rs 'self.closable_at = self.closable_at.max(now.saturating_add(MAX_ATTESTATION_AHEAD));' ''
mutant "pause" $fac/escrow.rs 'require!(!config.paused, errors::IntakePaused);' ''
mutant "rotation's delay" $ix/apply_rotation.rs 'require!(unix_timestamp() >= rotation.due_at, errors::RotationNotDue);' 'let _ = unix_timestamp;'
mutant "rotation's protocol vault" $ix/apply_rotation.rs 'self.protocol_vault.require_key(&rotation.protocol_vault, framework::ConstraintAddress)?;' ''
mutant "rotation's vaults of late" $ix/apply_rotation.rs 'require_vaults([&self.protocol_vault, &self.platform_vault], &config.hyper.mint)?;' ''
mutant "rotation's rent" $ix/apply_rotation.rs 'self.rent_payer.require_key(&rotation.rent_payer, framework::ConstraintHasOne)?;' ''
mutant "who cancels" $ix/cancel.rs 'require!(may_cancel, errors::UnauthorizedCancel);' 'let _ = may_cancel;'
mutant "signature of a cancel" $ix/cancel.rs 'accounts.authority.require_signer()?;' ''
mutant "cancel after assignment" $ix/cancel.rs 'require!(intent.attempt == 0, errors::AlreadyAssigned);' ''
mutant "assigner" $ix/assign_node.rs 'self.assigner.require_key(&config.assigner, errors::UnauthorizedAssigner)?;' ''
mutant "assigner's signature" $ix/assign_node.rs 'self.assigner.require_signer()?;' ''
mutant "rising attempt" $ix/assign_node.rs 'require!(attempt > intent.attempt, errors::AttemptNotRising);' ''
mutant "late assignment" $ix/assign_node.rs 'require!(unix_timestamp() < intent.settle_by, errors::PaymentExpired);' ''
mutant "upgrade authority" $kit/upgrade.rs 'require!(authority == signer.key().0, error);' ''
mutant "upgrade authority's signature" $kit/upgrade.rs 'signer.require_signer()?;' ''
mutant "whose program data" $kit/upgrade.rs 'expect_pda(program_data, &[&program.0], &UPGRADEABLE_LOADER)?;' ''

mutant "deposit: address" $fac/deposit.rs 'let bump = expect_pda(self.deposit, &seeds::deposit(&commitment), program)?;' 'let _ = expect_pda; let bump = svmkit::find_pda(&seeds::deposit(&commitment), program).1;'
mutant "deposit: whose tokens" $fac/deposit.rs 'require!(token.owner == *self.deposit.key(), framework::ConstraintTokenOwner);' ''
mutant "deposit: token program" $fac/deposit.rs 'self.token_program.require_key(&TOKEN_PROGRAM, framework::InvalidProgramId)?;' ''
mutant "deposit: way back" $fac/deposit.rs 'require_payers_token(self.payer_token, self.payer.key(), &found.mint)?;' ''
mutant "deposit: facilitator" $fac/escrow.rs 'self.rent_payer.require_key(&config.facilitator, errors::UnauthorizedFacilitator)?;' ''
mutant "deposit: facilitator's signature" $fac/escrow.rs 'self.rent_payer.require_signer()?;' ''
mutant "deposit: pause" $fac/escrow.rs 'require!(!config.paused, errors::IntakePaused);' ''
mutant "deposit: used id" $fac/escrow.rs 'require!(is_unused(self.payment), errors::InvalidPaymentStatus);' ''
mutant "deposit: accepted mint" $fac/escrow.rs 'config.accepted(self.mint.key())?;' ''
mutant "deposit: empty place" $fac/state/config.rs ' && !accepted.is_none())' ')'
mutant "deposit: mint of the tokens" $ix/activate_intent.rs 'require!(found.mint == *self.mint.key(), framework::ConstraintTokenMint);' ''
mutant "deposit: zero amount" $ix/activate_intent.rs 'require!(arguments.amount > 0, errors::ZeroAmount);' ''
mutant "deposit: time" $ix/activate_intent.rs 'limits::require_deposit_time(unix_timestamp(), arguments.settle_by)?;' ''
mutant "deposit: too late" $fac/limits.rs 'require!(settle_by > now, errors::PaymentExpired);' ''
mutant "deposit: too early" $fac/limits.rs 'require!(ahead <= MAX_SETTLE_AHEAD, errors::TimestampOutOfRange);' 'let _ = ahead;'
mutant "deposit: too small" $ix/activate_intent.rs 'found.amount.checked_sub(arguments.amount)' 'Some(found.amount.saturating_sub(arguments.amount))'
mutant "deposit: excess" $ix/activate_intent.rs 'self.deposit().require_way_back(&found, excess)?;' 'let _ = excess;'
mutant "deposit: end of the consent" $ix/activate_intent.rs 'expires_at: arguments.settle_by,' 'expires_at: arguments.settle_by - 1,'
mutant "deposit: rent of a reclaim" $ix/reclaim_deposit.rs 'self.facilitator.require_key(&config.facilitator, framework::ConstraintAddress)?;' ''
mutant "deposit: payment of a reclaim" $ix/reclaim_deposit.rs 'expect_pda(&self.payment, &seeds::payment(&arguments.intent_id), program)?;' 'let _ = (expect_pda, seeds::payment);'
mutant "deposit: early reclaim" $ix/reclaim_deposit.rs 'require!(!self.may_become_a_payment(&config, arguments, &found), errors::NotYetReclaimable);' ''
mutant "deposit: payee of a reclaim" $ix/reclaim_deposit.rs 'self.deposit().require_way_back(&found, found.amount)?;' ''
mutant "deposit: reclaim in another mint" $ix/reclaim_deposit.rs 'found.mint == *self.mint.key()
            && ' ''
mutant "deposit: reclaim in a mint that is not accepted" $ix/reclaim_deposit.rs '&& config.accepted(self.mint.key()).is_ok()' ''
mutant "deposit: reclaim of a second one" $ix/reclaim_deposit.rs '&& is_unused(&self.payment)' ''
mutant "deposit: reclaim for nothing" $ix/reclaim_deposit.rs '&& arguments.amount > 0' ''
mutant "deposit: reclaim in time" $ix/reclaim_deposit.rs '&& limits::require_deposit_time(unix_timestamp(), arguments.settle_by).is_ok()' ''
mutant "mints: accepted" $fac/escrow.rs 'config.accepted(self.mint.key())?;' ''
mutant "mints: HYPER in a text" $ix/authorize_intent.rs 'self.mint.require_key(&config.hyper.mint, framework::ConstraintAddress)?;' ''
mutant "mints: a payment's own" $fac/escrow.rs 'self.mint.require_key(&intent.mint, framework::ConstraintAddress)?;' ''
mutant "mints: its payer's token" $fac/escrow.rs ' && token.mint == *mint' ''
mutant "mints: its protocol vault" $ix/submit_usage_proof.rs 'self.protocol_vault.require_key(&vaults.protocol_vault, framework::ConstraintAddress)?;' ''
mutant "mints: its platform vault" $ix/submit_usage_proof.rs 'self.platform_vault.require_key(&vaults.platform_vault, framework::ConstraintAddress)' 'Ok(())'
mutant "mints: twice" $fac/state/config.rs '
                && distinct,' ','
mutant "mints: HYPER twice" $fac/state/config.rs '*mint != self.hyper.mint && ' ''
mutant "mints: offered mint" $fac/mints.rs 'require_mint(mint)?;' ''
mutant "mints: offered vaults" $fac/mints.rs 'require_vaults([self.protocol_vault, self.platform_vault], mint.key())?;' ''
mutant "mints: Token-2022" $kit/token.rs 'mint.require_owner(&TOKEN_PROGRAM)?;' ''
mutant "mints: Token-2022's accounts" $kit/token.rs 'account.require_owner(&TOKEN_PROGRAM)?;' ''
mutant "mints: decimals" $kit/token.rs 'require!(data[44] == DECIMALS, framework::ConstraintTokenMint);' ''
mutant "mints: vault's mint" $kit/token.rs 'require!(token.mint == *mint, framework::ConstraintTokenMint);' ''
mutant "mints: rotated protocol vault" $ix/apply_rotation.rs 'self.other_protocol_vault.require_key(&other.protocol_vault, framework::ConstraintAddress)?;' ''
mutant "mints: rotated platform vault" $ix/apply_rotation.rs 'self.other_platform_vault.require_key(&other.platform_vault, framework::ConstraintAddress)?;' ''
mutant "mints: vaults of late" $ix/apply_rotation.rs 'require_vaults([&self.other_protocol_vault, &self.other_platform_vault], &other.mint)' 'Ok(())'

reg=node_registry/src rix=node_registry/src/instructions
mutant "registry: owner's signature" $reg/state/node_account.rs 'signer.require_signer()?;' ''
mutant "registry: owner" $reg/state/node_account.rs 'signer.require_key(&node.authority, errors::UnauthorizedAuthority)?;' ''
mutant "registry: retired" $reg/state/node_account.rs 'require!(node.status != NodeStatus::Retired, errors::InvalidNodeStatus);' ''
mutant "registry: sequence" $reg/state/node_account.rs 'require!(self.sequence.checked_add(1) == Some(sequence), errors::SequenceNotNext);' ''
mutant "registry: whose slash" $reg/state/incident.rs 'require!(incident.node_id == *node_id, framework::ConstraintHasOne);' ''
mutant "registry: pending slash" $reg/state/incident.rs 'require!(incident.status == IncidentStatus::Pending, errors::InvalidIncidentStatus);' ''
mutant "registry: whose stake" $reg/vault.rs 'expect_pda_with_bump(self.stake_vault, &seeds::signer(seeds::stake(&node.node_id), &bump), program)' '{ let _ = (bump, expect_pda_with_bump, program, seeds::stake); Ok(()) }'
mutant "registry: whose tokens" $reg/vault.rs 'require!(token.owner == node.authority, framework::ConstraintTokenOwner);' ''
mutant "registry: tokens' mint" $reg/vault.rs 'require!(token.mint == config.mint, framework::ConstraintTokenMint);' ''
mutant "registry: node key's signature" $rix/register_node.rs 'self.node_key.require_signer()?;' ''
mutant "registry: used id" $rix/register_node.rs 'require!(*self.node.owner() == SYSTEM_PROGRAM, errors::NodeAlreadyRegistered);' ''
mutant "registry: working node's stake" $rix/request_unstake.rs 'require!(node.status != NodeStatus::Active || remaining >= MINIMUM_STAKE, errors::InsufficientStake);' 'let _ = (MINIMUM_STAKE, NodeStatus::Active);'
mutant "registry: cooldown" $rix/withdraw.rs 'require!(unix_timestamp() >= node.unstake_at, errors::CooldownNotOver);' 'let _ = unix_timestamp;'
mutant "registry: stake under slash" $rix/withdraw.rs 'require!(left >= node.pending_slash, errors::StakeUnderSlash);' 'let _ = left;'
mutant "registry: owner's transitions" $rix/set_status.rs 'require!(node.status.may_become(to), errors::InvalidNodeStatus);' ''
mutant "registry: oracles' transitions" $rix/attest_status.rs 'require!(node.status.may_be_put(arguments.status), errors::InvalidNodeStatus);' ''
mutant "registry: expired attestation" $reg/limits.rs 'require!(now < valid_until, errors::AttestationExpired);' 'let _ = valid_until;'
mutant "registry: quorum of a slash" $rix/propose_slash.rs 'require_quorum(&self.instructions, config, &digest)' '{ let _ = (digest, require_quorum); Ok(()) }'
mutant "registry: used incident" $rix/propose_slash.rs 'require!(*self.incident.owner() == SYSTEM_PROGRAM, errors::IncidentAlreadyUsed);' ''
mutant "registry: cap" $rix/propose_slash.rs 'require!(amount <= slash_cap(at_stake, config.slash_cap_bps), errors::SlashAboveCap);' 'let _ = slash_cap;'
mutant "registry: slash above stake" $rix/propose_slash.rs 'require!(amount <= free, errors::SlashAboveStake);' 'let _ = free;'
mutant "registry: quorum of a dismissal" $rix/dismiss_slash.rs 'require_quorum(&self.instructions, &config, &digest)?;' 'let _ = (digest, require_quorum);'
mutant "registry: appeal window" $rix/execute_slash.rs 'require!(now >= incident.executable_at, errors::AppealWindowOpen);' ''
mutant "registry: slash vault" $rix/execute_slash.rs 'self.slash_vault.require_key(&config.slash_vault, framework::ConstraintAddress)?;' 'let _ = framework::ConstraintAddress;'
mutant "registry: late appeal" $rix/appeal_slash.rs 'require!(unix_timestamp() < incident.executable_at, errors::AppealWindowOver);' 'let _ = unix_timestamp;'
mutant "registry: second appeal" $rix/appeal_slash.rs 'require!(!incident.is_appealed(), errors::AlreadyAppealed);' ''
mutant "registry: whose appeal" $rix/appeal_slash.rs 'self.authority.require_key(&node.authority, errors::UnauthorizedAuthority)?;' ''
mutant "registry: stake of a retired node" $rix/retire.rs 'require!(node.at_stake()? == 0 && node.pending_incidents == 0, errors::StakeRemains);' ''
mutant "registry: rent of a retired node" $rix/retire.rs 'self.rent_payer.require_key(&node.rent_payer, framework::ConstraintHasOne)?;' ''
mutant "registry: times of outcomes" $rix/record_outcomes.rs 'outcomes.last_active_at >= node.last_active_at && ' ''
mutant "registry: number of outcomes" $rix/record_outcomes.rs "require!(matches!(count, Some(1..=MAX_OUTCOMES)), errors::TooManyOutcomes);" 'let _ = (count, MAX_OUTCOMES);'
six=payment_splitter/src/instructions spl=payment_splitter/src
mutant "points" $spl/split.rs 'require!(sum == WHOLE as u32, errors::SplitNotWhole);' 'let _ = sum;'
mutant "remainder of a split" $spl/split.rs ' + balance % whole * points / whole' ''
mutant "splitter's shards" $spl/state/rules.rs 'require!(self.shards >= 1 && self.shards <= MAX_SHARDS, errors::ShardsOutOfRange);' ''
mutant "splitter's delay" $spl/state/config.rs 'require!(self.change_delay >= MIN_DELAY && self.change_delay <= MAX_DELAY, errors::DelayOutOfRange);' ''
mutant "destination's mint" $spl/destinations.rs 'require!(token.mint == *mint, framework::ConstraintTokenMint);' ''
mutant "destination's owner" $spl/destinations.rs 'require!(token.owner != *config, framework::ConstraintTokenOwner);' ''
mutant "treasury" $spl/destinations.rs 'self.treasury.require_key(&rules.treasury, framework::ConstraintAddress)?;' ''
mutant "development" $spl/destinations.rs 'self.development.require_key(&rules.development, framework::ConstraintAddress)?;' ''
mutant "staking pool" $spl/destinations.rs 'self.staking_pool.require_key(&rules.staking_pool, framework::ConstraintAddress)' 'Ok(())'
mutant "shard beyond the count" $six/create_vault.rs 'require!(shard < config.rules.shards, errors::ShardOutOfRange);' ''
mutant "vault twice" $six/create_vault.rs 'require!(*self.vault.owner() == SYSTEM_PROGRAM, errors::VaultExists);' ''
mutant "vault's mint" $six/create_vault.rs 'self.mint.require_key(&config.mint, framework::ConstraintAddress)?;' ''
mutant "distribution by a program" $six/distribute.rs 'require!(stack_height() == 1, errors::CalledByProgram);' 'let _ = stack_height;'
mutant "whose vault" $six/distribute.rs 'expect_pda(&self.vault, &seeds::Vault::of(fee, shard).seeds(), program)?;' 'let _ = expect_pda;'
mutant "distribution's destinations" $six/distribute.rs 'destinations.require_those_of(&config.rules)?;' 'let _ = destinations;'
mutant "empty vault" $six/distribute.rs 'require!(held > 0, errors::NothingToDistribute);' ''
mutant "change's delay" $six/apply_change.rs 'require!(unix_timestamp() >= config.due_at, errors::ChangeNotDue);' 'let _ = unix_timestamp;'
mutant "change's destinations" $six/apply_change.rs 'destinations.require_those_of(&config.proposed)?;' ''
mutant "destinations of late" $six/apply_change.rs 'destinations.require_usable(&config.mint, self.config.key())?;' ''
mutant "withdrawal of nothing" $six/withdraw_change.rs 'config.require_proposed()?;' ''

echo "$tried mutants, $survived survived"
[ "$survived" = 0 ]
