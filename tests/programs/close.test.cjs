// The end of a tombstone: not before everything that names its id has expired, and then without a lamport lost.
const test = require('node:test');
const assert = require('node:assert/strict');
const { SystemProgram } = require('@solana/web3.js');
const { World } = require('./lib/world.cjs');
const { decodeEvents } = require('./lib/facilitator.cjs');
const { refused } = require('./lib/assertions.cjs');

const DAY = 86_400;
const world = new World();
const { relayer, payer, stranger } = world;
const close = (terms, accounts = {}) => world.send([world.facilitator.closeIntent(terms, accounts)], [stranger]);
const cancel = (terms) => world.must([world.facilitator.cancel(terms, payer.publicKey)], [stranger, payer]);
const cancelled = (changes) => { const terms = world.locked(changes); cancel(terms); return terms; };

/** Runs `run` at a time of its own. */
function at(seconds, run) {
  const now = world.now;
  world.setNow(seconds);
  try { return run(); } finally { world.setNow(now); }
}

test('a job costs its relayer the fees and nothing else', () => {
  const terms = world.terms();
  world.approve(payer, terms.amount);
  const before = world.lamports(relayer.publicKey);
  world.must(world.signedIntent(terms), [relayer]); // two signatures: the relayer's and the precompile's
  world.must([world.facilitator.assignNode(terms, world.assigner.publicKey)], [relayer, world.assigner]);
  world.must(world.attested(terms), [relayer]);
  const held = world.lamports(world.at.payment(terms.id));
  assert.ok(held > 0n);
  at(world.payment(terms).closableAt, () => {
    const result = close(terms);
    assert.ok(result.ok, result.error);
    const [event] = decodeEvents(result.logs);
    assert.deepEqual([event.name, event.intentId, event.rentPayer.toBase58()], ['PaymentClosed', terms.id, relayer.publicKey.toBase58()]);
  });
  assert.equal(world.account(world.at.payment(terms.id)), null);
  const fees = 5_000n * (2n + 2n + 4n); // 5,000 a signature, the precompile's counted
  assert.equal(before - world.lamports(relayer.publicKey), fees);
});

test('what strangers send to a tombstone goes with its rent', () => {
  const terms = cancelled();
  world.must([SystemProgram.transfer({ fromPubkey: stranger.publicKey, toPubkey: world.at.payment(terms.id), lamports: 777 })], [stranger]);
  const [held, before] = [world.lamports(world.at.payment(terms.id)), world.lamports(relayer.publicKey)];
  at(world.payment(terms).closableAt, () => assert.ok(close(terms).ok));
  assert.equal(world.lamports(relayer.publicKey) - before, held);
});

test('a tombstone outlives the payment\'s deadline, and every attestation that was made for it', () => {
  const early = cancelled({ settleBy: world.now + 3 * DAY });
  assert.equal(world.payment(early).closableAt, early.settleBy);
  const late = cancelled({ settleBy: world.now + 2 * 3_600 });
  assert.equal(world.payment(late).closableAt, world.now + DAY);
});

