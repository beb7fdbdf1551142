import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type TestDatabase, createTestDatabase } from '../../../../tests/harness/test-database.ts';
import type { Database } from '../db/connect.ts';
import { queryRows } from '../db/query-rows.ts';
import { eventTypeCode } from '../record/event-type-code.ts';
import { type ViolationEntryRow, type ViolationFilter, readViolations } from './read-violations.ts';

/** Every type of entry whose decision may have a finding that did not pass. */
const VIOLATION_TYPES = [
  'purchase.held',
  'purchase.denied',
  'authorization.declined',
  'check.escalated',
  'check.blocked',
];

const ALL: ViolationFilter = {
  agentId: null,
  policyId: null,
  reasonCode: null,
  since: null,
  until: null,
  fromEntryId: null,
  limit: 200,
};
const APPROVED = 20_000;
const DENIED_EVERY = 2_000;

/** One purchase and its entry for each number: every 2,000th is denied. */
const FILL = `
  WITH made AS (
    INSERT INTO log_entry (entry_id, type_code, subject_id, body)
    SELECT g, CASE WHEN g % ${DENIED_EVERY} = 0 THEN $1::int4 ELSE $2::int4 END, 'preq_' || g, convert_to(
      '{"at":"2026-11-18T10:00:00.000Z","decision":{"findings":[' ||
      CASE WHEN g % ${DENIED_EVERY} = 0 THEN '{"outcome":"deny"}' ELSE '' END || ']},"padding":"' || repeat('x', 1000) || '"}', 'UTF8')
    FROM generate_series(1, ${APPROVED}) AS g
  )
  INSERT INTO purchase_request (request_id, agent_id, fingerprint, vendor, currency, amount_minor, created_at,
    decision_entry_id, status, checkout_status, reserved_periods, reserved_minor, last_entry_id)
  SELECT 'preq_' || g, 'agent_a', g, 'aws', 'USD', 100, now(), g,
    (CASE WHEN g % ${DENIED_EVERY} = 0 THEN 'denied' ELSE 'approved' END)::purchase_status, 'none', '{}', 0, g
  FROM generate_series(1, ${APPROVED}) AS g`;

describe('the codes of the types that hold violations', () => {
  it('are those of the types', () => {
    const [, codes = ''] = /type_code IN \(([^)]*)\)/.exec(readViolations(ALL).text) ?? [];
    expect(codes.split(', ').map(Number)).toEqual(VIOLATION_TYPES.map(eventTypeCode));
  });
});

describe('violations among 20,000 approvals', () => {
  let testDatabase: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    database = await testDatabase.open();
    await database.pool.query(FILL, [eventTypeCode('purchase.denied'), eventTypeCode('purchase.approved')]);
  });
  afterAll(() => testDatabase.drop());

  it('are found by an index with the codes of these types and no other', async () => {
    const { rows } = await database.pool.query<{ numbers: string[] }>(
      `SELECT ARRAY(SELECT match[1] FROM regexp_matches(indexdef, '-?[0-9]{5,}', 'g') AS match) AS numbers
       FROM pg_indexes WHERE indexname = 'log_entry_violation'`,
    );
    expect(rows[0]?.numbers.map(Number)).toEqual(VIOLATION_TYPES.map(eventTypeCode));
  });

  // Named statements get a plan without their values: it must use the index too, before the tables were ever analysed.
  it.each([
    ['force_custom_plan', 'before'],
    ['force_generic_plan', 'before'],
    ['force_custom_plan', 'after'],
    ['force_generic_plan', 'after'],
  ])('are read by that index alone with %s %s statistics', async (mode, when) => {
    if (when === 'after') {
      const owner = await testDatabase.open('owner');
      await owner.pool.query('ANALYZE log_entry, purchase_request');
    }
    const client = await database.pool.connect();
    try {
      await client.query(`SET plan_cache_mode = ${mode}`);
      const { text, values } = readViolations({ ...ALL, fromEntryId: 19_000n });
      await client.query(`PREPARE violations AS ${text}`);
      const literals = (values as (string | number | bigint | null)[])
        .map((value) => (value === null ? 'NULL' : `'${value}'`))
        .join(', ');
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) EXECUTE violations (${literals})`,
      );
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).toContain('log_entry_violation');
      expect(plan).not.toMatch(/Seq Scan/);
      // An approval is never looked at: ten entries, their requests and a few index pages.
      const buffers = Number(/shared hit=([0-9]+)/.exec(plan)?.[1] ?? 0);
      expect(buffers).toBeGreaterThan(0);
      expect(buffers).toBeLessThan(200);
      await client.query('DEALLOCATE violations');
    } finally {
      await client.query('RESET plan_cache_mode');
      client.release();
    }
  });

  it('are all there, newest first, from a place on', async () => {
    const ids = async (filter: Partial<ViolationFilter>): Promise<number[]> => {
      const rows = await queryRows<ViolationEntryRow>(database.pool, readViolations({ ...ALL, ...filter }));
      return rows.map((row) => Number(row.entry_id));
    };
    const all = Array.from(
      { length: APPROVED / DENIED_EVERY },
      (_, index) => APPROVED - index * DENIED_EVERY,
    );
    expect(await ids({})).toEqual(all);
    expect(await ids({ fromEntryId: 17_999n })).toEqual(all.slice(2));
    expect(await ids({ limit: 3 })).toEqual(all.slice(0, 3));
    expect(await ids({ agentId: 'agent_b' })).toEqual([]);
  });
});
