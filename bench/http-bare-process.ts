// bench/http-bare-process.ts: a bare Fastify server over the bare group commit: the same request and response bytes, no
// authentication, validation or control. The sequencer and the webhook jobs run beside it. A child of the benchmark.
import Fastify from 'fastify';
import { openDatabase } from '../packages/server/src/db/connect.ts';
import { DEFAULT_GATE_SETTINGS } from '../packages/server/src/gate/settings.ts';

import { BareGroupCommit } from './baselines/bare.ts';
import { argumentOfChild, serveParent } from './child-process.ts';
import type { Connection } from './cluster.ts';
import { readRowSource } from './decision-rows.ts';
import type { SampleAnswer } from './load-process.ts';
import { type WorldSite, openWorld } from './world.ts';
import { type Outcome, type Purchase, HOT_AGENT } from './workload.ts';

export interface BareSite extends WorldSite {
  /** The database in which the real gate has left the rows to copy. */
  readonly gate: Connection;
  /** What the real server answered, one for each outcome. */
  readonly answers: readonly SampleAnswer[];
}

const site = argumentOfChild() as BareSite; // given by forms/http.ts
const world = await openWorld(site);
const stopJobs = world.startJobs();
const gateDatabase = await openDatabase({ connection: site.gate, applicationName: 'bench', poolSize: 1 });
const source = await readRowSource(gateDatabase.pool, world.gateway.database.pool);
await gateDatabase.close();
const client = await world.gateway.database.writer();
const bare = new BareGroupCommit(client, source, DEFAULT_GATE_SETTINGS.batchSizeMax);
const answers = new Map(site.answers.map((answer) => [answer.outcome, answerer(answer)]));
let number = 0;

const app = Fastify({ genReqId: () => '' });
app.post<{ Body: Purchase['body'] }>('/v1/procurement/requests', async (request, reply) => {
  const outcome = outcomeOf(request.body);
  const idempotencyKey = request.headers['idempotency-key'];
  if (typeof idempotencyKey !== 'string') throw new Error('every request of the workload has a key');
  number += 1;
  const rows = source.rowsOf({ agent: HOT_AGENT, outcome, idempotencyKey }, number, Date.now());
  await bare.submit(rows);
  const answer = answers.get(outcome);
  if (answer === undefined) throw new Error(`the real server has answered no ${outcome} purchase`);
  reply.status(201).headers(answer.headers);
  return reply.send(answer.body(rows.request.requestId));
});
const url = await app.listen({ host: '127.0.0.1', port: 0 });

serveParent({
  ready: { url },
  answer: () => Promise.reject(new Error('the server takes no commands')),
  async close() {
    await app.close();
    await stopJobs();
    await client.end();
    await world.close();
  },
});

function outcomeOf(body: Purchase['body']): Outcome {
  if (body.vendor === 'unlisted.example.net') return 'denied';
  return body.amount > 2_500 ? 'held' : 'approved';
}

/** The sampled answer with another request id of the same length. */
function answerer({ body, headers }: SampleAnswer): {
  headers: Record<string, string>;
  body: (requestId: string) => string;
} {
  const sampled = /preq_([0-9a-z]+)/.exec(body)?.[1];
  if (sampled === undefined) throw new Error('an answer names its request');
  return { headers, body: (requestId) => body.replaceAll(sampled, requestId.slice('preq_'.length)) };
}
