// Slashing: proposed by a quorum, held through the appeal window, then dismissed by a quorum or executed by anyone.
const test = require('node:test');
const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const { Keypair, SystemProgram } = require('@solana/web3.js');
const spl = require('@solana/spl-token');
const { RegistryWorld, HYPER, COOLDOWN, APPEAL } = require('./lib/registry-world.cjs');
const { sha256 } = require('./lib/intents.cjs');
const { refused } = require('./lib/assertions.cjs');

const world = new RegistryWorld();
const { registry, payer, stranger } = world;
const propose = (node, slash, options) => world.send(world.proposal(node, slash, options), [payer]);
const dismiss = (node, slash, options) => world.send(world.dismissal(node, slash, options), [payer]);
const execute = (node, slash, accounts) => world.send([registry.executeSlash(node, slash, accounts)], [stranger]); // anyone may
const appeal = (node, slash, hash = sha256('appeal'), accounts = {}) => world.by(node, registry.appealSlash(node, slash, hash, accounts));
const must = (result) => { assert.ok(result.ok, `${result.error}\n${result.logs.join('\n')}`); return result; };

test('a slash is held, then moved to the vault, and the node is jailed, then slashed', () => {
  const node = world.active(1_000n * HYPER);
  const before = world.balances(node);
  const slash = world.slash({ amount: 250n * HYPER });
  const at = world.now + APPEAL;
  const proposed = must(propose(node, slash));
  assert.deepEqual(world.events(proposed), [{
    name: 'SlashProposed', node_id: node.id.toString('hex'), incident_id: slash.id.toString('hex'), amount: '250000000',
    evidence_hash: slash.evidenceHash.toString('hex'), executable_at: String(at) }]);
  let record = world.record(node);
  assert.deepEqual([record.status, record.pending_slash, record.pending_incidents, record.stake_amount], ['Jailed', '250000000', 1, '1000000000']);
  assert.deepEqual(world.balances(node), before, 'nothing moves yet');

  world.setNow(at - 1);
  refused(execute(node, slash), 'AppealWindowOpen');
  world.setNow(at);
  const executed = must(execute(node, slash));
  assert.deepEqual(world.events(executed), [{
    name: 'NodeSlashed', node_id: node.id.toString('hex'), incident_id: slash.id.toString('hex'), amount: '250000000', stake_amount: '750000000', unstaking: '0', tier: 'Starter' }]);
  assert.deepEqual(world.balances(node), { owner: before.owner, stake: 750n * HYPER, vault: before.vault + 250n * HYPER });
  record = world.record(node);
  assert.deepEqual([record.status, record.pending_slash, record.pending_incidents, record.slashed_total, record.tier], ['Slashed', '0', 0, '250000000', 'Starter']);
  assert.deepEqual([world.incident(slash).status, world.incident(slash).resolved_at], ['Executed', String(at)]);

  refused(execute(node, slash), 'InvalidIncidentStatus');
  refused(dismiss(node, slash), 'InvalidIncidentStatus');
  refused(appeal(node, slash), 'InvalidIncidentStatus');
  refused(propose(node, { ...slash, validUntil: world.now + 600 }), 'IncidentAlreadyUsed');
});

test('a dismissal frees the stake and the node', () => {
  const node = world.active(1_000n * HYPER);
  const before = world.balances(node);
  const [first, second] = [world.proposed(node), world.proposed(node, { amount: 1n })];
  must(dismiss(node, first));
  assert.deepEqual([world.record(node).status, world.record(node).pending_slash], ['Jailed', '1'], 'the other one is pending');
  refused(world.by(node, registry.setStatus(node, 'Active')), 'InvalidNodeStatus');
  const result = must(dismiss(node, second));
  assert.deepEqual(world.events(result), [{ name: 'SlashDismissed', node_id: node.id.toString('hex'), incident_id: second.id.toString('hex'), amount: '1' }]);
  const record = world.record(node);
  assert.deepEqual([record.status, record.pending_slash, record.pending_incidents], ['Offline', '0', 0]);
  must(world.by(node, registry.setStatus(node, 'Active')));
  assert.deepEqual(world.balances(node), before);
  world.later(APPEAL);
  refused(execute(node, first), 'InvalidIncidentStatus');
  refused(dismiss(node, first), 'InvalidIncidentStatus');
  refused(propose(node, { ...first, validUntil: world.now + 600 }), 'IncidentAlreadyUsed');
});

