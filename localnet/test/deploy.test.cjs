'use strict';

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { PublicKey, TransactionInstruction } = require('@solana/web3.js');
const { TestNode, until } = require('./harness.cjs');
const { bundledElf, deploy, programDataOf, upgrade } = require('./loader.cjs');

const MEMO = 'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr';
const ATA = 'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL';
const call = (program, text) => new TransactionInstruction({ programId: program, keys: [], data: Buffer.from(text) });

/** A program may be invoked from the slot after its deployment on. */
async function invoke(node, payer, program, text) {
  return until('the program can be invoked', async () => {
    const raw = await node.sign([call(program, text)], [payer]);
    const { value } = await node.call('simulateTransaction', raw.toString('base64'), { encoding: 'base64', sigVerify: true });
    return value.err === 'InvalidProgramForExecution' ? null : value;
  });
}

test('a program deployed through the loader runs, and runs its new code after an upgrade', async (t) => {
  const node = await TestNode.start(t);
  const payer = await node.wallet(100);
  const ataElf = await bundledElf(node, ATA);
  const program = await deploy(node, payer, ataElf);
  const before = await invoke(node, payer, program, 'hello');
  assert.ok(before.logs.every((line) => !line.includes('Memo')), before.logs.join('\n'));

  await upgrade(node, payer, program, await bundledElf(node, MEMO));
  const after = await until('the upgrade is in force', async () => {
    const value = await invoke(node, payer, program, 'hello');
    return value.err === null ? value : null;
  });
  assert.ok(after.logs.includes('Program log: hello'), after.logs.join('\n'));
  const { value } = await node.call('getAccountInfo', programDataOf(program).toBase58(), { encoding: 'base64' });
  assert.ok(new PublicKey(Buffer.from(value.data[0], 'base64').subarray(13, 45)).equals(payer.publicKey));
});

test('junk is not deployed', async (t) => {
  const node = await TestNode.start(t);
  const payer = await node.wallet(100);
  await assert.rejects(deploy(node, payer, Buffer.alloc(2000, 7)), /invalid account data|InvalidAccountData/);
});

test('the facilitator is deployed and renders an intent', async (t) => {
  const file = path.join(__dirname, '..', '..', 'programs', 'bin', 'facilitator.so');
  const node = await TestNode.start(t);
  const payer = await node.wallet(100);
  const program = await deploy(node, payer, fs.readFileSync(file));
  const discriminator = crypto.createHash('sha256').update('global:render_intent').digest().subarray(0, 8);
  const ids = Buffer.alloc(32, 0xab);
  const numbers = Buffer.from(new BigUint64Array([1_500_000n, 1_700_000_000_000n, 1_700_000_300_000n]).buffer);
  const value = await invoke(node, payer, program, Buffer.concat([discriminator, ids, numbers, Buffer.alloc(32, 0xcd)]));
  assert.equal(value.err, null, value.logs.join('\n'));
  assert.equal(value.returnData.programId, program.toBase58());
  assert.match(Buffer.from(value.returnData.data[0], 'base64').toString(), /abababab/);
});
