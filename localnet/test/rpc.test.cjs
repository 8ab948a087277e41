'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const {
  ComputeBudgetProgram, Ed25519Program, Keypair, PublicKey, SystemProgram, Transaction, TransactionInstruction,
  TransactionMessage, VersionedTransaction, AddressLookupTableProgram, sendAndConfirmTransaction,
} = require('@solana/web3.js');
const { TestNode, until } = require('./harness.cjs');

const MEMO = new PublicKey('MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr');
const memo = (text, program = MEMO) => new TransactionInstruction({ programId: program, keys: [], data: Buffer.from(text) });
const transfer = (from, to, lamports) => SystemProgram.transfer({ fromPubkey: from, toPubkey: to, lamports });

test('a transfer is confirmed over the WebSocket and moves lamports less the fee', async (t) => {
  const node = await TestNode.start(t);
  const connection = node.connection();
  const payer = await node.wallet(2);
  const to = Keypair.generate().publicKey;

  const signature = await sendAndConfirmTransaction(connection, new Transaction().add(transfer(payer.publicKey, to, 1e9)), [payer]);

  assert.equal(await connection.getBalance(to), 1e9);
  assert.equal(await connection.getBalance(payer.publicKey), 1e9 - 5000);
  const found = await connection.getTransaction(signature, { commitment: 'confirmed', maxSupportedTransactionVersion: 0 });
  assert.equal(found.meta.fee, 5000);
  assert.equal(found.meta.postBalances[1], 1e9);
  assert.ok(Math.abs(found.blockTime - Date.now() / 1000) < 5);
});

test('commitments follow the slots: confirmed in the next one, finalized 32 later', async (t) => {
  const node = await TestNode.start(t, { slotMs: 200 });
  const payer = await node.wallet();
  const signature = await node.submit(await node.sign([memo('hello')], [payer]));
  let { context, value: [status] } = await node.call('getSignatureStatuses', [signature]);
  const seen = new Set();
  while (status.confirmationStatus !== 'finalized') {
    const expected = context.slot === status.slot ? 'processed' : context.slot < status.slot + 32 ? 'confirmed' : 'finalized';
    assert.equal(status.confirmationStatus, expected);
    assert.equal(status.confirmations, context.slot - status.slot);
    seen.add(status.confirmationStatus);
    ({ context, value: [status] } = await node.call('getSignatureStatuses', [signature]));
  }
  assert.ok(context.slot >= status.slot + 32);
  assert.equal(status.confirmations, null);
  assert.ok(seen.has('processed') && seen.has('confirmed'));
});

test('the clock sysvar follows the wall clock and slots tick', async (t) => {
  const node = await TestNode.start(t);
  const readClock = async () => {
    const { value } = await node.call('getAccountInfo', 'SysvarC1ock11111111111111111111111111111111', { encoding: 'base64' });
    const data = Buffer.from(value.data[0], 'base64');
    return { slot: Number(data.readBigUInt64LE(0)), time: Number(data.readBigInt64LE(32)) };
  };
  const first = await readClock();
  assert.ok(Math.abs(first.time - Date.now() / 1000) < 3);
  const later = await until('ten slots have passed', async () => {
    const clock = await readClock();
    return clock.slot >= first.slot + 10 ? clock : null;
  });
  assert.ok(Math.abs(later.time - Date.now() / 1000) < 3);
  assert.ok(Math.abs(await node.call('getBlockTime', later.slot) - later.time) <= 1);
  assert.equal((await node.request('getBlockTime', later.slot + 100_000)).error.code, -32004);
  const finalized = await node.call('getSlot');
  const processed = await node.call('getSlot', { commitment: 'processed' });
  assert.ok(processed >= finalized + 32 || finalized === 0);
});

