// What the program believes about the instruction before its own. Each case is a way to pass for a signature.
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { ComputeBudgetProgram, Keypair, SYSVAR_INSTRUCTIONS_PUBKEY, TransactionInstruction } = require('@solana/web3.js');
const { World, PROGRAMS, HYPER } = require('./lib/world.cjs');
const { ED25519_PROGRAM, ed25519, ed25519Raw, signWith } = require('./lib/facilitator.cjs');
const { refused, refusedByPrecompile } = require('./lib/assertions.cjs');

const world = new World();
world.approve(world.payer, 1_000n * HYPER);
const { relayer, payer, stranger, program } = world;
const proxy = Keypair.generate().publicKey;
world.svm.addProgram(proxy.toBytes(), fs.readFileSync(path.join(PROGRAMS, 'proxy.so')));

const send = (...instructions) => world.send(instructions, [relayer]);
const authorize = (terms, accounts) => world.facilitator.authorizeIntent(terms, accounts);
/** The same instruction, called by another program. */
const throughProxy = ({ keys, data }) =>
  new TransactionInstruction({ programId: proxy, data, keys: [{ pubkey: program, isSigner: false, isWritable: false }, ...keys] });
/** A program that does nothing, with any data: a place to keep bytes. */
const keeps = (data) => new TransactionInstruction({ programId: proxy, keys: [], data });
const precompile = (data) => new TransactionInstruction({ programId: ED25519_PROGRAM, keys: [], data });

test('a payer\'s signature is refused', async (t) => {
  const terms = world.terms();
  const text = world.text(terms);
  const valid = ed25519([payer], text);
  const cases = {
    'when it is not there': () => refused(send(authorize(terms)), 'SignatureMissing'),
    'when another instruction stands between': () =>
      refused(send(valid, ComputeBudgetProgram.setComputeUnitLimit({ units: 200_000 }), authorize(terms)), 'SignatureMissing'),
    'when it comes after': () => refused(send(authorize(terms), valid), 'SignatureMissing'),
    'when the precompile was given none': () => {
      const result = send(precompile(Buffer.alloc(2)), authorize(terms));
      refused(result, 'SignatureMissing');
      assert.equal(result.index, 1, 'the precompile accepts zero signatures, so the program must not');
    },
    'when the precompile was given none, but the bytes of one follow': () => {
      const data = Buffer.from(valid.data);
      data[0] = 0;
      assert.ok(!send(precompile(data), authorize(terms)).ok);
    },
    'when two signed': () => refused(send(ed25519([payer, stranger], text), authorize(terms)), 'SignatureMissing'),
    'when the same bytes were given to another program': () => refused(send(keeps(valid.data), authorize(terms)), 'SignatureMissing'),
    'when it is forged': () => {
      const data = Buffer.from(valid.data);
      data[60] ^= 1;
      refusedByPrecompile(send(precompile(data), authorize(terms)));
    },
    'when it was over another text': () => {
      const entry = { key: 16, signature: 48, message: 112, length: text.length };
      const signature = signWith(payer, world.text({ ...terms, amount: 1n }));
      refusedByPrecompile(send(ed25519Raw([entry], payer.publicKey.toBuffer(), signature, text), authorize(terms)));
    },
    'when its key is taken from elsewhere: a stranger signs, and the payer\'s key lies where a careless program looks': () => {
      // The theft that the check of the key's offset is for: the precompile verifies the stranger's key, in instruction 0.
      const entry = { key: 16, keyIn: 0, signature: 48, message: 112, length: text.length };
      const theft = ed25519Raw([entry], payer.publicKey.toBuffer(), signWith(stranger, text), text);
      const result = send(keeps(Buffer.concat([Buffer.alloc(16), stranger.publicKey.toBuffer()])), theft, authorize(terms));
      assert.equal(result.index, 2, 'the precompile is satisfied');
      refused(result, 'SignatureOffsets');
    },
    'when its key lies in an earlier instruction': () => {
      const entry = { key: 0, keyIn: 0, signature: 16, message: 80, length: text.length };
      const verification = ed25519Raw([entry], signWith(payer, text), text);
      refused(send(keeps(payer.publicKey.toBuffer()), verification, authorize(terms)), 'SignatureOffsets');
    },
    'when its message lies in an earlier instruction': () => {
      const other = Buffer.from('hello, another application');
      const entry = { key: 16, signature: 48, message: 0, messageIn: 0, length: other.length };
      const verification = ed25519Raw([entry], payer.publicKey.toBuffer(), signWith(payer, other), text);
      refused(send(keeps(other), verification, authorize(terms)), 'SignatureOffsets');
    },
    'when the signature itself lies in an earlier instruction': () => {
      const entry = { key: 16, signature: 0, signatureIn: 0, message: 48, length: text.length };
      const verification = ed25519Raw([entry], payer.publicKey.toBuffer(), text);
      refused(send(keeps(signWith(payer, text)), verification, authorize(terms)), 'SignatureOffsets');
    },
    'when all of it is a reference to an earlier verification': () => {
      const entry = { key: 16, keyIn: 0, signature: 48, signatureIn: 0, message: 112, messageIn: 0, length: text.length };
      refused(send(valid, ed25519Raw([entry]), authorize(terms)), 'SignatureOffsets');
    },
    'when the sysvar is another account': () =>
      refused(send(valid, authorize(terms, { instructions: Keypair.generate().publicKey })), 'ConstraintAddress'),
    'when the sysvar is an account with the right bytes': () => {
      const forged = Keypair.generate().publicKey;
      const { Account } = require('litesvm/dist/internal.js');
      world.svm.setAccount(forged.toBytes(), new Account(1_000_000n, new Uint8Array(400), SYSVAR_INSTRUCTIONS_PUBKEY.toBytes(), false, 0n));
      refused(send(valid, authorize(terms, { instructions: forged })), 'ConstraintAddress');
    },
    'when another program calls': () => refused(send(valid, throughProxy(authorize(terms))), 'SignatureMissing'),
  };
  for (const [name, run] of Object.entries(cases)) await t.test(name, run);
  await t.test('and the valid one is accepted', () => assert.ok(send(valid, authorize(terms)).ok));
});

