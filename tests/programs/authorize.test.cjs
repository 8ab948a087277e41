// Locking a payment: by a signed text, and by the payer's own transaction.
const test = require('node:test');
const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const { Keypair, SystemProgram } = require('@solana/web3.js');
const spl = require('@solana/spl-token');
const { World, HYPER, difference } = require('./lib/world.cjs');
const { decodeEvents } = require('./lib/facilitator.cjs');
const { sha256 } = require('./lib/intents.cjs');
const { refused } = require('./lib/assertions.cjs');

const world = new World();
world.approve(world.payer, 1_000n * HYPER);
const { relayer, payer, stranger } = world;
const MAX_SETTLE = 7 * 86_400;

/** Sends `[Ed25519, authorize_intent]`; `changes` to the terms are signed too, `sent` only changes the instruction. */
function authorize(changes = {}, { sent = {}, ...options } = {}) {
  const terms = world.terms(changes);
  const [verification] = world.signedIntent(terms, options);
  const { signer, text, ...accounts } = options;
  return world.send([verification, world.facilitator.authorizeIntent({ ...terms, ...sent }, accounts)], [relayer]);
}

test('a signed text locks the amount, and the payer signs no transaction', () => {
  const terms = world.terms();
  const before = world.balances(terms);
  const result = world.must(world.signedIntent(terms), [relayer]);
  assert.deepEqual(difference(world.balances(terms), before), { payer: -100n * HYPER, node: 0n, protocol: 0n, platform: 0n, escrow: 100n * HYPER });
  const payment = world.payment(terms);
  assert.deepEqual([payment.status, payment.via, payment.amount, payment.attempt, payment.charge], ['Pending', 0, 100n * HYPER, 0, 0n]);
  assert.deepEqual([payment.intentId, payment.jobId], [terms.id, terms.job]);
  assert.equal(payment.payer.toBase58(), payer.publicKey.toBase58());
  assert.equal(payment.rentPayer.toBase58(), relayer.publicKey.toBase58());
  assert.deepEqual([payment.createdAt, payment.expiresAt, payment.settleBy, payment.closableAt], [world.now, world.now + 3600, terms.settleBy, terms.settleBy]);
  const [event] = decodeEvents(result.logs);
  assert.deepEqual([event.name, event.amount, event.settleBy, event.via], ['PaymentAuthorized', 100n * HYPER, terms.settleBy, 0]);
  assert.ok(result.size <= 1232);
});

test('the closing time outlives the signed text', () => {
  const settleBy = world.now + 3600;
  const terms = world.terms({ settleBy });
  world.must(world.signedIntent(terms), [relayer]);
  assert.equal(world.payment(terms).closableAt, settleBy + 1);
});

test('lamports sent to the addresses beforehand block nothing', () => {
  const terms = world.terms({ amount: 5n });
  const dust = (address) => SystemProgram.transfer({ fromPubkey: stranger.publicKey, toPubkey: address, lamports: 900_000 });
  world.must([dust(world.at.payment(terms.id)), dust(world.at.escrow(terms.id))], [stranger]);
  world.must(world.signedIntent(terms), [relayer]);
  assert.equal(world.tokens(world.at.escrow(terms.id)), 5n);
});

test('the verification may name its own index instead of "this instruction"', () => {
  const terms = world.terms({ amount: 5n });
  const { ed25519 } = require('./lib/facilitator.cjs');
  world.must([ed25519([payer], world.text(terms), { index: 0 }), world.facilitator.authorizeIntent(terms)], [relayer]);
});

