'use strict';

const assert = require('node:assert/strict');
const { execFileSync, spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const readline = require('node:readline');
const { test } = require('node:test');
const { Keypair } = require('@solana/web3.js');
const { TRANSACTION_ERRORS, INSTRUCTION_ERRORS } = require('../lib/errors.cjs');
const { MAIN, TestNode, until } = require('./harness.cjs');

test('--help explains and mistakes are told', () => {
  const help = execFileSync(process.execPath, [MAIN, '--help'], { encoding: 'utf8' });
  assert.match(help, /Examples:/);
  for (const args of [['--port', 'x'], ['--slot-ms', '0'], ['--nonsense'], ['stray'], ['--port', '70000']]) {
    const { status, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
    assert.equal(status, 1, args.join(' '));
    assert.match(stderr, /^localnet: .+\n$/);
  }
});

test('it listens on loopback, with subscriptions one port up', async (t) => {
  const node = await TestNode.start(t);
  const [rpc, ws] = [new URL(node.rpc), new URL(node.ws)];
  assert.equal(rpc.hostname, '127.0.0.1');
  assert.equal(ws.hostname, '127.0.0.1');
  assert.equal(Number(ws.port), Number(rpc.port) + 1);
  assert.equal(await (await fetch(`${node.rpc}/health`)).text(), 'ok');
});

test('it ends when its stdin closes, and its temporary folder with it', async (t) => {
  const node = await TestNode.start(t);
  assert.equal(await node.stop(), 0);
  assert.equal(node.errors, '');
});

test('it ends when the process that it watches has been killed', async (t) => {
  const parent = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  t.after(() => parent.kill('SIGKILL'));
  const node = await TestNode.start(t, { args: ['--parent-pid', String(parent.pid)] });
  parent.kill('SIGKILL');
  const [code] = await node.exited;
  assert.equal(code, 0);
});

test('it ends when the parent that started it has been killed', async (t) => {
  const script = `const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, [${JSON.stringify(MAIN)}, '--port', '0', '--parent-pid', String(process.pid)], { stdio: ['ignore', 'inherit', 'inherit'] });
    console.log(child.pid);`;
  const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => parent.kill('SIGKILL'));
  const lines = readline.createInterface({ input: parent.stdout });
  const printed = [];
  lines.on('line', (line) => printed.push(line));
  await until('the node is ready', () => printed.length >= 2);
  const pid = Number(printed.find((line) => /^\d+$/.test(line)));
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  await until('the node has gone', () => !fs.existsSync(`/proc/${pid}`));
});

test('faults: transactions are dropped, executed without an answer, or answered late, as told', async (t) => {
  const node = await TestNode.start(t, { args: ['--faults'] });
  const payer = await node.wallet();
  const { SystemProgram } = require('@solana/web3.js');
  const pay = async () => {
    const to = Keypair.generate().publicKey;
    const raw = await node.sign([SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: to, lamports: 1e6 })], [payer]);
    return { raw, balance: async () => (await node.call('getBalance', to.toBase58())).value };
  };

  const force = await node.call('localnet_faults', { dropNext: 1 });
  assert.deepEqual([force.dropNext, force.unknownNext, force.delayMs, force.dropped], [1, 0, 0, 0]);
  const dropped = await pay();
  await node.submit(dropped.raw);
  assert.equal(await dropped.balance(), 0);
  await node.submit(dropped.raw); // the resend arrives
  assert.equal(await dropped.balance(), 1e6);

  await node.call('localnet_faults', { unknownNext: 1 });
  const unknown = await pay();
  await assert.rejects(node.submit(unknown.raw), /fetch failed/);
  assert.equal(await unknown.balance(), 1e6);

  await node.call('localnet_faults', { delayMs: 300 });
  const late = await pay();
  const began = performance.now();
  await node.submit(late.raw);
  assert.ok(performance.now() - began >= 290);
  assert.equal((await node.request('localnet_faults', { dropNext: -1 })).error.code, -32602);
  assert.equal((await node.request('localnet_faults', { explode: 1 })).error.code, -32602);
});

test('faults at a rate are repeatable, and a transaction that is delivered twice is taken once', async (t) => {
  const { SystemProgram } = require('@solana/web3.js');
  const fates = [];
  for (let run = 0; run < 2; run++) {
    const node = await TestNode.start(t, { args: ['--faults'], slotMs: 50 });
    const payer = await node.wallet();
    await node.call('localnet_faults', { dropPerMille: 300, twicePerMille: 300, seed: 7 });
    const arrived = [];
    for (let i = 0; i < 20; i++) {
      const to = Keypair.generate().publicKey;
      await node.submit(await node.sign([SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: to, lamports: 1e6 + i })], [payer]), { skipPreflight: true });
      arrived.push((await node.call('getBalance', to.toBase58())).value);
    }
    await until('the second deliveries are over', async () => (await node.call('getSlot', { commitment: 'processed' })) > 60);
    const { sent, dropped, twice, tookTwice } = await node.call('localnet_faults', {});
    assert.deepEqual([sent, arrived.filter((lamports) => lamports === 0).length, tookTwice], [20, dropped, 0]);
    assert.ok(dropped > 0 && twice > 0);
    fates.push(arrived.map((lamports) => lamports > 0));
  }
  assert.deepEqual(fates[0], fates[1]);
});

test('finality is as slow as it was told to be', async (t) => {
  const node = await TestNode.start(t, { args: ['--finalized-after', '150', '--controls'], slotMs: 50 });
  const signature = await node.call('requestAirdrop', Keypair.generate().publicKey.toBase58(), 1e9);
  const { slot } = await node.reaches(signature, 'confirmed');
  await node.call('localnet_warp', { slots: 60 });
  assert.equal((await node.reaches(signature, 'confirmed')).confirmationStatus, 'confirmed');
  assert.ok(await node.call('getSlot', { commitment: 'finalized' }) < slot);
  await node.call('localnet_warp', { slots: 150 });
  assert.equal((await node.reaches(signature, 'finalized')).confirmationStatus, 'finalized');
});

test('the names of errors are those of the virtual machine', () => {
  const typings = fs.readFileSync(require.resolve('litesvm/dist/internal.js').replace(/\.js$/, '.d.ts'), 'utf8');
  const names = (name) => [...new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(typings)[1].matchAll(/(\w+) = (\d+)/g)]
    .reduce((list, [, key, value]) => { list[value] = key; return list; }, []);
  assert.deepEqual(TRANSACTION_ERRORS, names('TransactionErrorFieldless'));
  assert.deepEqual(INSTRUCTION_ERRORS, names('InstructionErrorFieldless'));
});
