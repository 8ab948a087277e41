// What the oracles attest about nodes, and what passes for an attestation: the same for each of the four.
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { ComputeBudgetProgram, Keypair, TransactionInstruction } = require('@solana/web3.js');
const { RegistryWorld, HYPER, APPEAL } = require('./lib/registry-world.cjs');
const { PROGRAMS } = require('./lib/world.cjs');
const { ED25519_PROGRAM, ed25519, ed25519Raw, signWith } = require('./lib/facilitator.cjs');
const { sha256 } = require('./lib/intents.cjs');
const { refused, refusedByPrecompile } = require('./lib/assertions.cjs');

const world = new RegistryWorld();
const { registry, payer, stranger, program } = world;
const proxy = Keypair.generate().publicKey;
world.svm.addProgram(proxy.toBytes(), fs.readFileSync(path.join(PROGRAMS, 'proxy.so')));
const send = (...instructions) => world.send(instructions, [payer]);
const must = (result) => { assert.ok(result.ok, `${result.error}\n${result.logs.join('\n')}`); return result; };
const throughProxy = ({ keys, data }) =>
  new TransactionInstruction({ programId: proxy, data, keys: [{ pubkey: program, isSigner: false, isWritable: false }, ...keys] });
/** A program that does nothing, with any data: a place to keep bytes. */
const keeps = (data) => new TransactionInstruction({ programId: proxy, keys: [], data });

test('outcomes are counted and move the reputation', () => {
  const node = world.staked();
  world.later(60);
  const result = must(send(...world.recording(node, world.outcomes(node, { completed: 2, faults: 1, earned: 7n }))));
  let record = world.record(node);
  assert.deepEqual(
    [record.reputation, record.sequence, record.total_jobs_completed, record.total_faults, record.total_earned, record.last_active_at],
    [4_590, '1', '2', '1', '7', String(world.now)]); // 5,000 + 50 + 49, less a tenth
  assert.deepEqual(world.events(result), [{ name: 'OutcomesRecorded', node_id: node.id.toString('hex'), sequence: '1', completed: 2, faults: 1, earned: '7', reputation: 4_590 }]);
  for (let i = 0; i < 9; i++) must(send(...world.recording(node, world.outcomes(node, { completed: 100 }))));
  assert.equal(world.record(node).reputation, 10_000);
  must(send(...world.recording(node, world.outcomes(node, { completed: 0, faults: 100 }))));
  record = world.record(node);
  assert.ok(record.reputation < 10, `${record.reputation}`);
  must(send(...world.recording(node, world.outcomes(node, { completed: 0, faults: 100 }))));
  assert.equal(world.record(node).reputation, 0);
});

