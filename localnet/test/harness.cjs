'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');
const timers = require('node:timers/promises');
const { Connection, Keypair, sendAndConfirmTransaction, Transaction } = require('@solana/web3.js');

const MAIN = path.join(__dirname, '..', 'main.cjs');
const DEADLINE_MS = 60_000;

/** Polls until `condition` gives something truthy, which it returns. */
async function until(what, condition, deadlineMs = DEADLINE_MS) {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > end) throw new Error(`still not so after ${deadlineMs} ms: ${what}`);
    await timers.setTimeout(10);
  }
}

/** A node as a child process of the test `t`; `kill()` is kill -9, `stop()` a clean end. */
class TestNode {
  static async start(t, { args = [], data, slotMs = 100 } = {}) {
    const child = spawn(process.execPath,
      [MAIN, '--port', '0', '--slot-ms', String(slotMs), '--until-stdin-closes', ...(data ? ['--data', data] : []), ...args],
      { stdio: ['pipe', 'pipe', 'pipe'] });
    const node = new TestNode(child);
    t.after(() => node.kill());
    const line = await Promise.race([
      once(readline.createInterface({ input: child.stdout }), 'line').then(([text]) => text),
      once(child, 'exit').then(([code]) => { throw new Error(`the node ended with ${code}: ${node.errors}`); }),
    ]);
    Object.assign(node, JSON.parse(line));
    return node;
  }

  constructor(child) {
    this.child = child;
    this.errors = '';
    this.exited = once(child, 'exit');
    child.stderr.on('data', (data) => { this.errors += data; });
    this.connections = [];
  }

  connection(commitment = 'confirmed') {
    const connection = new Connection(this.rpc, { commitment, wsEndpoint: this.ws, disableRetryOnRateLimit: true });
    this.connections.push(connection);
    return connection;
  }

  /** The raw JSON-RPC answer. */
  async request(method, ...params) {
    return this.post({ jsonrpc: '2.0', id: 1, method, params });
  }

  async post(body) {
    const response = await fetch(this.rpc, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return response.json();
  }

  /** The result, or an exception with the node's message. */
  async call(method, ...params) {
    const answer = await this.request(method, ...params);
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result;
  }

  async kill() {
    // web3.js would go on reconnecting for ever, and keep the test's process alive.
    for (const { _rpcWebSocket: socket } of this.connections) {
      socket.setAutoReconnect(false);
      if (socket.socket) socket.close();
    }
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.exited;
  }

  async stop() {
    this.child.stdin.end();
    const [code] = await this.exited;
    return code;
  }

  /** A new wallet with `sol` SOL, confirmed. */
  async wallet(sol = 10) {
    const wallet = Keypair.generate();
    const signature = await this.call('requestAirdrop', wallet.publicKey.toBase58(), sol * 1e9);
    await this.reaches(signature, 'confirmed');
    return wallet;
  }

  async reaches(signature, commitment) {
    const order = ['processed', 'confirmed', 'finalized'];
    return until(`${signature} is ${commitment}`, async () => {
      const { value: [status] } = await this.call('getSignatureStatuses', [signature]);
      return status && order.indexOf(status.confirmationStatus) >= order.indexOf(commitment) ? status : null;
    });
  }

  /** Signs, sends and waits until confirmed, over HTTP alone; returns the signature. */
  async send(instructions, signers, options = {}) {
    const signature = await this.submit(await this.sign(instructions, signers), options);
    const status = await this.reaches(signature, 'confirmed');
    if (status.err && !options.mayFail) throw new Error(`failed: ${JSON.stringify(status.err)}`);
    return signature;
  }

  async sign(instructions, signers, blockhash) {
    const transaction = new Transaction().add(...instructions);
    transaction.feePayer = signers[0].publicKey;
    transaction.recentBlockhash = blockhash ?? (await this.call('getLatestBlockhash')).value.blockhash;
    transaction.sign(...signers);
    return transaction.serialize();
  }

  submit(raw, options = {}) {
    return this.call('sendTransaction', raw.toString('base64'), { encoding: 'base64', skipPreflight: options.skipPreflight === true });
  }
}

function temporaryFolder(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'localnet-test-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

module.exports = { TestNode, until, temporaryFolder, sendAndConfirmTransaction, MAIN };