test('an appeal doubles the window, once', () => {
  const node = world.staked();
  const slash = world.proposed(node);
  const at = world.now + APPEAL;
  world.setNow(at - 1);
  const result = must(appeal(node, slash));
  assert.deepEqual(world.events(result), [{
    name: 'SlashAppealed', node_id: node.id.toString('hex'), incident_id: slash.id.toString('hex'), appeal_hash: sha256('appeal').toString('hex'), executable_at: String(at + APPEAL) }]);
  refused(appeal(node, slash), 'AlreadyAppealed');
  world.setNow(at + APPEAL - 1);
  refused(execute(node, slash), 'AppealWindowOpen');
  world.setNow(at + APPEAL);
  must(execute(node, slash));
});

test('stake in its cooldown can be slashed, and cannot be withdrawn around it', () => {
  const node = world.active(200n * HYPER);
  must(world.by(node, registry.setStatus(node, 'Offline')));
  must(world.by(node, registry.requestUnstake(node, 200n * HYPER)));
  world.later(COOLDOWN);
  const slash = world.proposed(node, { amount: 100n * HYPER });
  refused(world.by(node, registry.withdraw(node, 200n * HYPER)), 'StakeUnderSlash');
  refused(world.by(node, registry.withdraw(node, 100n * HYPER + 1n)), 'StakeUnderSlash');
  must(world.by(node, registry.withdraw(node, 100n * HYPER)));
  refused(world.by(node, registry.withdraw(node, 1n)), 'StakeUnderSlash');
  refused(world.by(node, registry.retire(node)), 'StakeRemains');
  world.later(APPEAL);
  const before = world.balances(node);
  must(execute(node, slash));
  assert.deepEqual(world.balances(node), { owner: before.owner, stake: 0n, vault: before.vault + 100n * HYPER });
  const record = world.record(node);
  assert.deepEqual([record.stake_amount, record.unstaking, record.unstake_at], ['0', '0', '0']);
  refused(world.by(node, registry.withdraw(node, 1n)), 'InsufficientStake');
  must(world.by(node, registry.retire(node)));
});

test('stake asked for while a slash is pending is not out of its reach', () => {
  const node = world.staked(10n);
  const slash = world.proposed(node, { amount: 5n });
  must(world.by(node, registry.requestUnstake(node, 10n)));
  refused(world.by(node, registry.withdraw(node, 5n)), 'CooldownNotOver');
  world.later(COOLDOWN);
  refused(world.by(node, registry.withdraw(node, 6n)), 'StakeUnderSlash');
  must(execute(node, slash));
  must(world.by(node, registry.withdraw(node, 5n)));
  assert.equal(world.balances(node).stake, 0n);
});

test('the stake that counts pays first, then what is on its way out', () => {
  const node = world.staked(10n);
  must(world.by(node, registry.requestUnstake(node, 7n)));
  const slash = world.proposed(node, { amount: 5n });
  world.later(APPEAL);
  must(execute(node, slash));
  assert.deepEqual([world.record(node).stake_amount, world.record(node).unstaking], ['0', '5']);
});

test('an incident costs at most its cap, and all incidents together at most the stake', () => {
  const node = world.staked(1_001n);
  refused(propose(node, world.slash({ amount: 501n })), 'SlashAboveCap'); // half of 1,001, rounded down
  world.proposed(node, { amount: 500n });
  world.proposed(node, { amount: 500n });
  refused(propose(node, world.slash({ amount: 2n })), 'SlashAboveStake');
  const last = world.proposed(node, { amount: 1n });
  refused(propose(node, world.slash({ amount: 1n })), 'SlashAboveStake');
  must(dismiss(node, last));
  world.proposed(node, { amount: 1n });
  assert.deepEqual([world.record(node).pending_slash, world.record(node).pending_incidents], ['1001', 3]);
  refused(propose(world.staked(1n), world.slash({ amount: 1n })), 'SlashAboveCap');
  refused(propose(world.registered(), world.slash({ amount: 1n })), 'SlashAboveStake');
  refused(propose(node, world.slash({ amount: 2n ** 64n - 1n })), 'SlashAboveStake');
});

