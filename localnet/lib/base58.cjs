'use strict';

// Base58, in limbs of five digits instead of single ones: every transaction has some forty keys to write, and digit by
// digit that took a node longer than to run it.

const bs58 = require('bs58').default ?? require('bs58');

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const LIMB_DIGITS = 5;
const LIMB = 58 ** LIMB_DIGITS; // below 2^30: times 2^16, and a carry, it is an exact double
const CHUNK = 65_536;

/** The base58 text of bytes. */
function toBase58(bytes) {
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros++;
  const limbs = []; // least significant first
  const push = (carry, factor) => {
    for (let i = 0; i < limbs.length; i++) {
      const value = limbs[i] * factor + carry;
      carry = Math.floor(value / LIMB);
      limbs[i] = value - carry * LIMB;
    }
    if (carry > 0) limbs.push(carry);
  };
  let at = zeros;
  if ((bytes.length - zeros) % 2 === 1) push(bytes[at++], 256);
  for (; at < bytes.length; at += 2) push(bytes[at] * 256 + bytes[at + 1], CHUNK);

  let text = '1'.repeat(zeros);
  for (let i = limbs.length - 1; i >= 0; i--) {
    let rest = limbs[i];
    let digits = '';
    for (let digit = 0; digit < LIMB_DIGITS && (rest > 0 || i < limbs.length - 1); digit++) {
      digits = ALPHABET[rest % 58] + digits;
      rest = Math.floor(rest / 58);
    }
    text += digits;
  }
  return text;
}

/** The bytes of a base58 text, or undefined. */
function fromBase58(text) {
  const bytes = bs58.decodeUnsafe(text);
  return bytes ? Buffer.from(bytes) : undefined;
}

module.exports = { toBase58, fromBase58 };
