// bench/store-requests.ts: fills a database with a year of requests, through the bare group commit, and integrates them
// into its log. Must not be timed.
import { BareGroupCommit } from './baselines/bare.ts';
import { runClosedLoop } from './closed-loop.ts';
import { readRowSource } from './decision-rows.ts';
import { purchaseOf } from './workload.ts';
import type { World } from './world.ts';

const YEAR_MS = 365 * 86_400_000;
const BATCH_SIZE_MAX = 1_000;

/** @param samples a world in which the real gate has left rows to copy */
export async function storeRequests(samples: World, world: World, count: number): Promise<void> {
  const { database } = world.gateway;
  const source = await readRowSource(samples.gateway.database.pool, database.pool);
  const client = await database.writer();
  const bare = new BareGroupCommit(client, source, BATCH_SIZE_MAX);
  const agents = world.keyIds.length;
  const startMs = Date.now() - YEAR_MS;
  const stopJobs = world.startJobs();
  try {
    await runClosedLoop({
      callers: BATCH_SIZE_MAX,
      count,
      ask: (number) =>
        bare.submit(
          source.rowsOf(purchaseOf(number, agents), number, startMs + Math.floor((number / count) * YEAR_MS)),
        ),
    });
  } finally {
    await stopJobs();
    await client.end();
  }
}