test('a blockhash is good up to its last valid block height and then expires', async (t) => {
  const node = await TestNode.start(t, { slotMs: 10 });
  const payer = await node.wallet();
  const { value: { blockhash, lastValidBlockHeight } } = await node.call('getLatestBlockhash');
  const raw = await node.sign([memo('too late')], [payer], blockhash);
  assert.equal((await node.call('isBlockhashValid', blockhash)).value, true);
  await until('the block height has passed it', async () => {
    const height = await node.call('getBlockHeight', { commitment: 'processed' });
    const { context, value } = await node.call('isBlockhashValid', blockhash);
    assert.equal(value, context.slot <= lastValidBlockHeight);
    return height > lastValidBlockHeight;
  });
  const { error } = await node.request('sendTransaction', raw.toString('base64'), { encoding: 'base64' });
  assert.equal(error.code, -32002);
  assert.equal(error.message, 'Transaction simulation failed: Blockhash not found');
  assert.equal(error.data.err, 'BlockhashNotFound');
});

test('the same transaction twice is one transaction', async (t) => {
  const node = await TestNode.start(t);
  const payer = await node.wallet();
  const to = Keypair.generate().publicKey;
  const raw = await node.sign([transfer(payer.publicKey, to, 1e9)], [payer]);
  const signature = await node.submit(raw);
  const { error } = await node.request('sendTransaction', raw.toString('base64'), { encoding: 'base64' });
  assert.equal(error.code, -32002);
  assert.equal(error.data.err, 'AlreadyProcessed');
  assert.equal(await node.submit(raw, { skipPreflight: true }), signature);
  assert.equal((await node.call('getBalance', to.toBase58())).value, 1e9);
});

test('a failing transaction is refused in preflight and kept with its error and logs without it', async (t) => {
  const node = await TestNode.start(t);
  const payer = await node.wallet(1);
  const raw = await node.sign([transfer(payer.publicKey, Keypair.generate().publicKey, 5e9)], [payer]);
  const { error } = await node.request('sendTransaction', raw.toString('base64'), { encoding: 'base64' });
  assert.equal(error.code, -32002);
  assert.equal(error.message, 'Transaction simulation failed: Error processing Instruction 0: custom program error: 0x1');
  assert.deepEqual(error.data.err, { InstructionError: [0, { Custom: 1 }] });
  assert.ok(error.data.logs.some((line) => line.includes('insufficient lamports')));
  assert.equal((await node.call('getBalance', payer.publicKey.toBase58())).value, 1e9);

  const signature = await node.submit(raw, { skipPreflight: true });
  const status = await node.reaches(signature, 'confirmed');
  assert.deepEqual(status.err, { InstructionError: [0, { Custom: 1 }] });
  const found = await node.call('getTransaction', signature, { commitment: 'confirmed' });
  assert.ok(found.meta.logMessages.some((line) => line.includes('insufficient lamports')));
  assert.equal((await node.call('getBalance', payer.publicKey.toBase58())).value, 1e9 - 5000);
});

test('a forged signature, junk and an unfunded payer are refused', async (t) => {
  const node = await TestNode.start(t);
  const payer = await node.wallet();
  const raw = Buffer.from(await node.sign([memo('x')], [payer]));
  raw[7] ^= 1;
  const forged = await node.request('sendTransaction', raw.toString('base64'), { encoding: 'base64' });
  assert.equal(forged.error.code, -32003);
  assert.match(forged.error.message, /signature verification failure/);
  // Without preflight it is taken and dropped, as a leader would drop it.
  const dropped = await node.call('sendTransaction', raw.toString('base64'), { encoding: 'base64', skipPreflight: true });
  assert.deepEqual((await node.call('getSignatureStatuses', [dropped], { searchTransactionHistory: true })).value, [null]);

  assert.equal((await node.request('sendTransaction', 'AAAA', { encoding: 'base64' })).error.code, -32602);
  assert.equal((await node.request('sendTransaction', Buffer.alloc(1300).toString('base64'), { encoding: 'base64' })).error.code, -32602);
  const poor = await node.sign([memo('x')], [Keypair.generate()]);
  const refused = await node.request('sendTransaction', poor.toString('base64'), { encoding: 'base64' });
  assert.equal(refused.error.data.err, 'AccountNotFound');
});