test('a close is refused', async (t) => {
  const terms = cancelled();
  const due = world.payment(terms).closableAt;
  const open = world.locked();
  const assigned = world.assigned();
  const unwritable = (index) => {
    const instruction = world.facilitator.closeIntent(terms);
    instruction.keys[index] = { ...instruction.keys[index], isWritable: false };
    return world.send([instruction], [stranger]);
  };
  const cases = {
    'at once': () => refused(close(terms), 'NotYetClosable'),
    'one second early': () => at(due - 1, () => refused(close(terms), 'NotYetClosable')),
    'of a settled payment one second early': () => {
      const settled = world.assigned();
      world.must(world.attested(settled), [relayer]);
      at(world.payment(settled).closableAt - 1, () => refused(close(settled), 'NotYetClosable'));
    },
    'while nobody is assigned': () => at(due, () => refused(close(open), 'InvalidPaymentStatus')),
    'while a node is assigned': () => at(due, () => refused(close(assigned), 'InvalidPaymentStatus')),
    'with the rent to the caller': () => at(due, () => refused(close(terms, { rentPayer: stranger.publicKey }), 'ConstraintHasOne')),
    'with the rent to the payer': () => at(due, () => refused(close(terms, { rentPayer: payer.publicKey }), 'ConstraintHasOne')),
    'with the rent to itself': () => at(due, () => refused(close(terms, { rentPayer: world.at.payment(terms.id) }), 'ConstraintHasOne')),
    'of the Config': () => at(due, () => refused(close(terms, { payment: world.at.config }), 'AccountDidNotDeserialize')),
    'of a token account': () => at(due, () => refused(close(terms, { payment: world.strangerToken }), 'AccountOwnedByWrongProgram')),
    'of a payment that never was': () => at(due, () => refused(close(world.terms()), 'AccountOwnedByWrongProgram')),
    'of a payment that may not be written': () => at(due, () => refused(unwritable(0), 'ConstraintMut')),
    'with a rent payer that may not be written': () => at(due, () => refused(unwritable(1), 'ConstraintMut')),
    'with arguments': () => at(due, () => {
      const instruction = world.facilitator.closeIntent(terms);
      instruction.data = Buffer.concat([instruction.data, Buffer.from([0])]);
      refused(world.send([instruction], [stranger]), 'InstructionDidNotDeserialize');
    }),
    'twice': () => at(due, () => {
      assert.ok(close(terms).ok);
      refused(close(terms), 'AccountOwnedByWrongProgram');
    }),
    'twice in a transaction, which then returns nothing': () => {
      const other = cancelled();
      at(world.payment(other).closableAt, () => {
        const instruction = world.facilitator.closeIntent(other);
        refused(world.send([instruction, instruction], [stranger]), 'AccountOwnedByWrongProgram');
        assert.equal(world.payment(other).status, 'Refunded');
      });
    },
  };
  for (const [name, run] of Object.entries(cases)) await t.test(name, run);
});

test('nothing that was signed for a payment can be replayed after its close', async (t) => {
  const terms = world.terms();
  world.approve(payer, 2n * terms.amount);
  world.must(world.signedIntent(terms), [relayer]);
  world.must([world.facilitator.assignNode(terms, world.assigner.publicKey)], [relayer, world.assigner]);
  const proof = world.proof(terms, { validUntil: world.now + DAY });
  const failure = world.failure(terms, { validUntil: world.now + DAY });
  world.must(world.attested(terms, proof), [relayer]);
  const due = world.payment(terms).closableAt;
  at(due, () => assert.ok(close(terms).ok));
  // The same id again, by a transaction that both sign: the worst case.
  const again = { ...terms, expiresAt: due + 60, settleBy: due + DAY };
  await t.test('the payer\'s text', () => at(due, () => refused(world.send(world.signedIntent(terms), [relayer]), 'PaymentExpired')));
  at(due, () => {
    world.must([world.facilitator.authorizePayment(again)], [relayer, payer]);
    world.must([world.facilitator.assignNode(again, world.assigner.publicKey)], [relayer, world.assigner]);
  });
  await t.test('the oracles\' proof', () => at(due, () => refused(world.send(world.attested(again, proof), [relayer]), 'AttestationExpired')));
  await t.test('the oracles\' refund', () => at(due, () => refused(world.send(world.attestedFailure(again, failure), [relayer]), 'AttestationExpired')));
});

test('an attestation that reaches too far ahead is refused', async (t) => {
  const terms = world.assigned();
  const validUntil = world.now + DAY + 1;
  await t.test('a proof', () => refused(world.send(world.attested(terms, world.proof(terms, { validUntil })), [relayer]), 'TimestampOutOfRange'));
  await t.test('a refund', () => refused(world.send(world.attestedFailure(terms, world.failure(terms, { validUntil })), [relayer]), 'TimestampOutOfRange'));
  assert.ok(world.send(world.attested(terms, world.proof(terms, { validUntil: validUntil - 1 })), [relayer]).ok);
});

test('a close costs no more than is published', () => {
  const terms = cancelled();
  at(world.payment(terms).closableAt, () => {
    const { ok, error, units, size } = close(terms);
    assert.ok(ok, error);
    assert.ok(units <= 4_000 && size <= 1_200, `${units} compute units, ${size} bytes`);
    console.log({ close_intent: `${units} units, ${size} bytes` });
  });
});
