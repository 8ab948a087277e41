// A job as a Restate handler of seven durable steps, on a single node at its default durability.
// usage: node restate.mjs DATA_FOLDER
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { arch, platform } from 'node:process';
import * as restate from '@restatedev/restate-sdk';
import { STEPS, serve, simulatedStep } from './load.mjs';

// The SDK uses it; Node 20 does not have it yet.
Promise.withResolvers ??= () => {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
};

const folder = process.argv[2];
const server = join(
  dirname(createRequire(import.meta.url).resolve(`@restatedev/restate-server-${platform}-${arch}/package.json`)), 'bin', 'restate-server');

// A plain service is the lightest that Restate offers: no key, no lock, no lookup of an earlier run.
const jobs = restate.service({
  name: 'job',
  handlers: {
    run: async (ctx, job) => {
      for (const step of STEPS) {
        await ctx.run(step, () => simulatedStep(job, step));
      }
      return 'Paid';
    },
  },
});

const freePort = () => new Promise((resolve, reject) => {
  const probe = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
    const { port } = probe.address();
    probe.close(() => resolve(port));
  });
});

const agent = new Agent({ keepAlive: true, maxSockets: 1024 });

const post = (port, path, body) => new Promise((resolve, reject) => {
  const text = JSON.stringify(body);
  const call = request(
    { host: '127.0.0.1', port, path, method: 'POST', agent, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } },
    (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => {
        const said = Buffer.concat(chunks).toString();
        if (response.statusCode < 300) resolve(said);
        else reject(new Error(`${path}: ${response.statusCode} ${said}`));
      });
    });
  call.on('error', reject);
  call.end(text);
});

async function eventually(what, attempt) {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      return await attempt();
    } catch (e) {
      if (Date.now() > deadline) throw new Error(`${what}: ${e.message}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

// Its line of log a job and step would only slow it down.
const endpoint = createHttp2Server(restate.createEndpointHandler({ services: [jobs], logger: () => {} }));
const endpointPort = await new Promise((resolve) => endpoint.listen(0, '127.0.0.1', () => resolve(endpoint.address().port)));
const [ingress, admin, node] = await Promise.all([freePort(), freePort(), freePort()]);

// --pdeathsig: whatever ends us ends the server, too.
const child = spawn('setpriv', ['--pdeathsig', 'KILL', server, '--no-logo', '--listen-mode', 'tcp', '--base-dir', folder], {
  stdio: ['ignore', 2, 2],
  env: {
    ...process.env,
    RESTATE_NODE_NAME: 'bench',
    RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
    RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${node}/`,
    RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
    RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
    RESTATE_DISABLE_TELEMETRY: 'true',
    DO_NOT_TRACK: '1',
  },
});
child.on('exit', (code) => {
  console.error(`restate-server has ended: ${code}`);
  process.exit(1);
});

await eventually('registering the service', () => post(admin, '/deployments', { uri: `http://127.0.0.1:${endpointPort}` }));
await eventually('the first job', () => post(ingress, '/job/run', randomUUID()));

await serve(
  async () => {
    const state = await post(ingress, '/job/run', randomUUID());
    if (state !== '"Paid"') throw new Error(`a job ended as ${state}`);
  },
  async () => {
    child.removeAllListeners('exit');
    child.kill('SIGKILL');
  });
