'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');
const { Keypair, PublicKey, SystemProgram, TransactionInstruction } = require('@solana/web3.js');
const bs58 = require('bs58').default;
const WebSocket = require('ws');
const { TestNode, until } = require('./harness.cjs');

const MEMO = 'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr';
const memo = (text) => new TransactionInstruction({ programId: new PublicKey(MEMO), keys: [], data: Buffer.from(text) });

const signatureOf = (raw) => bs58.encode(raw.subarray(1, 65));

/** A bare WebSocket client that keeps what it hears. */
class Listener {
  static async open(t, node) {
    const socket = new WebSocket(node.ws);
    t.after(() => socket.terminate());
    await once(socket, 'open');
    return new Listener(socket);
  }

  constructor(socket) {
    this.socket = socket;
    this.heard = [];
    this.lastId = 0;
    socket.on('message', (data) => this.heard.push(JSON.parse(data)));
  }

  async request(method, ...params) {
    const id = ++this.lastId;
    this.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return until(`${method} is answered`, () => this.heard.find((message) => message.id === id));
  }

  async subscribe(method, ...params) {
    return (await this.request(method, ...params)).result;
  }

  notifications(subscription) {
    return this.heard.filter((message) => message.params?.subscription === subscription).map((message) => message.params.result);
  }

  next(subscription, count = 1) {
    return until(`${count} notifications`, () => this.notifications(subscription).length >= count && this.notifications(subscription));
  }
}

test('a signature is notified once, at the commitment asked for, before or after the fact', async (t) => {
  const node = await TestNode.start(t);
  const payer = await node.wallet();
  const listener = await Listener.open(t, node);
  const raw = await node.sign([memo('watched')], [payer]);
  const signature = signatureOf(raw);
  const early = await Promise.all(['processed', 'confirmed', 'finalized'].map((commitment) =>
    listener.subscribe('signatureSubscribe', signature, { commitment })));
  await node.submit(raw);
  for (const [index, lag] of [[0, 0], [1, 1], [2, 32]]) {
    const [{ context, value }] = await listener.next(early[index]);
    assert.deepEqual(value, { err: null });
    const slot = await node.call('getSlot', { commitment: 'processed' });
    assert.ok(slot >= context.slot + lag, `${slot} is before ${context.slot} + ${lag}`);
  }
  const late = await listener.subscribe('signatureSubscribe', signature, { commitment: 'finalized' });
  assert.equal((await listener.next(late)).length, 1);
  for (const id of early) assert.equal(listener.notifications(id).length, 1);
});

test('accounts, logs, programs and slots are told as they change', async (t) => {
  const node = await TestNode.start(t);
  const payer = await node.wallet();
  const to = Keypair.generate().publicKey.toBase58();
  const listener = await Listener.open(t, node);
  const commitment = 'processed';
  const account = await listener.subscribe('accountSubscribe', to, { encoding: 'base64', commitment });
  const mentioning = await listener.subscribe('logsSubscribe', { mentions: [MEMO] }, { commitment });
  const all = await listener.subscribe('logsSubscribe', 'all', { commitment });
  const program = await listener.subscribe('programSubscribe', SystemProgram.programId.toBase58(), { encoding: 'base64', commitment });
  const slots = await listener.subscribe('slotSubscribe');

  const pay = SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: new PublicKey(to), lamports: 1e9 });
  const first = await node.send([pay], [payer]);
  const second = await node.send([pay, memo('with a word')], [payer]);

  const changes = await listener.next(account, 2);
  assert.deepEqual(changes.map((item) => item.value.lamports), [1e9, 2e9]);
  const logs = await listener.next(all, 2);
  assert.deepEqual(logs.map((item) => item.value.signature), [first, second]);
  const [mention] = await listener.next(mentioning);
  assert.equal(mention.value.signature, second);
  assert.ok(mention.value.logs.includes('Program log: with a word'));
  const owned = await listener.next(program, 4);
  assert.ok(owned.some((item) => item.value.pubkey === to));
  const ticks = await listener.next(slots, 5);
  ticks.slice(1).forEach((tick, index) => assert.equal(tick.slot, ticks[index].slot + 1));

  assert.equal((await listener.request('accountUnsubscribe', account)).result, true);
  assert.equal((await listener.request('accountUnsubscribe', account)).error.code, -32602);
  await node.send([pay, memo('unheard')], [payer]);
  await listener.next(all, 3);
  assert.equal(listener.notifications(account).length, 2);
});

test('a failed transaction is notified with its error, and bad requests are answered', async (t) => {
  const node = await TestNode.start(t);
  const payer = await node.wallet(1);
  const listener = await Listener.open(t, node);
  const raw = await node.sign([SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: Keypair.generate().publicKey, lamports: 5e9 })], [payer]);
  const id = await listener.subscribe('signatureSubscribe', signatureOf(raw), { commitment: 'confirmed' });
  await node.submit(raw, { skipPreflight: true });
  assert.deepEqual((await listener.next(id))[0].value, { err: { InstructionError: [0, { Custom: 1 }] } });

  assert.equal((await listener.request('noSuchSubscribe')).error.code, -32601);
  assert.equal((await listener.request('accountSubscribe', 'short')).error.code, -32602);
  assert.equal((await listener.request('logsSubscribe', {})).error.code, -32602);
  listener.socket.send('{');
  await until('junk is answered', () => listener.heard.some((message) => message.error?.code === -32700));
});