test('an attestation is refused', async (t) => {
  const terms = world.assigned();
  const proof = world.proof(terms);
  const digest = world.facilitator.usageProofDigest(terms, proof);
  const submit = world.facilitator.submitUsageProof(terms, proof);
  const [a, b, c, , e] = world.oracles;
  const verified = (oracles, message = digest) => ed25519(oracles, message);
  /** Entries that each have a copy of the message of their own. */
  const separate = (oracles, messages) => {
    const head = 2 + 14 * oracles.length;
    let at = head;
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
    'when it is not there': () => refused(send(submit), 'SignatureMissing'),
    'when another instruction stands between': () =>
      refused(send(verified([a, b, c]), ComputeBudgetProgram.setComputeUnitLimit({ units: 200_000 }), submit), 'SignatureMissing'),
    'when nobody signed': () => refused(send(precompile(Buffer.alloc(2)), submit), 'QuorumNotReached'),
    'when two of five signed': () => refused(send(verified([a, b]), submit), 'QuorumNotReached'),
    'when one oracle signed three times': () => refused(send(verified([a, a, a]), submit), 'UnauthorizedOracle'),
    'when one of three signed twice': () => refused(send(verified([a, b, b]), submit), 'UnauthorizedOracle'),
    'when a stranger is among them': () => refused(send(verified([a, b, stranger]), submit), 'UnauthorizedOracle'),
    'when a stranger is added to a quorum': () => refused(send(verified([a, b, c, stranger]), submit), 'UnauthorizedOracle'),
    'when there are six entries': () => {
      const at = (i) => 2 + 14 * 6 + 96 * i;
      const entries = [0, 1, 2, 3, 4, 0].map((i) => ({ key: at(i), signature: at(i) + 32, message: at(5), length: 32 }));
      const parts = world.oracles.flatMap((oracle) => [oracle.publicKey.toBuffer(), signWith(oracle, digest)]);
      refused(send(ed25519Raw(entries, ...parts, digest), submit), 'QuorumNotReached');
    },
    'when equal messages lie at different places': () =>
      refused(send(separate([a, b, c], [digest, digest, digest]), submit), 'AttestationMismatch'),
    'when one signed a prefix': () => {
      const prefix = digest.subarray(0, 31);
      const at = (i) => 44 + 96 * i;
      const entries = [0, 1, 2].map((i) => ({ key: at(i), signature: at(i) + 32, message: at(3), length: i === 2 ? 31 : 32 }));
      const parts = [a, b].flatMap((oracle) => [oracle.publicKey.toBuffer(), signWith(oracle, digest)]);
      const verification = ed25519Raw(entries, ...parts, c.publicKey.toBuffer(), signWith(c, prefix), digest);
      refused(send(verification, submit), 'AttestationMismatch');
    },
    'when all signed a prefix': () => refused(send(verified([a, b, c], digest.subarray(0, 31)), submit), 'AttestationMismatch'),
    'when all signed more than the digest': () =>
      refused(send(verified([a, b, c], Buffer.concat([digest, Buffer.alloc(1)])), submit), 'AttestationMismatch'),
    'when the message lies in an earlier instruction': () => {
      const at = (i) => 44 + 96 * i;
      const entries = [0, 1, 2].map((i) => ({ key: at(i), signature: at(i) + 32, message: 0, messageIn: 0, length: 32 }));
      const parts = [a, b, c].flatMap((oracle) => [oracle.publicKey.toBuffer(), signWith(oracle, digest)]);
      refused(send(keeps(digest), ed25519Raw(entries, ...parts), submit), 'SignatureOffsets');
    },
    'when only the last entry leads elsewhere': () => {
      const at = (i) => 44 + 96 * i;
      const entries = [0, 1, 2].map((i) => ({ key: at(i), signature: at(i) + 32, message: at(3), length: 32 }));
      const outside = { ...entries[2], key: 0, keyIn: 0 };
      const parts = [a, b, c].flatMap((oracle) => [oracle.publicKey.toBuffer(), signWith(oracle, digest)]);
      const verification = ed25519Raw([entries[0], entries[1], outside], ...parts, digest);
      refused(send(keeps(c.publicKey.toBuffer()), verification, submit), 'SignatureOffsets');
    },
    'when one signature is forged': () => {
      const data = Buffer.from(verified([a, b, c]).data);
      data[44 + 96 + 40] ^= 1;
      refusedByPrecompile(send(precompile(data), submit));
    },
    'when the sysvar is another account': () =>
      refused(send(verified([a, b, c]), world.facilitator.submitUsageProof(terms, proof, { instructions: payer.publicKey })), 'ConstraintAddress'),
    'when another program calls': () => refused(send(verified([a, b, c]), throughProxy(submit)), 'SignatureMissing'),
    'for a refund when another program calls': () => {
      const [verification, instruction] = world.attestedFailure(terms);
      refused(send(verification, throughProxy(instruction)), 'SignatureMissing');
    },
  };
  for (const [name, run] of Object.entries(cases)) await t.test(name, run);
  await t.test('and three of five are accepted', () => assert.ok(send(verified([e, a, c]), submit).ok));
});