test('fees count signatures, precompile signatures and the priority fee, and are what is taken', async (t) => {
  const node = await TestNode.start(t);
  const payer = await node.wallet();
  const cases = [
    [[memo('plain')], 5000],
    [[ComputeBudgetProgram.setComputeUnitLimit({ units: 100_000 }), ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 33_333 }), memo('x')], 8334],
    [[ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 1_000_000 }), memo('default limit')], 5000 + 203_000],
    [[Ed25519Program.createInstructionWithPrivateKey({ privateKey: payer.secretKey, message: Buffer.from('signed') })], 10_000],
  ];
  for (const [instructions, expected] of cases) {
    const before = (await node.call('getBalance', payer.publicKey.toBase58())).value;
    const raw = await node.sign(instructions, [payer]);
    const message = Transaction.from(raw).compileMessage().serialize().toString('base64');
    assert.equal((await node.call('getFeeForMessage', message)).value, expected);
    const signature = await node.submit(raw);
    await node.reaches(signature, 'confirmed');
    assert.equal((await node.call('getBalance', payer.publicKey.toBase58())).value, before - expected);
    assert.equal((await node.call('getTransaction', signature, { commitment: 'confirmed' })).meta.fee, expected);
  }
});

test('a tampered Ed25519 instruction fails the transaction', async (t) => {
  const node = await TestNode.start(t);
  const payer = await node.wallet();
  const instruction = Ed25519Program.createInstructionWithPrivateKey({ privateKey: payer.secretKey, message: Buffer.from('signed') });
  instruction.data[instruction.data.length - 1] ^= 1;
  const raw = await node.sign([instruction], [payer]);
  const { error } = await node.request('sendTransaction', raw.toString('base64'), { encoding: 'base64' });
  assert.equal(error.code, -32002);
  assert.deepEqual(error.data.err, { InstructionError: [0, { Custom: 2 }] });
});

test('simulation shows accounts after it, replaces blockhashes and changes nothing', async (t) => {
  const node = await TestNode.start(t);
  const payer = await node.wallet(3);
  const to = Keypair.generate().publicKey;
  const raw = await node.sign([transfer(payer.publicKey, to, 1e9)], [payer], Keypair.generate().publicKey.toBase58());
  const stale = await node.call('simulateTransaction', raw.toString('base64'), { encoding: 'base64' });
  assert.equal(stale.value.err, 'BlockhashNotFound');
  const { value } = await node.call('simulateTransaction', raw.toString('base64'), {
    encoding: 'base64', replaceRecentBlockhash: true, accounts: { encoding: 'base64', addresses: [to.toBase58()] },
  });
  assert.equal(value.err, null);
  assert.equal(value.accounts[0].lamports, 1e9);
  assert.ok(value.replacementBlockhash.lastValidBlockHeight > 0);
  assert.equal((await node.call('getBalance', to.toBase58())).value, 0);
});

test('v0 transactions read address lookup tables', async (t) => {
  const node = await TestNode.start(t);
  const connection = node.connection();
  const payer = await node.wallet();
  const to = Keypair.generate().publicKey;
  const recentSlot = await connection.getSlot('confirmed');
  const [create, table] = AddressLookupTableProgram.createLookupTable({ authority: payer.publicKey, payer: payer.publicKey, recentSlot });
  await node.send([create, AddressLookupTableProgram.extendLookupTable({
    payer: payer.publicKey, authority: payer.publicKey, lookupTable: table, addresses: [to],
  })], [payer]);
  await until('the table can be used', async () => (await connection.getSlot('processed')) > recentSlot + 3);
  const { value: lookupTable } = await connection.getAddressLookupTable(table);
  const message = new TransactionMessage({
    payerKey: payer.publicKey, recentBlockhash: (await connection.getLatestBlockhash()).blockhash,
    instructions: [transfer(payer.publicKey, to, 1e9)],
  }).compileToV0Message([lookupTable]);
  const transaction = new VersionedTransaction(message);
  transaction.sign([payer]);
  const signature = await connection.sendTransaction(transaction);
  await node.reaches(signature, 'confirmed');
  assert.equal(await connection.getBalance(to), 1e9);
  const found = await connection.getTransaction(signature, { commitment: 'confirmed', maxSupportedTransactionVersion: 0 });
  assert.equal(found.version, 0);
  assert.equal(found.meta.loadedAddresses.writable[0].toBase58(), to.toBase58());
  assert.equal((await node.request('getTransaction', signature, { commitment: 'confirmed' })).error.code, -32015);
  const parsed = await connection.getParsedTransaction(signature, { commitment: 'confirmed', maxSupportedTransactionVersion: 0 });
  assert.equal(parsed.transaction.message.accountKeys.at(-1).source, 'lookupTable');
});

