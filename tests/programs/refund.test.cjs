// The three ways back to the payer.
const test = require('node:test');
const assert = require('node:assert/strict');
const { World, HYPER, REFUND_GRACE, difference } = require('./lib/world.cjs');
const { decodeEvents } = require('./lib/facilitator.cjs');
const { sha256 } = require('./lib/intents.cjs');
const { refused } = require('./lib/assertions.cjs');

const world = new World();
const { relayer, payer, stranger } = world;
const REASONS = { expired: 0, cancelled: 1, failed: 2 };

/** Runs `send` at a time of its own. */
function at(seconds, run) {
  const now = world.now;
  world.setNow(seconds);
  try { return run(); } finally { world.setNow(now); }
}

/** The whole amount is back, the escrow closed, its rent returned, the tombstone written, the event right. */
function assertRefunded(terms, reason, run) {
  const before = world.balances(terms);
  const rent = world.lamports(world.at.escrow(terms.id));
  const relayerBefore = world.lamports(relayer.publicKey);
  const result = run();
  assert.ok(result.ok, result.error);
  assert.deepEqual(difference(world.balances(terms), before), { payer: 100n * HYPER, node: 0n, protocol: 0n, platform: 0n, escrow: -100n * HYPER });
  assert.equal(world.account(world.at.escrow(terms.id)), null);
  assert.equal(world.lamports(relayer.publicKey) - relayerBefore, rent);
  const payment = world.payment(terms);
  assert.deepEqual([payment.status, payment.charge, payment.verifiedAt], ['Refunded', 0n, 0]);
  const [event] = decodeEvents(result.logs);
  assert.deepEqual([event.name, event.amount, event.reason], ['PaymentRefunded', 100n * HYPER, reason]);
  assert.equal(event.payer.toBase58(), payer.publicKey.toBase58());
}

const cancel = (terms, by, accounts = {}) => world.send([world.facilitator.cancel(terms, by.publicKey, accounts)], [stranger, by]);
const expire = (terms, accounts = {}) => world.send([world.facilitator.refundExpired(terms, accounts)], [stranger]);
const fail = (terms, changes = {}, options = {}) => world.send(world.attestedFailure(terms, world.failure(terms, changes), options), [stranger]);

test('the payer cancels before a node is assigned', () => {
  const terms = world.locked();
  assertRefunded(terms, REASONS.cancelled, () => cancel(terms, payer));
});

test('the facilitator cancels before a node is assigned', () => {
  const terms = world.locked();
  assertRefunded(terms, REASONS.cancelled, () => world.send([world.facilitator.cancel(terms, relayer.publicKey)], [stranger, relayer]));
});

test('the oracles give back what nobody earned', () => {
  const terms = world.assigned();
  assertRefunded(terms, REASONS.failed, () => fail(terms));
});

test('the oracles give back what was never assigned', () => {
  const terms = world.locked({ attempt: 0 });
  assertRefunded(terms, REASONS.failed, () => fail(terms, { reason: 9 }));
});

test('anyone gives back what has expired, assigned or not', () => {
  for (const terms of [world.locked(), world.assigned()]) {
    at(terms.settleBy + REFUND_GRACE, () => assertRefunded(terms, REASONS.expired, () => expire(terms)));
  }
});

