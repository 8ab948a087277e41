// How the types are used; a test compiles it with --strict. Sums are base units (10⁻⁶ HYPER): beyond 2⁵³ take the text fields.
import type { components, paths } from './schema.js';

type Schemas = components['schemas'];
type Json<T> = T extends { content: { 'application/json': infer Body } } ? Body : never;

export type Job = Schemas['JobAnswer'];
export type Jobs = Json<paths['/api/jobs']['get']['responses'][200]>;
export type Submission = Json<NonNullable<paths['/api/facilitator/submit-job']['post']['requestBody']>>;

/** What was refused, with every wrong field. */
export class Refused extends Error {
  constructor(readonly problem: Schemas['Problem']) {
    super(problem.detail);
  }
}

export class Hypernode {
  constructor(private readonly url: string, private readonly token: string) {}

  /** The wallet's jobs, newest first, page after page. */
  async *jobs(status?: string): AsyncGenerator<Jobs['items'][number]> {
    for (let cursor: string | undefined; ; ) {
      const query = new URLSearchParams({ limit: '50', ...(status && { status }), ...(cursor && { cursor }) });
      const page: Jobs = await this.get(`/api/jobs?${query}`);
      yield* page.items;
      if ((cursor = page.next) === undefined) return;
    }
  }

  job(jobId: string): Promise<Job> {
    return this.get(`/api/jobs/${jobId}`);
  }

  /** The same body again gets the same answer. */
  async submit(body: Submission, key: string): Promise<Schemas['SubmitJobAnswer']> {
    const answer = await fetch(`${this.url}/api/facilitator/submit-job`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
    });
    return read(answer);
  }

  private async get<T>(route: string): Promise<T> {
    return read(await fetch(this.url + route, { headers: { authorization: `Bearer ${this.token}` } }));
  }
}

async function read<T>(answer: Response): Promise<T> {
  if (!answer.ok) throw new Refused((await answer.json()) as Schemas['Problem']);
  return (await answer.json()) as T;
}

/** What a job has cost, in HYPER; null where it was paid in another mint. */
export const cost = (job: Job): string | null => job.hyper?.charge ?? null;

// What the types forbid stays forbidden: each of these is an error without its mark.
// @ts-expect-error a field that the API does not send
export const wrongField = (job: Job) => job.price;
// @ts-expect-error it may be absent
export const wrongNull = (job: Job): string => job.outcome;
// @ts-expect-error a submission needs its job
export const wrongBody: Submission = { publicKey: '' };
