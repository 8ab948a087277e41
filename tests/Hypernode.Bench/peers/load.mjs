// The load that every row of the benchmark gets, told over stdin line by line and answered on stdout:
//   prepare JOBS          → bench {"ok":true}
//   run JOBS OUTSTANDING  → bench {"jobs":…,"seconds":…}
// It ends when stdin does.
import { createInterface } from 'node:readline';

const answer = (value) => process.stdout.write(`bench ${JSON.stringify(value)}\n`);

/** The seven durable steps of a job, as the workflow has them. */
export const STEPS = ['verify-intent', 'lock-escrow', 'match-job', 'assign-node', 'execute-job', 'verify-result', 'settle-payment'];

/** What a step does here: the chain is simulated and has no latency. */
export const simulatedStep = (job, step) => ({ job, step, signature: 'SimulatedChain' });

async function run(jobs, outstanding, runJob) {
  const started = process.hrtime.bigint();
  let next = 0;
  const worker = async () => {
    while (next < jobs) {
      next++;
      await runJob();
    }
  };
  await Promise.all(Array.from({ length: Math.min(outstanding, jobs) }, worker));
  return { jobs, seconds: Number(process.hrtime.bigint() - started) / 1e9 };
}

/** @param {() => Promise<void>} runJob one job from its submission to its end */
export async function serve(runJob, end) {
  answer({ ready: true });
  for await (const line of createInterface({ input: process.stdin })) {
    const [verb, jobs, outstanding] = line.split(' ');
    answer(verb === 'run' ? await run(Number(jobs), Number(outstanding), runJob) : { ok: true });
  }
  await end();
  process.exit(0);
}
