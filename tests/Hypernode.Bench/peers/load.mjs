// The load that every row of the benchmark gets, told over stdin line by line and answered on stdout:
//   prepare JOBS                  → bench {"ok":true}
//   run JOBS OUTSTANDING SECONDS  → bench {"jobs":…,"seconds":…}   no new job after so many seconds
// It ends when stdin does.
import { createInterface } from 'node:readline';

const answer = (value) => process.stdout.write(`bench ${JSON.stringify(value)}\n`);

/** The seven durable steps of a job, as the workflow has them. */
export const STEPS = ['verify-intent', 'lock-escrow', 'match-job', 'assign-node', 'execute-job', 'verify-result', 'settle-payment'];

/** What a step does here: the chain is simulated and has no latency. */
export const simulatedStep = (job, step) => ({ job, step, signature: 'SimulatedChain' });

async function run(jobs, outstanding, seconds, runJob) {
  const started = process.hrtime.bigint();
  const elapsed = () => Number(process.hrtime.bigint() - started) / 1e9;
  let begun = 0;
  const worker = async () => {
    while (begun < jobs && elapsed() < seconds) {
      begun++;
      await runJob();
    }
  };
  await Promise.all(Array.from({ length: Math.min(outstanding, jobs) }, worker));
  return { jobs: begun, seconds: elapsed() };
}

/** @param {() => Promise<void>} runJob one job from its submission to its end */
export async function serve(runJob, end) {
  answer({ ready: true });
  for await (const line of createInterface({ input: process.stdin })) {
    const [verb, ...numbers] = line.split(' ');
    const [jobs, outstanding, seconds] = numbers.map(Number);
    answer(verb === 'run' ? await run(jobs, outstanding, seconds, runJob) : { ok: true });
  }
  await end();
  process.exit(0);
}