test('a slashed node works again only by the oracles\' word', () => {
  const node = world.active(1_000n * HYPER);
  const slash = world.proposed(node);
  world.later(APPEAL);
  must(execute(node, slash));
  refused(world.by(node, registry.setStatus(node, 'Active')), 'InvalidNodeStatus');
  must(world.send(world.attestation(node, 'Offline'), [payer]));
  must(world.by(node, registry.setStatus(node, 'Active')));
  const again = world.proposed(node);
  assert.equal(world.record(node).status, 'Jailed');
  world.later(APPEAL);
  must(execute(node, again));
  const third = world.proposed(node);
  assert.equal(world.record(node).status, 'Slashed', 'a slashed node stays so');
  must(dismiss(node, third));
  assert.equal(world.record(node).status, 'Slashed');
});

test('an incident\'s address that strangers have sent lamports to is no obstacle', () => {
  const slash = world.slash();
  world.must([SystemProgram.transfer({ fromPubkey: stranger.publicKey, toPubkey: world.at.incident(slash.id), lamports: 1_000_000 })], [stranger]);
  must(propose(world.staked(), slash));
});

test('a proposal is refused', async (t) => {
  const node = world.staked();
  const other = world.staked(1_000n * HYPER, { owner: world.otherOwner });
  const slash = () => world.slash();
  const used = world.proposed(other);
  const cases = {
    'of nothing': () => [propose(node, { ...slash(), amount: 0n }), 'ZeroAmount'],
    'without evidence': () => [propose(node, { ...slash(), evidenceHash: Buffer.alloc(32) }), 'InvalidHashFormat'],
    'that has expired': () => [propose(node, { ...slash(), validUntil: world.now }), 'AttestationExpired'],
    'for an incident of another node': () => [propose(node, { ...slash(), id: used.id }), 'IncidentAlreadyUsed'],
    'for another cluster': () => [propose(node, slash(), { digest: { cluster: sha256('another') } }), 'AttestationMismatch'],
    'for another program': () => [propose(node, slash(), { digest: { program: Keypair.generate().publicKey } }), 'AttestationMismatch'],
    'in another domain': () => [propose(node, slash(), { digest: { domain: 'HYPERNODE/slash/v2' } }), 'AttestationMismatch'],
    'in a dismissal\'s domain': () => [propose(node, slash(), { digest: { domain: 'HYPERNODE/slash-dismissal/v1' } }), 'AttestationMismatch'],
    'signed for another node': () => [propose(node, slash(), { digest: { node: other.id } }), 'AttestationMismatch'],
    'sent for another node': () => [propose(node, slash(), { node: world.at.node(other.id) }), 'AttestationMismatch'],
    'signed for another incident': () => [propose(node, slash(), { digest: { incident: randomBytes(16) } }), 'AttestationMismatch'],
    'with a base unit more than was signed': () => [propose(node, slash(), { sent: { amount: 100n * HYPER + 1n } }), 'AttestationMismatch'],
    'with a base unit less than was signed': () => [propose(node, slash(), { sent: { amount: 100n * HYPER - 1n } }), 'AttestationMismatch'],
    'with other evidence than was signed': () => [propose(node, slash(), { sent: { evidenceHash: sha256('other') } }), 'AttestationMismatch'],
    'with a longer life than was signed': () => [propose(node, slash(), { sent: { validUntil: world.now + 601 } }), 'AttestationMismatch'],
    'without the payer of its rent': () => {
      const [signatures, instruction] = world.proposal(node, slash(), { rentPayer: stranger.publicKey, rentUnsigned: true });
      return [world.send([signatures, instruction], [payer]), 'AccountNotSigner'];
    },
    'at another address': () => [propose(node, slash(), { incident: world.at.incident(randomBytes(16)) }), 'ConstraintSeeds'],
    'at a node\'s address': () => [propose(node, slash(), { incident: world.at.node(other.id) }), 'ConstraintSeeds'],
    'with another system program': () => [propose(node, slash(), { systemProgram: spl.TOKEN_PROGRAM_ID }), 'InvalidProgramId'],
    'with a node as Config': () => [propose(node, slash(), { config: world.at.node(other.id) }), 'AccountDidNotDeserialize'],
    'with an incident as Config': () => [propose(node, slash(), { config: world.at.incident(used.id) }), 'AccountDidNotDeserialize'],
    'with a Config that is not there': () => [propose(node, slash(), { config: Keypair.generate().publicKey }), 'AccountOwnedByWrongProgram'],
    'of a node that is not there': () => [propose(world.node(), slash()), 'NodeNotRegistered'],
    'of an incident as a node': () => [propose(node, slash(), { node: world.at.incident(used.id) }), 'AccountDidNotDeserialize'],
    'of a node that it may not write': () => [propose(node, slash(), { readOnly: 'node' }), 'ConstraintMut'],
    'with another account for the sysvar': () => [propose(node, slash(), { instructions: stranger.publicKey }), 'ConstraintAddress'],
  };
  for (const [name, run] of Object.entries(cases)) await t.test(name, () => refused(...run()));
  await t.test('and a second before its end it is accepted', () => {
    must(propose(node, { ...slash(), validUntil: world.now + 1 }));
  });
});