test('outcomes are refused', async (t) => {
  const node = world.staked();
  must(send(...world.recording(node)));
  const other = world.staked(1n, { owner: world.otherOwner });
  const record = (changes = {}, options = {}) => send(...world.recording(node, world.outcomes(node, changes), options));
  const lastActive = world.now;
  world.later(10);
  const cases = {
    'of the same sequence again': () => [record({ sequence: 1 }), 'SequenceNotNext'],
    'of a sequence too far': () => [record({ sequence: 3 }), 'SequenceNotNext'],
    'of sequence zero': () => [record({ sequence: 0 }), 'SequenceNotNext'],
    'of none': () => [record({ completed: 0 }), 'TooManyOutcomes'],
    'of a hundred and one': () => [record({ completed: 51, faults: 50 }), 'TooManyOutcomes'],
    'of more than can be counted': () => [record({ completed: 0xffffffff, faults: 2 }), 'TooManyOutcomes'],
    'from the future': () => [record({ lastActiveAt: world.now + 1 }), 'TimestampOutOfRange'],
    'from before the last ones': () => [record({ lastActiveAt: lastActive - 1 }), 'TimestampOutOfRange'],
    'that have expired': () => [record({ validUntil: world.now }), 'AttestationExpired'],
    'that overflow the earnings': () => [record({ earned: 2n ** 64n - 1n }), 'ArithmeticOverflow'],
    'for another node': () => [record({}, { node: world.at.node(other.id) }), 'AttestationMismatch'],
    'signed for another node': () => [record({}, { digest: { node: other.id } }), 'AttestationMismatch'],
    'for another cluster': () => [record({}, { digest: { cluster: sha256('another') } }), 'AttestationMismatch'],
    'for another program': () => [record({}, { digest: { program: stranger.publicKey } }), 'AttestationMismatch'],
    'in another domain': () => [record({}, { digest: { domain: 'HYPERNODE/node-status/v1' } }), 'AttestationMismatch'],
    'with more completed than was signed': () => [record({}, { sent: { completed: 2 } }), 'AttestationMismatch'],
    'with fewer faults than were signed': () => [record({ faults: 1 }, { sent: { faults: 0 } }), 'AttestationMismatch'],
    'with more earned than was signed': () => [record({}, { sent: { earned: 6n } }), 'AttestationMismatch'],
    'with another sequence than was signed': () => [record({ sequence: 1 }, { sent: { sequence: 2 } }), 'AttestationMismatch'],
    'with another time than was signed': () => [record({}, { sent: { lastActiveAt: world.now - 1 } }), 'AttestationMismatch'],
    'with a longer life than was signed': () => [record({}, { sent: { validUntil: world.now + 601 } }), 'AttestationMismatch'],
    'of a node that it may not write': () => [record({}, { readOnly: 'node' }), 'ConstraintMut'],
    'of a token account': () => [record({}, { node: world.strangerToken }), 'AccountOwnedByWrongProgram'],
    'with a node as Config': () => [record({}, { config: world.at.node(other.id) }), 'AccountDidNotDeserialize'],
    'with another account for the sysvar': () => [record({}, { instructions: stranger.publicKey }), 'ConstraintAddress'],
  };
  for (const [name, run] of Object.entries(cases)) await t.test(name, () => refused(...run()));
  await t.test('and a hundred, a second before their end, are accepted once', () => {
    const work = world.recording(node, world.outcomes(node, { completed: 50, faults: 50, validUntil: world.now + 1 }));
    must(send(...work));
    refused(send(...work), 'SequenceNotNext');
  });
});

