'use strict';

// What the node promises about its disk: kill -9 at any moment loses nothing that was answered.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { Keypair, PublicKey, SystemProgram, TransactionInstruction } = require('@solana/web3.js');
const spl = require('@solana/spl-token');
const { TestNode, temporaryFolder, until } = require('./harness.cjs');
const { bundledElf, deploy, upgrade } = require('./loader.cjs');

const MEMO = 'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr';
const ATA = 'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL';
const memo = (program, text) => new TransactionInstruction({ programId: new PublicKey(program), keys: [], data: Buffer.from(text) });
const transfer = (from, to, lamports) => SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to, lamports });
const snapshots = (data) => fs.readdirSync(data).filter((name) => name.endsWith('.svm'));

/** A story with transfers, tokens, a program, an upgrade, a failure and a conjured account; returns what to compare. */
async function tellStory(node) {
  const payer = await node.wallet(100);
  const to = Keypair.generate().publicKey;
  const signatures = [await node.send([transfer(payer, to, 1e9)], [payer])];
  const connection = node.connection();
  const mint = await spl.createMint(connection, payer, payer.publicKey, null, 6);
  const tokens = (await spl.getOrCreateAssociatedTokenAccount(connection, payer, mint, payer.publicKey)).address;
  signatures.push(await spl.mintTo(connection, payer, mint, tokens, payer, 42_000_000n));
  const program = await deploy(node, payer, await bundledElf(node, ATA));
  await upgrade(node, payer, program, await bundledElf(node, MEMO));
  const failing = await node.sign([transfer(payer, to, 5_000e9)], [payer]);
  const failed = await node.submit(failing, { skipPreflight: true });
  await node.reaches(failed, 'confirmed');
  signatures.push(failed);
  const conjured = Keypair.generate().publicKey;
  await node.call('localnet_setAccount', conjured.toBase58(),
    { lamports: 7e6, owner: MEMO, data: Buffer.from('out of nothing').toString('base64') });
  await node.call('localnet_warp', { seconds: 600, slots: 10 });
  signatures.push(await node.send([memo(MEMO, 'after the warp')], [payer]));
  const addresses = [payer.publicKey, to, mint, tokens, program, conjured].map((key) => key.toBase58());
  return { payer, program, signatures, addresses };
}

/** Everything about the story that must be the same before and after. */
async function facts(node, { signatures, addresses }) {
  const statuses = (await node.call('getSignatureStatuses', signatures, { searchTransactionHistory: true })).value;
  return {
    genesis: await node.call('getGenesisHash'),
    accounts: (await node.call('getMultipleAccounts', addresses, { encoding: 'base64' })).value,
    statuses: statuses.map((status) => ({ slot: status.slot, err: status.err })),
    transactions: await Promise.all(signatures.map((signature) => node.call('getTransaction', signature, { commitment: 'confirmed' }))),
    history: (await node.call('getSignaturesForAddress', addresses[0], { commitment: 'confirmed' }))
      .map(({ confirmationStatus, ...rest }) => rest),
    count: await node.call('getTransactionCount'),
  };
}

async function assertProgramRuns(node, { payer, program }) {
  const raw = await node.sign([memo(program.toBase58(), 'still here')], [payer]);
  const { value } = await node.call('simulateTransaction', raw.toString('base64'), { encoding: 'base64' });
  assert.ok(value.logs.includes('Program log: still here'), value.logs.join('\n'));
  await node.send([memo(program.toBase58(), 'still here')], [payer]);
}

const start = (t, data, slotMs, ...args) => TestNode.start(t, { data, args: ['--controls', ...args], slotMs });

test('kill -9 loses nothing: the log alone brings back accounts, programs, statuses and logs', async (t) => {
  const data = temporaryFolder(t);
  let node = await start(t, data);
  const story = await tellStory(node);
  const before = await facts(node, story);
  const oldSlot = await node.call('getSlot', { commitment: 'processed' });
  const oldHash = (await node.call('getLatestBlockhash')).value.blockhash;
  await node.kill();
  assert.deepEqual(snapshots(data), []);

  node = await start(t, data);
  assert.ok((await node.call('getSlot', { commitment: 'processed' })) > oldSlot);
  assert.notEqual((await node.call('getLatestBlockhash')).value.blockhash, oldHash);
  assert.deepEqual(await facts(node, story), before);
  await assertProgramRuns(node, story);
});

test('a clean end leaves a snapshot, and the log goes on from it', async (t) => {
  const data = temporaryFolder(t);
  let node = await start(t, data);
  const story = await tellStory(node);
  assert.equal(await node.stop(), 0);
  assert.equal(snapshots(data).length, 1);

  node = await start(t, data);
  await assertProgramRuns(node, story);
  const before = await facts(node, story);
  await node.kill();

  node = await start(t, data);
  assert.deepEqual(await facts(node, story), before);
  await assertProgramRuns(node, story);
  await node.kill();

  // A damaged snapshot only costs time.
  const [snapshot] = snapshots(data);
  const bytes = fs.readFileSync(path.join(data, snapshot));
  fs.writeFileSync(path.join(data, snapshot), bytes.subarray(0, bytes.length / 2));
  fs.writeFileSync(path.join(data, 'snapshot-9999.svm.tmp'), 'killed while writing it');
  node = await start(t, data);
  assert.ok(!fs.readdirSync(data).some((name) => name.endsWith('.tmp')));
  assert.match(node.errors, /snapshot-\d+\.svm is passed over/);
  await assertProgramRuns(node, story);
});