test('an appeal is refused', async (t) => {
  const node = world.staked();
  const slash = world.proposed(node);
  const other = world.staked(1_000n * HYPER, { owner: world.otherOwner });
  const others = world.proposed(other);
  const hash = sha256('appeal');
  const cases = {
    'without a hash': () => [appeal(node, slash, Buffer.alloc(32)), 'InvalidHashFormat'],
    'unsigned': () => [world.send([registry.appealSlash(node, slash, hash, { unsigned: true })], [payer]), 'AccountNotSigner'],
    'by a stranger': () => [world.send([registry.appealSlash(node, slash, hash, { authority: stranger.publicKey })], [payer, stranger]), 'UnauthorizedAuthority'],
    'of another node\'s slash': () => [appeal(node, others), 'ConstraintHasOne'],
    'for another\'s node': () => [appeal(node, others, hash, { node: world.at.node(other.id) }), 'UnauthorizedAuthority'],
    'of a slash that is not there': () => [appeal(node, world.slash()), 'AccountOwnedByWrongProgram'],
    'of a node as a slash': () => [appeal(node, slash, hash, { incident: world.at.node(node.id) }), 'AccountDidNotDeserialize'],
    'of a slash that it may not write': () => [appeal(node, slash, hash, { readOnly: 'incident' }), 'ConstraintMut'],
    'with a node as Config': () => [appeal(node, slash, hash, { config: world.at.node(node.id) }), 'AccountDidNotDeserialize'],
    'when the window is over': () => {
      world.later(APPEAL);
      return [appeal(node, slash), 'AppealWindowOver'];
    },
  };
  for (const [name, run] of Object.entries(cases)) await t.test(name, () => refused(...run()));
});

