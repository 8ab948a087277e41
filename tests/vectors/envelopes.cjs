#!/usr/bin/env node
'use strict';

// Writes envelopes.json: sealed files as docs/encryption.md describes them, made with Node's own cryptography and a conversion of keys
// in BigInt. It shares no code with Hypernode.Solana. Run from anywhere: node tests/vectors/envelopes.cjs

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const P = 2n ** 255n - 19n;
const CHUNK = 64 * 1024;

const sha512 = (b) => crypto.createHash('sha512').update(b).digest();
const sha256 = (b) => crypto.createHash('sha256').update(b).digest();
const hkdf = (secret, salt, info) => Buffer.from(crypto.hkdfSync('sha256', secret, salt, Buffer.from(info), 32));

function power(base, exponent) {
  let result = 1n;
  for (let b = base % P, e = exponent; e > 0n; e >>= 1n, b = (b * b) % P) if (e & 1n) result = (result * b) % P;
  return result;
}
const littleEndian = (bytes) => BigInt('0x' + Buffer.from(bytes).reverse().toString('hex'));
const toBytes = (n) => Buffer.from(n.toString(16).padStart(64, '0'), 'hex').reverse();

const der = (prefix, raw) => Buffer.concat([Buffer.from(prefix, 'hex'), raw]);
const x25519Private = (raw) => crypto.createPrivateKey({ key: der('302e020100300506032b656e04220420', raw), format: 'der', type: 'pkcs8' });
const x25519Public = (raw) => crypto.createPublicKey({ key: der('302a300506032b656e032100', raw), format: 'der', type: 'spki' });
const rawPublic = (key) => crypto.createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(12);

/** An Ed25519 key from its seed, and the same key in X25519, by both ways: they must meet. */
function keysOf(seed) {
  const signing = crypto.createPrivateKey({ key: der('302e020100300506032b657004220420', seed), format: 'der', type: 'pkcs8' });
  const ed25519 = rawPublic(signing);
  const y = littleEndian(ed25519) & (2n ** 255n - 1n);
  const u = toBytes(((1n + y) * power((1n - y + P) % P, P - 2n)) % P);
  const secret = sha512(seed).subarray(0, 32);
  secret[0] &= 248;
  secret[31] = (secret[31] & 127) | 64;
  if (!rawPublic(x25519Private(secret)).equals(u)) throw new Error('the two ways to X25519 do not meet');
  return { ed25519, x25519: u, secret };
}

function encrypt(key, nonce, plain) {
  const cipher = crypto.createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function seal(plain, recipients, random) {
  const fileKey = random(32);
  const stanzas = recipients.map((recipient) => {
    const secret = random(32);
    const share = rawPublic(x25519Private(secret));
    const agreed = crypto.diffieHellman({ privateKey: x25519Private(secret), publicKey: x25519Public(recipient.x25519) });
    return Buffer.concat([share, encrypt(hkdf(agreed, Buffer.concat([share, recipient.x25519]), 'HYPERNODE/seal/v1/wrap'), Buffer.alloc(12), fileKey)]);
  });
  const signed = Buffer.concat([Buffer.from('HYPERNODE-SEAL-1'), Buffer.from([recipients.length]), ...stanzas]);
  const mac = crypto.createHmac('sha256', hkdf(fileKey, Buffer.alloc(0), 'HYPERNODE/seal/v1/header')).update(signed).digest();
  const salt = random(16);
  const payloadKey = hkdf(fileKey, salt, 'HYPERNODE/seal/v1/payload');
  const chunks = [];
  for (let at = 0, n = 0; n === 0 || at < plain.length; n++, at += CHUNK) {
    const nonce = Buffer.alloc(12);
    nonce.writeBigUInt64BE(BigInt(n), 3);
    nonce[11] = at + CHUNK >= plain.length ? 1 : 0;
    chunks.push(encrypt(payloadKey, nonce, plain.subarray(at, at + CHUNK)));
  }
  return Buffer.concat([signed, mac, salt, ...chunks]);
}

/** Bytes that look random and are the same each time: SHA-256 of a label and a counter. */
function stream(label) {
  let n = 0;
  return (count) => sha256(Buffer.from(`${label}/${n++}`)).subarray(0, count);
}
const plainOf = (length) => Buffer.from(Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255));

const seeds = [1, 2, 3].map((n) => Buffer.alloc(32, n));
const cases = [[0, [0]], [1, [0]], [11, [0, 1, 2]], [CHUNK - 1, [1]], [CHUNK, [1]], [CHUNK + 1, [1, 0]], [3 * CHUNK, [2]]];
const vectors = {
  keys: seeds.map((seed) => {
    const { ed25519, x25519, secret } = keysOf(seed);
    return { seed: seed.toString('hex'), ed25519: ed25519.toString('hex'), x25519: x25519.toString('hex'), x25519Secret: secret.toString('hex') };
  }),
  envelopes: cases.map(([length, to]) => {
    const random = `vector ${length} ${to.join('')}`;
    const sealed = seal(plainOf(length), to.map((i) => keysOf(seeds[i])), stream(random));
    return {
      random, plainBytes: length, recipients: to, bytes: sealed.length, sha256: sha256(sealed).toString('hex'),
      ...(sealed.length < 1024 ? { envelope: sealed.toString('base64') } : {}),
    };
  }),
};
fs.writeFileSync(path.join(__dirname, 'envelopes.json'), `${JSON.stringify(vectors, null, 2)}\n`);
