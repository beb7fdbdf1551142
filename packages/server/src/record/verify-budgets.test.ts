import type { PoolClient, QueryConfig } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { parseVerifierKey } from '@countersign/audit';

import { type Installation, createInstallation, requestOf } from '../../../../tests/harness/installation.ts';
import { OPERATOR } from '../../../../tests/harness/test-admin.ts';
import { type TestDatabase, createTestDatabase } from '../../../../tests/harness/test-database.ts';
import type { Database } from '../db/connect.ts';
import { actionOfTerms } from '../gate/entry-body.ts';
import { fingerprintOf } from '../gate/resolve-action.ts';
import type { Gateway } from '../main.ts';
import { type DatabaseReport, verifyDatabase } from './verify-database.ts';

let files: TestDatabase;
let owner: Database;
let installation: Installation;
let gateway: Gateway;

beforeAll(async () => {
  files = await createTestDatabase();
  owner = await files.open('owner');
  installation = await createInstallation(
    { agents: ['agent_a'], budgets: [{ budgetId: 'all', limit: '100.00', period: 'month' }] },
    { connection: files.connection },
  );
  gateway = await installation.gateway();
  const { costCenters, projects, budgets, budgetTransfers, budgetSnapshots } = gateway.admin;
  await costCenters.put(OPERATOR, { costCenterId: 'research', name: 'Research' });
  await costCenters.put(OPERATOR, { costCenterId: 'lab', name: 'Lab', parentId: 'research' });
  await projects.put(OPERATOR, { projectId: 'roof', programmeId: 'estate' });
  await budgets.update(OPERATOR, 'all', { carryOver: 'unused', reason: 'a plan of Greta' });
  const scope = { type: 'cost_center', id: 'lab' };
  const lab = { name: 'lab', scope, period: 'month', currency: 'USD' };
  await budgets.create(OPERATOR, { ...lab, budgetId: 'of_lab', limit: '50.00' });
  const move = { from: 'all', to: 'of_lab', amount: '5.00', currency: 'USD', reason: 'more samples' };
  await budgetTransfers.create(OPERATOR, move);
  await budgets.create(OPERATOR, {
    ...lab,
    budgetId: 'erp',
    allocation: { external: { freshnessSeconds: 60 } },
  });
  await budgetSnapshots.receive(OPERATOR, 'erp', {
    allocated: '70.00',
    currency: 'USD',
    asOf: new Date(installation.clock.nowMs).toISOString(),
    source: 'erp',
  });
  installation.clock.nowMs += 31 * 86_400_000;
  await gateway.gate.submit(requestOf(installation, 'agent_a', { amountMinor: 100n }));
  while ((await gateway.sequencer.run()).outcome === 'appended');
});
afterAll(async () => {
  await installation.close();
  await files.drop();
});

function verify(database: Pick<Database, 'pool'>): Promise<DatabaseReport> {
  return verifyDatabase({
    database,
    verifierKey: parseVerifierKey(gateway.logReader.verifierKey()),
    fingerprintOf: (subject, terms) => fingerprintOf(actionOfTerms(subject, terms)),
  });
}

/** Runs `sql` as the database's owner with every trigger off, looks, and takes it back. */
async function tampered(sql: string): Promise<DatabaseReport['differences']> {
  const client = await owner.pool.connect();
  try {
    await client.query("BEGIN; SET LOCAL session_replication_role = 'replica'");
    expect((await client.query(sql)).rowCount).toBe(1);
    return (await verify({ pool: poolOf(client) })).differences;
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

/** A pool of the one connection that sees the change; its own transaction goes on. */
function poolOf(client: PoolClient): Database['pool'] {
  const within = {
    query: (sent: string | QueryConfig) => {
      if (typeof sent !== 'string') return client.query(sent);
      if (sent.startsWith('BEGIN')) return client.query('SAVEPOINT audit');
      return client.query(sent === 'ROLLBACK' ? 'ROLLBACK TO SAVEPOINT audit' : sent);
    },
    release: () => undefined,
  };
  return { connect: async () => within } as unknown as Database['pool'];
}

it('finds nothing where nobody touched anything', async () => {
  expect((await verify(owner)).differences).toEqual([]);
});

const MOVED = 'what left and what entered';

describe('one changed row', () => {
  it.each([
    ['budget_transfer', MOVED, 'amount_minor = amount_minor + 1', `kind = 'transfer'`],
    ['budget_transfer', MOVED, 'to_period_id = to_period_id + 1', `kind = 'transfer'`],
    ['budget_transfer', 'from_budget_id', `from_budget_id = 'erp'`, `kind = 'transfer'`],
    ['budget_transfer', 'created_by', `created_by = 'somebody'`, `kind = 'transfer'`],
    ['budget_transfer', 'amount_minor', 'amount_minor = amount_minor + 1', `kind = 'carry_over'`],
    ['budget_transfer', 'from_period_id', 'from_period_id = from_period_id + 5', `kind = 'carry_over'`],
    [
      'budget_transfer',
      'entry_id',
      `kind = 'transfer', transfer_id = transfer_id || 'x'`,
      `kind = 'carry_over'`,
    ],
    ['budget_snapshot', 'allocated_minor', 'allocated_minor = allocated_minor + 1', 'true'],
    ['budget_snapshot', 'as_of', `as_of = as_of + interval '1 microsecond'`, 'true'],
    ['budget_snapshot', 'contradictions', `contradictions = ARRAY['currency_differs']`, 'true'],
    ['budget_snapshot', 'source', `source = 'other'`, 'true'],
    ['budget', 'carry_over', 'carry_over = NULL', `budget_id = 'all'`],
    ['budget', 'allocation', `allocation = '{"freshness_seconds": 99999}'`, `budget_id = 'erp'`],
    ['cost_center', 'parent_id', 'parent_id = NULL', `cost_center_id = 'lab'`],
    ['project', 'programme_id', `programme_id = 'other'`, 'true'],
  ])('is found in %s: %s', async (table, column, set, where) => {
    const differences = await tampered(`UPDATE ${table} SET ${set} WHERE ${where}`);
    expect(differences).toContainEqual(expect.objectContaining({ table, column, kind: 'differs' }));
    expect(new Set(differences.map((difference) => difference.table))).toEqual(new Set([table]));
  });
});

describe('one row that was removed', () => {
  it.each([
    ['budget_transfer', `kind = 'transfer'`],
    ['budget_transfer', `kind = 'carry_over'`],
    ['budget_snapshot', 'true'],
    ['project', 'true'],
  ])('is missed in %s where %s', async (table, where) => {
    const differences = await tampered(`DELETE FROM ${table} WHERE ${where}`);
    expect(differences).toContainEqual(expect.objectContaining({ table, kind: 'missing' }));
  });
});