test('signatures of an address come newest first, in pages', async (t) => {
  const node = await TestNode.start(t);
  const connection = node.connection();
  const payer = await node.wallet();
  const sent = [];
  for (let index = 0; index < 5; index++) sent.unshift(await node.send([memo(`number ${index}`)], [payer]));
  const all = await connection.getSignaturesForAddress(payer.publicKey);
  assert.deepEqual(all.slice(0, 5).map((item) => item.signature), sent);
  assert.equal(all.length, 6); // and the airdrop
  const page = await connection.getSignaturesForAddress(payer.publicKey, { limit: 2, before: sent[1] });
  assert.deepEqual(page.map((item) => item.signature), [sent[2], sent[3]]);
  const newer = await connection.getSignaturesForAddress(payer.publicKey, { until: sent[2] });
  assert.deepEqual(newer.map((item) => item.signature), [sent[0], sent[1]]);
});

test('equal airdrops are transactions of their own', async (t) => {
  const node = await TestNode.start(t);
  const to = Keypair.generate().publicKey.toBase58();
  const signatures = await Promise.all([1, 2, 3].map(() => node.call('requestAirdrop', to, 1e9)));
  assert.equal(new Set(signatures).size, 3);
  assert.equal((await node.call('getBalance', to)).value, 3e9);
});

test('batches are answered in order and errors have JSON-RPC\'s shape', async (t) => {
  const node = await TestNode.start(t);
  const batch = await node.post([
    { jsonrpc: '2.0', id: 'a', method: 'getHealth' },
    { jsonrpc: '2.0', id: 'b', method: 'noSuchMethod' },
    { jsonrpc: '2.0', id: 'c', method: 'getGenesisHash' },
    7,
  ]);
  assert.deepEqual(batch.map((item) => item.id), ['a', 'b', 'c', null]);
  assert.equal(batch[0].result, 'ok');
  assert.equal(batch[1].error.code, -32601);
  assert.equal(batch[2].result, node.genesis);
  assert.equal(batch[3].error.code, -32600);
  assert.equal((await node.post('{')).error.code, -32700);
  for (const bad of ['short', '0OIl', 7, null, '1'.repeat(33)]) {
    assert.equal((await node.request('getBalance', bad)).error.code, -32602, String(bad));
  }
  assert.equal((await node.request('getSlot', { minContextSlot: 1e9 })).error.code, -32016);
  assert.equal((await node.request('localnet_faults', {})).error.code, -32601);
  assert.equal((await node.request('localnet_warp', {})).error.code, -32601);
});

test('warping moves the clock and the slots', async (t) => {
  const node = await TestNode.start(t, { args: ['--controls'] });
  const before = await node.call('getSlot', { commitment: 'processed' });
  const { slot, unixTimestamp } = await node.call('localnet_warp', { seconds: 3600, slots: 100 });
  assert.ok(slot >= before + 100);
  assert.ok(Math.abs(unixTimestamp - Date.now() / 1000 - 3600) < 3);
  await until('slots go on from there', async () => (await node.call('getSlot', { commitment: 'processed' })) > slot + 3);
  const payer = await node.wallet();
  const found = await node.call('getTransaction', await node.send([memo('later')], [payer]), { commitment: 'confirmed' });
  assert.ok(Math.abs(found.blockTime - Date.now() / 1000 - 3600) < 3);
});