test('a signed intent is refused', async (t) => {
  const now = () => world.now;
  const cases = {
    'when the instruction asks for another amount': () => [authorize({}, { sent: { amount: 1_000n * HYPER } }), 'TextMismatch'],
    'when the instruction names another job': () => [authorize({}, { sent: { job: randomBytes(16) } }), 'TextMismatch'],
    'when the instruction names another intent': () => [authorize({}, { sent: { id: randomBytes(16) } }), 'TextMismatch'],
    'when the instruction has another timestamp': () => [authorize({}, { sent: { timestamp: now() * 1000 } }), 'TextMismatch'],
    'when the instruction has another expiry': () => [authorize({}, { sent: { expires: (now() + 3601) * 1000 } }), 'TextMismatch'],
    'when settle_by is not the one that the nonce commits to': () => [authorize({}, { sent: { settleBy: now() + 86_401 } }), 'TextMismatch'],
    'when the spec hash is not the one that the nonce commits to': () => [authorize({}, { sent: { specHash: sha256('another spec') } }), 'TextMismatch'],
    'when the salt is not the one that the nonce commits to': () => [authorize({}, { sent: { salt: randomBytes(32) } }), 'TextMismatch'],
    'when the text was made for another cluster': () => [authorize({ commitment: { cluster: sha256('another cluster') } }), 'TextMismatch'],
    'when the text was made for another program': () => [authorize({ commitment: { program: Keypair.generate().publicKey } }), 'TextMismatch'],
    'when the text was made for another mint': () => [authorize({ commitment: { mint: Keypair.generate().publicKey } }), 'TextMismatch'],
    'when the nonce is random': () => [authorize({ nonce: randomBytes(32) }), 'TextMismatch'],
    'when the text ends with a newline': () => {
      const terms = world.terms();
      return [world.send(world.signedIntent(terms, { text: Buffer.concat([world.text(terms), Buffer.from('\n')]) }), [relayer]), 'TextMismatch'];
    },
    'when another wallet signed the payer\'s text': () => [authorize({}, { signer: stranger }), 'TextMismatch'],
    'when a stranger signed his own text over the payer\'s tokens': () =>
      [authorize({ payer: stranger.publicKey }, { signer: stranger, payerToken: world.payerToken }), 'PayerMismatch'],
    'when a stranger brings the payer\'s allowance for his own tokens': () =>
      [authorize({ payer: stranger.publicKey }, { signer: stranger, allowance: world.at.allowance(payer.publicKey) }), 'ConstraintSeeds'],
    'when the wallet never approved': () => [authorize({ payer: stranger.publicKey }, { signer: stranger }), 'AllowanceMissing'],
    'for nothing': () => [authorize({ amount: 0n }), 'ZeroAmount'],
    'at the instant of its expiry': () => [authorize({ expires: now() * 1000 }), 'PaymentExpired'],
    'when it would live longer than a day': () => [authorize({ timestamp: now() * 1000, expires: now() * 1000 + 86_400_001, settleBy: now() + 90_000 }), 'TimestampOutOfRange'],
    'when it is dated beyond the skew': () => [authorize({ timestamp: (now() + 300) * 1000 + 1 }), 'TimestampOutOfRange'],
    'when it expires before it begins': () => [authorize({ timestamp: (now() + 10) * 1000, expires: (now() + 9) * 1000 }), 'TimestampOutOfRange'],
    'when settle_by lies before its expiry': () => [authorize({ settleBy: now() + 3599 }), 'TimestampOutOfRange'],
    'when settle_by lies beyond a week': () => [authorize({ settleBy: now() + MAX_SETTLE + 1 }), 'TimestampOutOfRange'],
    'when settle_by has passed': () => [authorize({ settleBy: now() }), 'TimestampOutOfRange'],
    'when another relayer brings it, who would squat the id': () => {
      const terms = world.terms();
      return [world.send(world.signedIntent(terms, { relayer: stranger.publicKey }), [stranger]), 'UnauthorizedFacilitator'];
    },
    'when the relayer did not sign': () => {
      const [verification, instruction] = world.signedIntent(world.terms());
      instruction.keys[0] = { ...instruction.keys[0], isSigner: false };
      return [world.send([verification, instruction], [stranger]), 'AccountNotSigner'];
    },
    'with another mint': () => [authorize({}, { mint: world.protocolVault }), 'ConstraintAddress'],
    'with another program\'s account as Config': () => [authorize({}, { config: world.payerToken }), 'AccountOwnedByWrongProgram'],
    'with a payment as Config': () => [authorize({}, { config: world.at.payment(world.locked({ amount: 1n }).id) }), 'AccountDidNotDeserialize'],
    'with another token program': () => [authorize({}, { tokenProgram: spl.TOKEN_2022_PROGRAM_ID }), 'InvalidProgramId'],
    'with another address as payment': () => [authorize({}, { payment: world.at.payment(randomBytes(16)) }), 'ConstraintSeeds'],
    'with another address as escrow': () => [authorize({}, { escrow: world.at.escrow(randomBytes(16)) }), 'ConstraintSeeds'],
    'with bytes after its arguments': () => {
      const [verification, instruction] = world.signedIntent(world.terms());
      instruction.data = Buffer.concat([instruction.data, Buffer.alloc(1)]);
      return [world.send([verification, instruction], [relayer]), 'InstructionDidNotDeserialize'];
    },
  };
  for (const [name, run] of Object.entries(cases)) await t.test(name, () => refused(...run()));
});

