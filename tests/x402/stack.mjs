// A stack of its own: `hn up` on free ports and a temporary folder, ended with the test. Jobs run as plain processes of this
// machine (UNSANDBOXED): what is tested here is the money, and it needs no container engine.
import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createKeyPairFromBytes, createKeyPairSignerFromBytes, getBase58Decoder, signBytes } from '@solana/kit';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const START_MS = 180_000;
export const USDC = '4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU';

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Polls until `condition` gives something truthy, which it returns. */
export async function until(what, condition, deadlineMs = 90_000) {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > end) throw new Error(`still not so after ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export class Stack {
  static async start() {
    const stack = new Stack();
    stack.data = fs.mkdtempSync(path.join(os.tmpdir(), 'hypernode-x402-'));
    // A wallet that the facilitator serves: the treasury's, because its USDC account is made with the chain.
    const treasury = crypto.generateKeyPairSync('ed25519');
    const [secret, key] = [treasury.privateKey.export({ format: 'jwk' }).d, treasury.publicKey.export({ format: 'jwk' }).x].map((part) => Buffer.from(part, 'base64url'));
    const keys = path.join(stack.data, 'embedded', 'keys');
    fs.mkdirSync(keys, { recursive: true, mode: 0o700 });
    fs.writeFileSync(path.join(keys, 'protocol-treasury.json'), JSON.stringify([...secret, ...key]), { mode: 0o600 });
    stack.merchant = getBase58Decoder().decode(key);
    stack.child = spawn('bash', [path.join(root, 'hn'), 'up', '--runtime', 'process', '--data', stack.data, '--url', `http://127.0.0.1:${await freePort()}`],
      { env: { ...process.env, HN_NO_BUILD: '1', Hypernode__X402__FacilitatorPayTo__0: stack.merchant }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    stack.errors = '';
    stack.child.stderr.on('data', (data) => { stack.errors += data; });
    const said = {};
    const ready = (async () => {
      for await (const line of readline.createInterface({ input: stack.child.stdout })) {
        const [, name, value] = /^(\S.*?) {2,}(\S.*)$/.exec(line) ?? [];
        if (name) said[name] = value;
        if (said.wallet) return;
      }
      throw new Error(`the stack ended: ${stack.errors}`);
    })();
    await Promise.race([ready, new Promise((_, reject) => { setTimeout(() => reject(new Error(`no stack after ${START_MS} ms: ${stack.errors}`)), START_MS).unref(); })]);
    stack.child.stdout.resume();
    Object.assign(stack, { url: said.API, rpc: said['Solana RPC'], image: said['job image'] });
    stack.secret = Uint8Array.from(JSON.parse(fs.readFileSync(said.wallet, 'utf8')));
    stack.signer = await createKeyPairSignerFromBytes(stack.secret);
    stack.addresses = await (await fetch(`${stack.url}/api/stats/network`)).json();
    return stack;
  }

  async stop() {
    if (this.child.exitCode === null) {
      const exited = once(this.child, 'exit');
      process.kill(-this.child.pid, 'SIGINT'); // its own group: it and what it started
      await exited;
    }
    fs.rmSync(this.data, { recursive: true, force: true });
  }

  async call(method, ...params) {
    const answer = await fetch(this.rpc, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) });
    const { result, error } = await answer.json();
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  /** Base units of all token accounts of a wallet in a mint. */
  async balance(owner, mint) {
    const { value } = await this.call('getTokenAccountsByOwner', owner, { mint }, { encoding: 'jsonParsed', commitment: 'confirmed' });
    return value.reduce((sum, { account }) => sum + BigInt(account.data.parsed.info.tokenAmount.amount), 0n);
  }

  async accountExists(address) {
    return (await this.call('getAccountInfo', address, { encoding: 'base64', commitment: 'confirmed' })).value !== null;
  }

  async post(route, body, headers = {}) {
    return fetch(`${this.url}${route}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
  }

  /** The body of a submission that nobody has signed. */
  async unpaid({ amount = '1', limits = {}, script = 'echo paid by x402; sleep 1' } = {}) {
    const job = {
      type: 'custom', image: this.image, script, limits: { cpuMillis: 100, memoryMb: 64, timeoutSeconds: 30, ...limits }, estimatedTime: 5, network: 'none',
    };
    const answer = await this.post('/api/facilitator/prepare-intent', { client: this.signer.address, amount, job });
    const prepared = await answer.json();
    if (answer.status !== 200) throw new Error(JSON.stringify(prepared));
    return { paymentIntent: prepared.paymentIntent, publicKey: this.signer.address, job, reveal: prepared.reveal, deployment: prepared.deployment };
  }

  async token() {
    const wallet = this.signer.address;
    const { challenge } = await (await this.post('/api/auth/challenge', { wallet })).json();
    const { privateKey } = await createKeyPairFromBytes(this.secret);
    const signature = getBase58Decoder().decode(await signBytes(privateKey, new TextEncoder().encode(challenge)));
    return (await (await this.post('/api/auth/login', { wallet, challenge, signature })).json()).token;
  }

  async ended(jobId) {
    const authorization = `Bearer ${await this.token()}`;
    return until(`${jobId} ends`, async () => {
      const job = await (await fetch(`${this.url}/api/jobs/${jobId}`, { headers: { authorization } })).json();
      return ['Paid', 'Refunded', 'Rejected'].includes(job.state) && job;
    });
  }

  async cancel(jobId) {
    const answer = await this.post(`/api/jobs/cancel/${jobId}`, {}, { authorization: `Bearer ${await this.token()}` });
    if (answer.status >= 300) throw new Error(`${answer.status} ${await answer.text()}`);
  }
}