test('a dismissal is refused', async (t) => {
  const node = world.staked();
  const slash = world.proposed(node);
  const second = world.proposed(node);
  const other = world.staked(1_000n * HYPER, { owner: world.otherOwner });
  const others = world.proposed(other);
  const cases = {
    'that has expired': () => [dismiss(node, slash, { validUntil: world.now }), 'AttestationExpired'],
    'for another cluster': () => [dismiss(node, slash, { digest: { cluster: sha256('another') } }), 'AttestationMismatch'],
    'for another program': () => [dismiss(node, slash, { digest: { program: Keypair.generate().publicKey } }), 'AttestationMismatch'],
    'in a slash\'s domain': () => [dismiss(node, slash, { digest: { domain: 'HYPERNODE/slash/v1' } }), 'AttestationMismatch'],
    'signed for another node': () => [dismiss(node, slash, { digest: { node: other.id } }), 'AttestationMismatch'],
    'signed for another slash': () => [dismiss(node, slash, { digest: { incident: second.id } }), 'AttestationMismatch'],
    'sent for another slash': () => [dismiss(node, slash, { incident: world.at.incident(second.id) }), 'AttestationMismatch'],
    'of another node\'s slash': () => [dismiss(node, others), 'ConstraintHasOne'],
    'with a longer life than was signed': () => [dismiss(node, slash, { sent: { validUntil: world.now + 601 } }), 'AttestationMismatch'],
    'of a slash that is not there': () => [dismiss(node, world.slash()), 'AccountOwnedByWrongProgram'],
    'of a slash that it may not write': () => [dismiss(node, slash, { readOnly: 'incident' }), 'ConstraintMut'],
    'of a node that it may not write': () => [dismiss(node, slash, { readOnly: 'node' }), 'ConstraintMut'],
    'of a node as a slash': () => [dismiss(node, slash, { incident: world.at.node(node.id) }), 'AccountDidNotDeserialize'],
    'with a node as Config': () => [dismiss(node, slash, { config: world.at.node(node.id) }), 'AccountDidNotDeserialize'],
    'with another account for the sysvar': () => [dismiss(node, slash, { instructions: stranger.publicKey }), 'ConstraintAddress'],
    'by the proposal\'s own signatures': () => {
      const [signatures] = world.proposal(node, slash);
      return [world.send([signatures, registry.dismissSlash(node, slash)], [payer]), 'AttestationMismatch'];
    },
  };
  for (const [name, run] of Object.entries(cases)) await t.test(name, () => refused(...run()));
  await t.test('and it is accepted even after the window, as long as nobody executed', () => {
    world.later(APPEAL + 1);
    must(dismiss(node, slash, { validUntil: world.now + 1 }));
  });
});

test('an execution is refused', async (t) => {
  const node = world.staked();
  const slash = world.proposed(node);
  const other = world.staked(1_000n * HYPER, { owner: world.otherOwner });
  const others = world.proposed(other);
  world.later(APPEAL);
  const foreign = world.foreignToken(world.owner.publicKey);
  const cases = {
    'into a stranger\'s account': () => [execute(node, slash, { slashVault: world.strangerToken }), 'ConstraintAddress'],
    'back into the stake': () => [execute(node, slash, { slashVault: world.at.stake(node.id) }), 'ConstraintAddress'],
    'out of another node\'s stake': () => [execute(node, slash, { stakeVault: world.at.stake(other.id) }), 'ConstraintSeeds'],
    'of another node\'s slash': () => [execute(node, others), 'ConstraintHasOne'],
    'on another node': () => [execute(node, slash, { node: world.at.node(other.id), stakeVault: world.at.stake(other.id) }), 'ConstraintHasOne'],
    'of a slash that is not there': () => [execute(node, world.slash()), 'AccountOwnedByWrongProgram'],
    'of a node as a slash': () => [execute(node, slash, { incident: world.at.node(node.id) }), 'AccountDidNotDeserialize'],
    'of a slash that it may not write': () => [execute(node, slash, { readOnly: 'incident' }), 'ConstraintMut'],
    'of a node that it may not write': () => [execute(node, slash, { readOnly: 'node' }), 'ConstraintMut'],
    'with another mint': () => [execute(node, slash, { mint: foreign }), 'ConstraintAddress'],
    'with Token-2022': () => [execute(node, slash, { tokenProgram: spl.TOKEN_2022_PROGRAM_ID }), 'InvalidProgramId'],
    'with a node as Config': () => [execute(node, slash, { config: world.at.node(node.id) }), 'AccountDidNotDeserialize'],
    'with a Config that is not there': () => [execute(node, slash, { config: Keypair.generate().publicKey }), 'AccountOwnedByWrongProgram'],
    'with an argument': () => {
      const instruction = registry.executeSlash(node, slash);
      instruction.data = Buffer.concat([instruction.data, Buffer.from([0])]);
      return [world.send([instruction], [stranger]), 'InstructionDidNotDeserialize'];
    },
  };
  for (const [name, run] of Object.entries(cases)) await t.test(name, () => refused(...run()));
  await t.test('and the right one is accepted', () => must(execute(node, slash)));
});