test('an id is used once', async (t) => {
  const terms = world.terms({ amount: 7n });
  const instructions = world.signedIntent(terms);
  world.must(instructions, [relayer]);
  await t.test('not again by the same text', () => refused(world.send(instructions, [relayer]), 'InvalidPaymentStatus'));
  await t.test('not by another text', () => refused(authorize({ id: terms.id, amount: 1n }), 'InvalidPaymentStatus'));
  await t.test('not by a transaction', () =>
    refused(world.send([world.facilitator.authorizePayment(world.terms({ id: terms.id }))], [relayer, payer]), 'InvalidPaymentStatus'));
  world.must([world.facilitator.cancel(terms, payer.publicKey)], [payer]);
  await t.test('not after it was refunded', () => refused(world.send(instructions, [relayer]), 'InvalidPaymentStatus'));
});

test('an allowance counts as far as it goes', async (t) => {
  const own = new World();
  const ask = (amount) => own.send(own.signedIntent(own.terms({ amount })), [own.relayer]);
  own.approve(own.payer, 100n * HYPER - 1n);
  await t.test('one base unit too small', () => refused(ask(100n * HYPER), 'AllowanceTooSmall'));
  own.approve(own.payer, 5_000n * HYPER);
  await t.test('more than the balance', () => refused(ask(1_000n * HYPER + 1n), 'AllowanceTooSmall'));
  own.approve(own.payer, 5_000n * HYPER, own.stranger.publicKey);
  await t.test('replaced by another delegate', () => refused(ask(HYPER), 'AllowanceMissing'));
  own.must([spl.createRevokeInstruction(own.payerToken, own.payer.publicKey)], [own.payer]);
  await t.test('revoked', () => refused(ask(HYPER), 'AllowanceMissing'));
  own.approve(own.payer, 150n * HYPER);
  await t.test('it shrinks by what was locked', () => {
    assert.ok(ask(100n * HYPER).ok);
    refused(ask(51n * HYPER), 'AllowanceTooSmall');
    assert.ok(ask(50n * HYPER).ok);
  });
});

test('a payer\'s transaction locks the amount', () => {
  const terms = world.terms({ payer: stranger.publicKey });
  const before = world.balances(terms);
  world.must([world.facilitator.authorizePayment(terms)], [relayer, stranger]);
  assert.deepEqual(difference(world.balances(terms), before), { payer: -100n * HYPER, node: 0n, protocol: 0n, platform: 0n, escrow: 100n * HYPER });
  const payment = world.payment(terms);
  assert.deepEqual([payment.status, payment.via, payment.expiresAt], ['Pending', 1, terms.expiresAt]);
});

test('a payer\'s transaction is refused', async (t) => {
  const pay = (changes = {}, accounts = {}, signers = [relayer, payer]) => world.send([world.facilitator.authorizePayment(world.terms(changes), accounts)], signers);
  const cases = {
    'when the payer did not sign': () => [pay({}, { unsigned: true }, [relayer]), 'AccountNotSigner'],
    'when the facilitator did not sign': () => [pay({}, { rentPayer: stranger.publicKey }, [stranger, payer]), 'UnauthorizedFacilitator'],
    'over somebody else\'s tokens': () => [pay({}, { payerToken: world.strangerToken }), 'PayerMismatch'],
    'over more than the balance': () => [pay({ amount: 5_000n * HYPER }), 'AllowanceTooSmall'],
    'for nothing': () => [pay({ amount: 0n }), 'ZeroAmount'],
    'when it has expired': () => [pay({ expiresAt: world.now }), 'PaymentExpired'],
    'when it expires after more than a day': () => [pay({ expiresAt: world.now + 86_401, settleBy: world.now + 90_000 }), 'TimestampOutOfRange'],
    'when settle_by lies before its expiry': () => [pay({ settleBy: world.now + 3599 }), 'TimestampOutOfRange'],
    'when settle_by lies beyond a week': () => [pay({ settleBy: world.now + MAX_SETTLE + 1 }), 'TimestampOutOfRange'],
    'with another address as payment': () => [pay({}, { payment: world.at.payment(randomBytes(16)) }), 'ConstraintSeeds'],
  };
  for (const [name, run] of Object.entries(cases)) await t.test(name, () => refused(...run()));
});

test('an unknown instruction is refused', () => {
  const instruction = world.facilitator.renderIntent(world.terms());
  instruction.data = Buffer.from('whatever');
  refused(world.send([instruction], [relayer]), 'InstructionFallbackNotFound');
  instruction.data = Buffer.alloc(0);
  refused(world.send([instruction], [relayer]), 'InstructionFallbackNotFound');
});