test('an attested status', async (t) => {
  const put = (node, status, options) => send(...world.attestation(node, status, options));
  const states = {
    Active: () => world.active(),
    Offline: () => world.staked(),
    Draining: () => { const node = world.active(); must(world.by(node, registry.setStatus(node, 'Draining'))); return node; },
    Jailed: () => { const node = world.staked(); must(put(node, 'Jailed')); return node; },
    Slashed: () => {
      const node = world.staked();
      const slash = world.proposed(node);
      world.later(APPEAL);
      must(send(registry.executeSlash(node, slash)));
      return node;
    },
  };
  const allowed = ['Active>Offline', 'Active>Jailed', 'Draining>Offline', 'Draining>Jailed', 'Offline>Jailed', 'Jailed>Offline', 'Slashed>Offline'];
  for (const [from, make] of Object.entries(states)) {
    for (const to of ['Active', 'Offline', 'Slashed', 'Draining', 'Jailed', 'Retired']) {
      if (allowed.includes(`${from}>${to}`)) {
        await t.test(`turns ${from} into ${to}`, () => {
          const node = make();
          const result = must(put(node, to));
          assert.equal(world.record(node).status, to);
          assert.deepEqual(world.events(result), [{ name: 'NodeStatusChanged', node_id: node.id.toString('hex'), from, to, attested: true }]);
        });
      } else {
        await t.test(`does not turn ${from} into ${to}`, () => refused(put(make(), to), 'InvalidNodeStatus'));
      }
    }
  }
  const node = world.staked();
  const other = world.staked(1n, { owner: world.otherOwner });
  const cases = {
    'while a slash is pending': () => { const accused = world.staked(); world.proposed(accused); return [put(accused, 'Offline'), 'SlashPending']; },
    'that does not exist': () => [put(node, 6), 'InstructionDidNotDeserialize'],
    'of the wrong sequence': () => [put(node, 'Jailed', { sequence: 2 }), 'SequenceNotNext'],
    'that has expired': () => [put(node, 'Jailed', { validUntil: world.now }), 'AttestationExpired'],
    'other than was signed': () => [put(node, 'Offline', { sent: { status: 'Jailed' } }), 'AttestationMismatch'],
    'with a longer life than was signed': () => [put(node, 'Jailed', { sent: { validUntil: world.now + 601 } }), 'AttestationMismatch'],
    'with another sequence than was signed': () => [put(node, 'Jailed', { sequence: 2, sent: { sequence: 1 } }), 'AttestationMismatch'],
    'for another node': () => [put(node, 'Jailed', { node: world.at.node(other.id) }), 'AttestationMismatch'],
    'for another cluster': () => [put(node, 'Jailed', { digest: { cluster: sha256('another') } }), 'AttestationMismatch'],
    'for another program': () => [put(node, 'Jailed', { digest: { program: stranger.publicKey } }), 'AttestationMismatch'],
    'of a node that it may not write': () => [put(node, 'Jailed', { readOnly: 'node' }), 'ConstraintMut'],
    'with a node as Config': () => [put(node, 'Jailed', { config: world.at.node(other.id) }), 'AccountDidNotDeserialize'],
    'of a retired node': () => {
      const gone = world.registered();
      const attestation = world.attestation(gone, 'Jailed');
      must(world.by(gone, registry.retire(gone)));
      return [send(...attestation), 'InvalidNodeStatus'];
    },
  };
  for (const [name, run] of Object.entries(cases)) await t.test(`is refused ${name}`, () => refused(...run()));
  await t.test('counts once', () => {
    const jail = world.attestation(node, 'Jailed');
    must(send(...jail));
    must(put(node, 'Offline'));
    refused(send(...jail), 'SequenceNotNext');
  });
});

// Each attested instruction on a node of its own: the digest, and the instruction that wants it signed.
const attested = {
  propose_slash: () => {
    const [node, slash] = [world.staked(), world.slash()];
    return { digest: registry.slashDigest(node, slash), instruction: registry.proposeSlash(node, slash) };
  },
  dismiss_slash: () => {
    const node = world.staked();
    const slash = { ...world.proposed(node), validUntil: world.now + 600 };
    return { digest: registry.dismissalDigest(node, slash), instruction: registry.dismissSlash(node, slash) };
  },
  record_outcomes: () => {
    const node = world.staked();
    const outcomes = world.outcomes(node);
    return { digest: registry.outcomesDigest(node, outcomes), instruction: registry.recordOutcomes(node, outcomes) };
  },
  attest_status: () => {
    const node = world.staked();
    const status = { sequence: 1, status: 'Jailed', validUntil: world.now + 600 };
    return { digest: registry.statusDigest(node, status), instruction: registry.attestStatus(node, status) };
  },
};

