// The text: vectors, the generator, and the program's own rendering.
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { randomBytes } = require('node:crypto');
const { World } = require('./lib/world.cjs');
const { PublicKey } = require('@solana/web3.js');
const { renderIntent, uuidToBytes } = require('./lib/intents.cjs');
const { refused } = require('./lib/assertions.cjs');

const vectors = JSON.parse(fs.readFileSync(path.join(__dirname, '../vectors/payment-intents.json')));
const LAST_MS = 253_402_300_799_999;
const world = new World();
const rendered = (terms) => world.simulate([world.facilitator.renderIntent(terms)], [world.relayer]).returned.toString();

test('the vectors are what the generator writes', () => {
  execFileSync(process.execPath, [path.join(__dirname, 'generate-vectors.cjs'), '--check']);
  assert.ok(vectors.length >= 40);
});

test('our client computes the digest of every attestation', () => {
  const hex = (text) => Buffer.from(text, 'hex');
  for (const v of JSON.parse(fs.readFileSync(path.join(__dirname, '../vectors/attestations.json')))) {
    const at = { cluster: hex(v.cluster), program: new PublicKey(v.program) };
    const terms = { id: uuidToBytes(v.intentId), node: new PublicKey(v.node) };
    const attested = { ...v, charge: BigInt(v.charge), executionHash: hex(v.executionHash), logsHash: hex(v.logsHash) };
    assert.equal(world.facilitator.usageProofDigest(terms, attested, at).toString('hex'), v.usageProofDigest, v.name);
    assert.equal(world.facilitator.refundDigest(terms, attested, at).toString('hex'), v.refundDigest, v.name);
  }
});

test('the program renders every vector to its text', () => {
  for (const v of vectors) {
    const terms = {
      id: uuidToBytes(v.intentId), job: uuidToBytes(v.jobId), amount: BigInt(v.amountBaseUnits),
      timestamp: v.timestampMs, expires: v.expiresMs, nonce: Buffer.from(v.nonceHex, 'hex'),
    };
    assert.equal(rendered(terms), v.text, v.name);
  }
});

test('program and client agree on random values', () => {
  const below = (n) => randomBytes(8).readBigUInt64LE() % BigInt(n);
  for (let i = 0; i < 300; i++) {
    const terms = {
      id: randomBytes(16), job: randomBytes(16), nonce: randomBytes(32), amount: below(10n ** (1n + below(19))),
      timestamp: Number(below(LAST_MS + 1)), expires: Number(below(LAST_MS + 1)),
    };
    assert.equal(rendered(terms), renderIntent(terms));
  }
});

test('a year of five digits is refused', () => {
  const terms = { ...world.terms(), expires: LAST_MS + 1 };
  refused(world.simulate([world.facilitator.renderIntent(terms)], [world.relayer]), 'TimestampOutOfRange');
});
