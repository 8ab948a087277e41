'use strict';

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const test = require('node:test');
const bs58 = require('bs58').default ?? require('bs58');
const { fromBase58, toBase58 } = require('../lib/base58.cjs');

test('base58 in limbs is base58', () => {
  const samples = [Buffer.alloc(0), Buffer.alloc(1), Buffer.alloc(32), Buffer.alloc(64), Buffer.alloc(32, 0xff), Buffer.alloc(64, 0xff), Buffer.from([0, 0, 1])];
  for (let length = 1; length <= 70; length++) {
    for (let i = 0; i < 40; i++) {
      const bytes = crypto.randomBytes(length);
      bytes.fill(0, 0, Math.min(i % 4, length));
      samples.push(bytes);
    }
  }
  for (const bytes of samples) {
    assert.equal(toBase58(bytes), bs58.encode(bytes));
    assert.deepEqual(fromBase58(toBase58(bytes)), bytes);
  }
  // A limb that is all zeros in the middle keeps its five digits.
  for (const exponent of [5n, 10n, 15n]) {
    const bytes = Buffer.from((58n ** exponent).toString(16).padStart(32, '0'), 'hex');
    assert.equal(toBase58(bytes), bs58.encode(bytes));
  }
  assert.equal(fromBase58('0OIl'), undefined);
});