test('killed again and again in mid-traffic, it keeps every transaction that it answered, once', async (t) => {
  const data = temporaryFolder(t);
  const to = Keypair.generate().publicKey;
  const answered = [];
  const slots = [];
  let payer;
  for (let round = 0; round < 5; round++) {
    const node = await start(t, data, 50, '--snapshot-every', '15');
    payer ??= await node.wallet(1000);
    slots.push(await node.call('getSlot', { commitment: 'processed' }));
    let killed = false;
    let sent = 0;
    const traffic = (async () => {
      for (; !killed; sent++) {
        const raw = await node.sign([transfer(payer, to, 1_000_000), memo(MEMO, `${round}/${sent}`)], [payer]);
        answered.push(await node.submit(raw, { skipPreflight: true }));
      }
    })().catch((error) => { if (!killed) throw error; });
    await until('some traffic has passed', () => sent >= 20 + round * 7);
    killed = true;
    await node.kill();
    await traffic;
  }
  const node = await start(t, data);
  assert.deepEqual(slots, [...new Set(slots)].sort((a, b) => a - b));
  const present = [];
  for (let index = 0; index < answered.length; index += 256) {
    present.push(...(await node.call('getSignatureStatuses', answered.slice(index, index + 256), { searchTransactionHistory: true })).value);
  }
  assert.ok(present.every((status) => status !== null && status.err === null));
  const history = await node.call('getSignaturesForAddress', to.toBase58(), { commitment: 'confirmed' });
  assert.ok(history.length >= answered.length && history.length <= answered.length + 5);
  assert.equal((await node.call('getBalance', to.toBase58())).value, history.length * 1_000_000);
});

test('a transaction signed before the crash is taken after it, and not twice', async (t) => {
  const data = temporaryFolder(t);
  let node = await start(t, data, 400);
  const payer = await node.wallet();
  const to = Keypair.generate().publicKey;
  const done = await node.sign([transfer(payer, to, 1e9)], [payer]);
  const pending = await node.sign([transfer(payer, to, 2e9)], [payer]);
  await node.submit(done);
  await node.kill();

  node = await start(t, data, 400);
  await node.submit(done, { skipPreflight: true });
  assert.equal((await node.call('getBalance', to.toBase58())).value, 1e9);
  const { error } = await node.request('sendTransaction', done.toString('base64'), { encoding: 'base64' });
  assert.equal(error.data.err, 'AlreadyProcessed');
  await node.submit(pending);
  assert.equal((await node.call('getBalance', to.toBase58())).value, 3e9);
});

test('blockhashes are never given twice, however often the node is killed', async (t) => {
  const data = temporaryFolder(t);
  const seen = new Map(); // blockhash -> the slots until which it was good
  for (let round = 0; round < 3; round++) {
    const node = await start(t, data, 10);
    let count = 0;
    await until('twenty blockhashes', async () => {
      const { value } = await node.call('getLatestBlockhash');
      if (!seen.has(value.blockhash)) count++;
      assert.equal(seen.get(value.blockhash) ?? value.lastValidBlockHeight, value.lastValidBlockHeight);
      seen.set(value.blockhash, value.lastValidBlockHeight);
      return count >= 20;
    });
    await node.kill();
  }
  assert.equal(new Set(seen.values()).size, seen.size);
});

test('a torn last record is cut off; damage further up is refused', async (t) => {
  const data = temporaryFolder(t);
  let node = await start(t, data);
  const payer = await node.wallet();
  await node.send([memo(MEMO, 'kept')], [payer]);
  await node.kill();
  const file = path.join(data, 'ledger.log');
  const whole = fs.readFileSync(file);
  for (const tail of [Buffer.from('0bad'), Buffer.from('00000000 {"n":99}\n'), whole.subarray(0, 500)]) {
    fs.writeFileSync(file, Buffer.concat([whole, tail.includes('\n') && tail.length > 100 ? tail.subarray(0, tail.indexOf('\n') - 5) : tail]));
    node = await start(t, data);
    const history = await node.call('getSignaturesForAddress', payer.publicKey.toBase58(), { commitment: 'confirmed' });
    assert.equal(history.length, 2);
    await node.kill();
  }

  const damaged = Buffer.from(whole);
  damaged[whole.length >> 1] ^= 1;
  fs.writeFileSync(file, damaged);
  await assert.rejects(start(t, data), /damaged/);
});

test('two nodes never share a folder', async (t) => {
  const data = temporaryFolder(t);
  await start(t, data);
  await assert.rejects(start(t, data), /another localnet is using/);
});