test('all five oracles may sign', () => {
  const terms = world.assigned();
  const [verification, instruction] = world.attested(terms, world.proof(terms), { oracles: world.oracles });
  const result = send(verification, instruction);
  assert.ok(result.ok, result.error);
  assert.ok(result.size <= 1232, `${result.size} bytes`);
});

test('no mutated verification passes for the payer\'s', () => {
  const terms = world.terms();
  const original = ed25519([payer], world.text(terms)).data;
  const instruction = authorize(terms);
  let seed = 1;
  const random = (n) => (seed = (seed * 48_271) % 2_147_483_647) % n;
  for (let i = 0; i < 400; i++) {
    const data = Buffer.from(original);
    for (let j = 0; j <= i % 3; j++) {
      if (random(2)) data[random(random(3) ? 16 : data.length)] = [0, 1, 2, 16, 48, 112, 255, random(256)][random(8)];
      else data.writeUInt16LE([0, 1, 16, 48, 112, 0xffff, original.length][random(7)], 2 + 2 * random(7));
    }
    const result = world.simulate([precompile(data), instruction], [relayer]);
    if (!result.ok) continue;
    const normal = Buffer.from(data);
    for (const at of [4, 8, 14]) if (normal.readUInt16LE(at) === 0) normal.writeUInt16LE(0xffff, at); // its own index
    assert.deepEqual(normal, original);
  }
});
