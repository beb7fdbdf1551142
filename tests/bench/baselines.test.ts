// The benchmark's forms write the same: as many rows as the real gate in the same tables, of the same size.
import { join } from 'node:path';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runClosedLoop } from '../../bench/closed-loop.ts';
import { BASELINES, type InProcessForm, baselineForm, gateForm } from '../../bench/forms/in-process.ts';
import { runRounds } from '../../bench/rounds.ts';
import { RoundVerifier } from '../../bench/verify-round.ts';
import { type World, fillWorld, openWorld } from '../../bench/world.ts';
import { purchaseOf } from '../../bench/workload.ts';
import { type TestDatabase, createTestDatabase } from '../harness/test-database.ts';
import { makeThrowawayDirectory, removeThrowawayDirectory } from '../harness/throwaway-directory.ts';

const AGENTS = 5;
const CALLERS = 16;
const DECISIONS = 200;

/** One row or more for each decision; `log_pending` and `log_promise` have one for each transaction. */
const TABLES = [
  'purchase_request',
  'idempotency_key',
  'card',
  'approval',
  'transfer',
  'log_entry',
  'log_leaf',
];

let directory: string;
const databases: TestDatabase[] = [];
const forms = new Map<string, { form: InProcessForm; world: World; before: Sizes; after: Sizes }>();

beforeAll(async () => {
  directory = await makeThrowawayDirectory();
  const gateWorld = await ownWorld();
  const options = { cluster: { checkpoint: () => Promise.resolve() }, callers: CALLERS, agents: AGENTS };
  await decide('gate', gateWorld, await gateForm({ ...options, world: gateWorld }));
  for (const baseline of BASELINES) {
    const world = await ownWorld();
    await decide(baseline, world, await baselineForm(baseline, gateWorld, { ...options, world }));
  }
});

afterAll(async () => {
  for (const { form } of forms.values()) await form.close();
  for (const database of databases) await database.drop();
  await removeThrowawayDirectory(directory);
});

describe('the forms of the benchmark', () => {
  it.each(BASELINES)('%s writes as many rows as the gate, of the same size', (baseline) => {
    const gate = changeOf('gate');
    const own = changeOf(baseline);
    for (const table of TABLES) {
      expect(own.get(table)?.rows, table).toBe(gate.get(table)?.rows);
      const [ownBytes = 0, gateBytes = 0] = [own.get(table)?.bytes, gate.get(table)?.bytes];
      expect(
        Math.abs(ownBytes / gateBytes - 1),
        `${table}: ${ownBytes} bytes, the gate ${gateBytes}`,
      ).toBeLessThan(0.01);
    }
  });

  it('refuse a round whose rows are not its acknowledgements', async () => {
    const world = forms.get('gate')?.world;
    if (world === undefined) throw new Error('the gate has run');
    const verifier = new RoundVerifier(world);
    await verifier.begin();
    await verifier.verify(0);
    await expect(verifier.verify(1)).rejects.toThrow('were acknowledged');
  });

  it('refuse a log in which a byte has changed', async () => {
    const gate = forms.get('gate');
    if (gate === undefined) throw new Error('the gate has run');
    const owner = await databases[0]!.open('owner');
    await owner.pool.query('ALTER TABLE log_entry DISABLE TRIGGER append_only');
    await owner.pool.query(
      'UPDATE log_entry SET body = set_byte(body, 10, 0) WHERE entry_id = (SELECT max(entry_id) FROM log_entry)',
    );
    await expect(new RoundVerifier(gate.world).begin()).rejects.toThrow('signed root');
  });
});

describe('the rounds of the benchmark', () => {
  it('are interleaved, turn their order, and leave the warm-up out of the median', async () => {
    const order: string[] = [];
    const contestant = (name: string, acknowledged: readonly number[]) => ({
      name,
      round: async () => {
        order.push(name);
        const turn = order.filter((other) => other === name).length - 1;
        return { acknowledged: acknowledged[turn] ?? 0, seconds: 2 };
      },
    });
    const scores = await runRounds([contestant('a', [1_000, 10, 30, 20]), contestant('b', [1, 4, 4, 4])], {
      rounds: 3,
      seconds: 2,
      warmUpSeconds: 2,
    });
    expect(order.join('')).toBe('abbaabba');
    expect(scores.get('a')).toMatchObject({ rate: 10, rates: [5, 15, 10], acknowledged: 60 });
    expect(scores.get('b')?.rate).toBe(2);
  });

  it('answer every question that was asked, and count it once', async () => {
    const asked: number[] = [];
    const result = await runClosedLoop({
      callers: 7,
      count: 100,
      ask: async (number) => void asked.push(number),
    });
    expect(result.acknowledged).toBe(100);
    expect(asked.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });
});

describe('the workload', () => {
  it('is 90 % approved, 5 % held and 5 % denied, for every agent alike', () => {
    const perAgent = new Map<number, Record<string, number>>();
    for (let number = 0; number < 20_000; number += 1) {
      const { agent, outcome } = purchaseOf(number, 1_000);
      const counts = perAgent.get(agent) ?? {};
      counts[outcome] = (counts[outcome] ?? 0) + 1;
      perAgent.set(agent, counts);
    }
    for (const counts of perAgent.values()) expect(counts).toEqual({ approved: 18, held: 1, denied: 1 });
  });

  it('never asks for the same vendor and amount twice', () => {
    const seen = new Set<string>();
    for (let number = 0; number < 50_000; number += 1) {
      const { outcome, body } = purchaseOf(number, 'hot');
      if (outcome !== 'denied') seen.add(`${body.vendor} ${body.amount}`);
    }
    expect(seen.size).toBe(47_500);
  });
});

async function ownWorld(): Promise<World> {
  const database = await createTestDatabase();
  databases.push(database);
  const site = {
    connection: { ...database.connection, database: database.name },
    logKeyFile: join(directory, `${database.name}.pem`),
  };
  await fillWorld(site, { agents: AGENTS });
  return openWorld(site);
}

/** One verified round of exactly so many decisions. */
async function decide(name: string, world: World, form: InProcessForm): Promise<void> {
  const { pool } = world.gateway.database;
  const before = await sizesOf(pool);
  await form.contestant.prepare?.();
  await form.contestant.round({ count: DECISIONS });
  await form.contestant.verify?.();
  forms.set(name, { form, world, before, after: await sizesOf(pool) });
}

type Sizes = ReadonlyMap<string, { readonly rows: number; readonly bytes: number }>;

async function sizesOf(pool: Pool): Promise<Sizes> {
  const sizes = new Map<string, { rows: number; bytes: number }>();
  for (const table of TABLES) {
    const { rows } = await pool.query<{ rows: bigint; bytes: bigint }>(
      `SELECT count(*) AS rows, coalesce(sum(pg_column_size(${table}.*)), 0)::int8 AS bytes FROM ${table}`,
    );
    sizes.set(table, { rows: Number(rows[0]?.rows), bytes: Number(rows[0]?.bytes) });
  }
  return sizes;
}

function changeOf(name: string): Sizes {
  const form = forms.get(name);
  if (form === undefined) throw new Error(`${name} has not run`);
  return new Map(
    TABLES.map((table) => {
      const [before, after] = [form.before.get(table), form.after.get(table)];
      return [table, { rows: after!.rows - before!.rows, bytes: after!.bytes - before!.bytes }];
    }),
  );
}
