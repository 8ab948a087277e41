// A job as a DBOS workflow of seven durable steps, on PostgreSQL at its default durability.
// usage: DBOS_SYSTEM_DATABASE_URL=postgresql://… node dbos.mjs
import { randomUUID } from 'node:crypto';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { STEPS, serve, simulatedStep } from './load.mjs';

const runJob = DBOS.registerWorkflow(
  async (job) => {
    for (const step of STEPS) {
      await DBOS.runStep(async () => simulatedStep(job, step), { name: step });
    }
    return 'Paid';
  },
  { name: 'job' });

// Its own logger writes to stdout, where the answers go.
DBOS.setConfig({ name: 'hypernode-bench', systemDatabaseUrl: process.env.DBOS_SYSTEM_DATABASE_URL, logLevel: 'error', runAdminServer: false });
await DBOS.launch();

await serve(
  async () => {
    const job = randomUUID();
    const handle = await DBOS.startWorkflow(runJob, { workflowID: job })(job);
    const state = await handle.getResult();
    if (state !== 'Paid') throw new Error(`a job ended as ${state}`);
  },
  () => DBOS.shutdown());