for (const [name, make] of Object.entries(attested)) {
  test(`${name}: what is no quorum is refused`, async (t) => {
    const { digest, instruction } = make();
    const [a, b, c, d, e] = world.oracles;
    const verified = (oracles, message = digest) => ed25519(oracles, message);
    /** Entries that each have a copy of the message of their own. */
    const separate = (oracles, messages) => {
      let at = 2 + 14 * oracles.length;
      const parts = [];
      const entries = oracles.map((oracle, i) => {
        const entry = { key: at, signature: at + 32, message: at + 96, length: messages[i].length };
        parts.push(oracle.publicKey.toBuffer(), signWith(oracle, messages[i]), messages[i]);
        at += 96 + messages[i].length;
        return entry;
      });
      return ed25519Raw(entries, ...parts);
    };
    const cases = {
      'no signature at all': () => refused(send(instruction), 'SignatureMissing'),
      'signatures after it': () => refused(send(instruction, verified([a, b, c])), 'SignatureMissing'),
      'an instruction between': () => refused(send(verified([a, b, c]), ComputeBudgetProgram.setComputeUnitLimit({ units: 200_000 }), instruction), 'SignatureMissing'),
      'the same bytes for another program': () => refused(send(keeps(verified([a, b, c]).data), instruction), 'SignatureMissing'),
      'an empty verification': () => refused(send(new TransactionInstruction({ programId: ED25519_PROGRAM, keys: [], data: Buffer.alloc(2) }), instruction), 'QuorumNotReached'),
      'one of five': () => refused(send(verified([a]), instruction), 'QuorumNotReached'),
      'two of five': () => refused(send(verified([a, b]), instruction), 'QuorumNotReached'),
      'six, one of them twice': () => refused(send(verified([a, b, c, d, e, a]), instruction), 'QuorumNotReached'),
      'one oracle three times': () => refused(send(verified([a, a, a]), instruction), 'UnauthorizedOracle'),
      'two oracles, one of them twice': () => refused(send(verified([a, b, a]), instruction), 'UnauthorizedOracle'),
      'two oracles and a stranger': () => refused(send(verified([a, b, stranger]), instruction), 'UnauthorizedOracle'),
      'three oracles and a stranger': () => refused(send(verified([a, b, c, stranger]), instruction), 'UnauthorizedOracle'),
      'another message': () => refused(send(verified([a, b, c], sha256('another')), instruction), 'AttestationMismatch'),
      'a prefix of the message': () => refused(send(verified([a, b, c], digest.subarray(0, 31)), instruction), 'AttestationMismatch'),
      'a longer message': () => refused(send(verified([a, b, c], Buffer.concat([digest, Buffer.from([0])])), instruction), 'AttestationMismatch'),
      'copies of the message': () => refused(send(separate([a, b, c], [digest, digest, digest]), instruction), 'AttestationMismatch'),
      'one of three over something else': () => refused(send(separate([a, b, c], [digest, digest, sha256('else')]), instruction), 'AttestationMismatch'),
      'a forged signature': () => {
        const forged = verified([a, b, c]);
        forged.data = Buffer.from(forged.data);
        forged.data[44 + 96 + 40] ^= 1;
        refusedByPrecompile(send(forged, instruction));
      },
      'a key that lies in another instruction': () => {
        const key = (i) => 44 + 96 * i;
        const entries = [0, 1, 2].map((i) => ({ key: key(i), signature: key(i) + 32, message: 44 + 288, length: 32 }));
        entries[2] = { ...entries[2], key: 0, keyIn: 0 };
        const parts = [a, b, c].flatMap((oracle) => [oracle.publicKey.toBuffer(), signWith(oracle, digest)]);
        refused(send(keeps(c.publicKey.toBuffer()), ed25519Raw(entries, ...parts, digest), instruction), 'SignatureOffsets');
      },
      'a message that lies in another instruction': () => {
        const entries = [0, 1, 2].map((i) => ({ key: 44 + 96 * i, signature: 76 + 96 * i, message: 0, messageIn: 0, length: 32 }));
        const parts = [a, b, c].flatMap((oracle) => [oracle.publicKey.toBuffer(), signWith(oracle, digest)]);
        refused(send(keeps(digest), ed25519Raw(entries, ...parts), instruction), 'SignatureOffsets');
      },
      'a call from another program': () => refused(send(verified([a, b, c]), throughProxy(instruction)), 'SignatureMissing'),
    };
    for (const [what, run] of Object.entries(cases)) await t.test(what, run);
    await t.test('and any three of five are accepted', () => must(send(verified([e, a, c]), instruction)));
    await t.test('and all five', () => {
      const again = make();
      const result = must(send(verified(world.oracles, again.digest), again.instruction));
      assert.ok(result.size <= 1232, `${result.size} bytes`);
    });
  });
}
