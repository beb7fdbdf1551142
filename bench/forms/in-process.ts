// bench/forms/in-process.ts: the gate and its baselines as contestants, asked by callers of the same process. Each works on
// a database of its own, with the sequencer and the webhook jobs of the product running beside it.
import { openDatabase } from '../../packages/server/src/db/connect.ts';
import { DEFAULT_GATE_SETTINGS } from '../../packages/server/src/gate/settings.ts';
import { BareGroupCommit } from '../baselines/bare.ts';
import { OneStatement } from '../baselines/one-statement.ts';
import { PLAIN_CONNECTIONS_MAX, PlainTransactions } from '../baselines/plain.ts';
import { runClosedLoop } from '../closed-loop.ts';
import type { Cluster } from '../cluster.ts';
import { type DecisionRows, type RowSource, readRowSource } from '../decision-rows.ts';
import type { Contestant } from '../rounds.ts';
import { RoundVerifier } from '../verify-round.ts';
import type { World } from '../world.ts';
import { gateRequestOf, purchaseOf } from '../workload.ts';

export type Agents = 'hot' | number;

/** Above every number the template has used. */
export const FIRST_NUMBER = 1_000_000;

export interface InProcessForm {
  readonly contestant: Contestant;
  close(): Promise<void>;
}

export interface FormOptions {
  readonly cluster: Pick<Cluster, 'checkpoint'>;
  readonly world: World;
  readonly callers: number;
  readonly agents: Agents;
  readonly name?: string;
}

export async function gateForm(options: FormOptions): Promise<InProcessForm> {
  return formOf({ ...options, name: options.name ?? 'gate' }, askGate(options.world, options.agents));
}

export function askGate(world: World, agents: Agents): (number: number) => Promise<void> {
  return async (number) => {
    const purchase = purchaseOf(number, agents);
    const answer = await world.gateway.gate.submit(
      gateRequestOf(purchase, world.keyIds[purchase.agent] ?? ''),
    );
    const status = answer.ok ? answer.purchase?.status : answer.code;
    if (status !== purchase.outcome) throw new Error(`expected ${purchase.outcome}, got ${String(status)}`);
  };
}

export const BASELINES = ['plain', 'one statement', 'bare group commit'] as const;
export type Baseline = (typeof BASELINES)[number];

/** @param gateWorld where the real gate has left the rows that are copied; it must have run when the first round starts */
export async function baselineForm(
  baseline: Baseline,
  gateWorld: Pick<World, 'gateway'>,
  options: FormOptions,
): Promise<InProcessForm> {
  const { world, callers, agents } = options;
  const database = await openDatabase({
    connection: world.connection,
    applicationName: `bench ${baseline}`,
    poolSize: Math.min(callers, PLAIN_CONNECTIONS_MAX),
  });
  const writer = baseline === 'bare group commit' ? await database.writer() : null;
  const submitTo = (source: RowSource): ((rows: DecisionRows) => Promise<unknown>) => {
    switch (baseline) {
      case 'plain': {
        const plain = new PlainTransactions(database.pool, source);
        return (rows) => plain.submit(rows);
      }
      case 'one statement': {
        const one = new OneStatement(database.pool, source);
        return (rows) => one.submit(rows);
      }
      case 'bare group commit': {
        if (writer === null) throw new Error('the bare form has a writer');
        const bare = new BareGroupCommit(writer, source, DEFAULT_GATE_SETTINGS.batchSizeMax);
        return (rows) => bare.submit(rows);
      }
    }
  };
  // Read after the gate has warmed up: by then its entries are as long as they are in the timed rounds.
  let source: RowSource | null = null;
  let submit: ((rows: DecisionRows) => Promise<unknown>) | null = null;
  const form = await formOf({ ...options, name: options.name ?? baseline }, async (number) => {
    if (source === null || submit === null) throw new Error('the rows to copy have not been read');
    await submit(source.rowsOf(purchaseOf(number, agents), number, Date.now()));
  });
  return {
    contestant: {
      ...form.contestant,
      async prepare() {
        source ??= await readRowSource(gateWorld.gateway.database.pool, world.gateway.database.pool);
        submit ??= submitTo(source);
        await form.contestant.prepare?.();
      },
    },
    async close() {
      await writer?.end();
      await database.close();
      await form.close();
    },
  };
}

async function formOf(
  { cluster, world, callers, name }: FormOptions & { readonly name: string },
  ask: (number: number) => Promise<unknown>,
): Promise<InProcessForm> {
  const verifier = new RoundVerifier(world);
  await verifier.begin();
  let number = FIRST_NUMBER;
  let unverified = 0;
  return {
    contestant: {
      name,
      prepare: () => vacuumAndCheckpoint(cluster, world),
      async round(limit) {
        const stopJobs = world.startJobs();
        const first = number;
        const result = await runClosedLoop({ callers, ...limit, ask: (offset) => ask(first + offset) });
        number += result.acknowledged;
        unverified += result.acknowledged;
        await stopJobs();
        return result;
      },
      async verify() {
        await verifier.verify(unverified);
        unverified = 0;
      },
    },
    close: () => world.close(),
  };
}

/** As the owner, in the database of that world. Every round starts after a checkpoint, so all pay for whole pages alike. */
export async function vacuumAndCheckpoint(
  cluster: Pick<Cluster, 'checkpoint'>,
  world: Pick<World, 'connection'>,
): Promise<void> {
  const owner = await openDatabase({
    connection: world.connection,
    applicationName: 'bench',
    as: 'owner',
    poolSize: 1,
  });
  try {
    await owner.pool.query('VACUUM (ANALYZE)');
  } finally {
    await owner.close();
  }
  await cluster.checkpoint();
}