test('a cancellation is refused', async (t) => {
  const terms = world.locked();
  const other = world.locked();
  const cases = {
    'by a stranger': () => refused(cancel(terms, stranger), 'UnauthorizedCancel'),
    'by the assigner': () => refused(cancel(terms, world.assigner), 'UnauthorizedCancel'),
    'when the payer did not sign': () => refused(world.send([world.facilitator.cancel(terms, payer.publicKey, { unsigned: true })], [stranger]), 'AccountNotSigner'),
    'to a stranger': () => refused(cancel(terms, payer, { payerToken: world.strangerToken }), 'PayerMismatch'),
    'with the rent to the payer': () => refused(cancel(terms, payer, { rentPayer: payer.publicKey }), 'ConstraintHasOne'),
    'of another payment\'s escrow': () => refused(cancel(terms, payer, { escrow: world.at.escrow(other.id) }), 'ConstraintSeeds'),
    'of a payment that is not there': () => refused(cancel(world.terms(), payer), 'AccountOwnedByWrongProgram'),
    'once a node was assigned': () => refused(cancel(world.assigned(), payer), 'AlreadyAssigned'),
    'once a node was assigned, by the facilitator too': () =>
      refused(world.send([world.facilitator.cancel(world.assigned(), relayer.publicKey)], [relayer]), 'AlreadyAssigned'),
    'twice': () => {
      assert.ok(cancel(terms, payer).ok);
      refused(cancel(terms, payer), 'InvalidPaymentStatus');
    },
  };
  for (const [name, run] of Object.entries(cases)) await t.test(name, run);
});

test('an attested refund is refused', async (t) => {
  const terms = world.assigned({ attempt: 2 });
  const cases = {
    'of an earlier attempt': () => refused(fail(terms, { attempt: 1 }), 'AttestationMismatch'),
    'of a later attempt': () => refused(fail(terms, { attempt: 3 }), 'AttestationMismatch'),
    'that has expired': () => refused(fail(terms, { validUntil: world.now }), 'AttestationExpired'),
    'by two oracles': () => refused(fail(terms, {}, { oracles: world.oracles.slice(0, 2) }), 'QuorumNotReached'),
    'for another cluster': () => refused(fail(terms, {}, { digest: { cluster: sha256('another') } }), 'AttestationMismatch'),
    'with another reason than attested': () => {
      const [verification] = world.attestedFailure(terms);
      refused(world.send([verification, world.facilitator.refundFailed(terms, world.failure(terms, { reason: 1 }))], [relayer]), 'AttestationMismatch');
    },
    'made of proof signatures': () => {
      const [verification] = world.attested(terms);
      refused(world.send([verification, world.facilitator.refundFailed(terms, world.failure(terms))], [relayer]), 'AttestationMismatch');
    },
    'to a stranger': () => refused(fail(terms, {}, { payerToken: world.strangerToken }), 'PayerMismatch'),
    'to the node': () => refused(fail(terms, {}, { payerToken: world.nodeToken }), 'PayerMismatch'),
    'with the rent to a stranger': () => refused(fail(terms, {}, { rentPayer: stranger.publicKey }), 'ConstraintHasOne'),
    'twice': () => {
      assert.ok(fail(terms).ok);
      refused(fail(terms), 'InvalidPaymentStatus');
    },
  };
  for (const [name, run] of Object.entries(cases)) await t.test(name, run);
});

test('an expiry refund is refused', async (t) => {
  const terms = world.locked();
  const due = terms.settleBy + REFUND_GRACE;
  const cases = {
    'at once': () => refused(expire(terms), 'NotYetRefundable'),
    'at settle_by, before the grace is over': () => at(terms.settleBy, () => refused(expire(terms), 'NotYetRefundable')),
    'one second early': () => at(due - 1, () => refused(expire(terms), 'NotYetRefundable')),
    'to a stranger': () => at(due, () => refused(expire(terms, { payerToken: world.strangerToken }), 'PayerMismatch')),
    'with the rent to a stranger': () => at(due, () => refused(expire(terms, { rentPayer: stranger.publicKey }), 'ConstraintHasOne')),
    'with a Config of one\'s own': () => at(due, () => refused(expire(terms, { config: world.strangerToken }), 'AccountOwnedByWrongProgram')),
    'twice': () => at(due, () => {
      assert.ok(expire(terms).ok);
      refused(expire(terms), 'InvalidPaymentStatus');
    }),
  };
  for (const [name, run] of Object.entries(cases)) await t.test(name, run);
});
