// replay.test.ts: files through the real gate, on a scratch database beside the test's own: decisions, refunds, bad rows,
// the sum law, and that nothing is left behind.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { pino } from 'pino';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { parseMapping } from '../../packages/cli/src/replay/mapping.ts';
import { type ReplayFileOptions, replayFile } from '../../packages/cli/src/replay/replay-file.ts';
import { isSound, reportJson, reportText } from '../../packages/cli/src/replay/report.ts';
import { type TestDatabase, createTestDatabase } from '../harness/test-database.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'countersign-replay-test-'));
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase('empty');
});

afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

const MAPPING = {
  default_currency: 'CAD',
  columns: {
    date: 'date',
    posting_date: 'posted',
    vendor: 'shop',
    amount: 'amount',
    cost_center: 'unit',
    agent: 'division',
  },
};

const POLICY = {
  policy_id: 'cards',
  name: 'Cards',
  rules: [
    { rule_id: 'ceiling', rule_type: 'max_amount', parameters: { limit: 1000, currency: 'CAD' } },
    { rule_id: 'signature', rule_type: 'escalate_if', parameters: { amount_above: 300, currency: 'CAD' } },
  ],
};

const BUDGETS = [
  {
    budget_id: 'all',
    name: 'Everything',
    scope: { type: 'organisation' },
    period: 'lifetime',
    currency: 'CAD',
    limit: '100000.00',
  },
  {
    name: 'A unit, a month',
    scope: { type: 'cost_center', id: '*' },
    period: 'month',
    currency: 'CAD',
    limit: '500.00',
  },
];

let files = 0;
async function replay(data: string | Buffer, change: Partial<ReplayFileOptions> = {}) {
  const file = join(folder, `${(files += 1)}.csv`);
  writeFileSync(file, data);
  return replayFile({
    file,
    mapping: parseMapping(MAPPING, 'mapping.json'),
    policies: [POLICY],
    budgets: BUDGETS,
    rowsMax: Number.MAX_SAFE_INTEGER,
    settles: undefined,
    badRowsFile: undefined,
    dataDir: folder,
    databaseUrl: database.connectionString,
    keep: false,
    log: pino({ level: 'silent' }),
    ...change,
  });
}

const HEADER = 'date,posted,shop,amount,unit,division\n';

const MIXED = `${HEADER}2016-01-04,2016-01-06,LOWES #02640*,120.00,P1,PARKS
2016-01-05,2016-01-06,"HOME, DEPOT",350.00,P1,PARKS
2016-01-05,2016-01-06,BIG ITEM,1500.00,P2,PARKS
not a date,2016-01-06,LOWES,1.00,P1,PARKS
2016-01-06,2016-01-07,LOWES,0.00,P1,PARKS
2016-01-06,2016-01-07,TOO "FEW,5.00
2016-01-07,2016-01-08,LOWES #02640*,-120.00,P1,PARKS
2016-01-07,2016-01-08,NEVER BOUGHT,-60.00,P1,PARKS
2016-01-20,2016-01-21,STAPLES,450.00,P2,WATER
2016-01-20,2016-01-21,STAPLES,260.00,P3,WATER
2016-02-01,2016-02-02,STAPLES,250.00,P2,WATER
2016-02-01,2016-02-02,STAPLES,240.00,P2,WATER
2016-02-01,2016-02-02,STAPLES,20.00,P2,WATER
`;

describe('a replay', () => {
  it('decides, settles, refunds and reports every row, and its record holds', async () => {
    const report = await replay(MIXED);
    const { tally } = report;
    expect({
      read: tally.readRows,
      approved: tally.decisions.approved.rows,
      held: tally.decisions.held.rows,
      denied: tally.decisions.denied.rows,
      matched: tally.refunds.matched.rows,
      allowed: tally.refunds.allowed.rows,
      bad: tally.badRows,
      settled: tally.settled.rows,
    }).toEqual({ read: 13, approved: 4, held: 2, denied: 2, matched: 1, allowed: 1, bad: 3, settled: 4 });
    expect(isSound(report)).toBe(true);
    expect(report.check.entriesChecked).toBeGreaterThan(20);

    // 120.00 bought and refunded, 260.00, 250.00 and 240.00 bought; 20.00 is over the unit's 500.00 of February.
    expect(report.budgets[0]?.current).toMatchObject({ spent: '750.00', committed: '0.00', pending: '0.00' });
    expect(report.badRows.map(({ line, reason }) => [line, reason.split(' ').slice(0, 2).join(' ')])).toEqual(
      [
        [5, 'date `not'],
        [6, 'amount `0.00`:'],
        [7, 'a quote'],
      ],
    );
  });

  it('tells by which rule, in which month and for which cost centre', async () => {
    const report = reportJson(await replay(MIXED)) as {
      by_rule: { rule_id: string | null; reason_code: string; rows: number; amounts: object }[];
      by_month: Record<string, { denied: { rows: number } }>;
      by_cost_center: Record<string, { approved: { amounts: object } }>;
      rows: object;
    };
    expect(report.rows).toEqual({ read: 13, decided: 8, refunds: 2, bad: 3 });
    const rules = report.by_rule.map(({ reason_code: code, rule_id: rule, rows, amounts }) => [
      code,
      rule,
      rows,
      amounts,
    ]);
    expect(rules).toContainEqual(['max_amount_exceeded', 'ceiling', 1, { CAD: '1500.00' }]);
    expect(rules).toContainEqual(['escalation_threshold_exceeded', 'signature', 3, { CAD: '2300.00' }]);
    expect(rules).toContainEqual(['budget_exceeded', null, 2, { CAD: '1520.00' }]);
    expect(report.by_month['2016-01']?.denied.rows).toBe(1);
    expect(report.by_month['2016-02']?.denied.rows).toBe(1);
    expect(report.by_cost_center['P2']?.approved.amounts).toEqual({ CAD: '490.00' });
  });

  it('lets holds run out by the clock of the data, so that their money is free again', async () => {
    // 450.00 is held in P2 on the 20th and unsigned on the 23rd; on the 30th the 500.00 of the unit are free.
    const late = (rows: string): string => `${HEADER}2016-01-20,,STAPLES,450.00,P2,WATER\n${rows}`;
    const blocked = await replay(late('2016-01-21,,STAPLES,200.00,P2,WATER\n'));
    expect(blocked.tally.decisions.denied.rows).toBe(1);
    expect(blocked.waitingHolds).toBe(1);
    // Fills the first chunk of 1,024 rows, so that the clock has come to the 30th when the last row is decided.
    const filler = Array.from(
      { length: 1_022 },
      (_, day) => `2016-01-${20 + (day % 5)},,PENNY ${day},0.01,P9,PARKS`,
    ).join('\n');
    const freed = await replay(late(`${filler}\n2016-01-30,,STAPLES,200.00,P2,WATER\n`));
    const { approved, held, denied } = freed.tally.decisions;
    expect([approved.rows, held.rows, denied.rows]).toEqual([1_023, 1, 0]);
    expect(freed.tally.expiredHolds).toBe(1);
    expect(isSound(freed)).toBe(true);
  });

  it('gives the same decisions every time, from a compressed file too', async () => {
    const many = `${HEADER}${Array.from(
      { length: 600 },
      (_, index) =>
        `2016-01-${String((index % 28) + 1).padStart(2, '0')},,SHOP ${index % 7},${(index * 37) % 400}.25,U${index % 5},DIV ${index % 3}`,
    ).join('\n')}\n`;
    const outcome = async (data: string | Buffer): Promise<object> => {
      const { by_rule, by_month, by_cost_center, decisions, refunds } = reportJson(
        await replay(data),
      ) as Record<string, object>;
      return { by_rule, by_month, by_cost_center, decisions, refunds };
    };
    const first = await outcome(many);
    expect(await outcome(gzipSync(many))).toEqual(first);
  });

  it('reads no more rows than it is told to, and decides without settling where asked', async () => {
    const report = await replay(MIXED, { rowsMax: 2, settles: false });
    expect(report.tally.readRows).toBe(2);
    expect(report.tally.settled.rows).toBe(0);
    expect(report.budgets[0]?.current).toMatchObject({
      spent: '0.00',
      committed: '120.00',
      pending: '350.00',
    });
    expect(isSound(report)).toBe(true);
  });

  it('writes every bad row to the file it is given and shows the first twenty', async () => {
    const badRowsFile = join(folder, 'bad.csv');
    const report = await replay(
      `${HEADER}${'x,,SHOP,1.00,P1,PARKS\n'.repeat(30)}2016-01-01,,SHOP,1.00,P1,PARKS\n`,
      { badRowsFile },
    );
    expect(report.tally.badRows).toBe(30);
    expect(report.badRows).toHaveLength(20);
    const lines = readFileSync(badRowsFile, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(31);
    expect(lines.at(-1)).toMatch(/^31,"date `x` is not/);
    expect(reportText(report)).toContain('and 10 more');
  });

  it('keeps what was decided when the file breaks off, and says that it is not whole', async () => {
    const packed = gzipSync(
      `${HEADER}${Array.from({ length: 4_000 }, (_, i) => `2016-01-04,,SHOP ${i},0.${(i % 90) + 10},P1,PARKS`).join('\n')}`,
    );
    const report = await replay(packed.subarray(0, packed.length - 8));
    expect(report.tally.readRows).toBeGreaterThan(1_000);
    expect(report.interrupted).toMatch(/cannot read/);
    expect(report.check.isValid).toBe(true);
    expect(isSound(report)).toBe(false);
  });

  it('leaves no database and no folder behind', async () => {
    await replay(MIXED, { rowsMax: 1 });
    await expect(replay(MIXED, { policies: [{ policy_id: 'broken' }] })).rejects.toThrow(
      'the policy has a fault',
    );
    await expect(replay('')).rejects.toThrow('it needs a header row');
    expect(readdirSync(folder).filter((name) => name.startsWith('countersign-replay-'))).toEqual([]);
    const client = new pg.Client(database.connection);
    await client.connect();
    const { rows } = await client.query(
      `SELECT datname FROM pg_database WHERE datname LIKE 'countersign_replay_%'`,
    );
    await client.end();
    expect(rows).toEqual([]);
  });
});

describe('the sample of Toronto', () => {
  const fixture = (name: string): string => join(root, 'fixtures/toronto-pcard', name);

  it('names no purpose, and its rows go through', async () => {
    const json = (name: string): unknown => JSON.parse(readFileSync(fixture(name), 'utf8'));
    const sample = readFileSync(fixture('sample.csv'));
    expect(sample.subarray(0, 400).toString()).not.toContain('purpose');
    expect(existsSync(fixture('README.md'))).toBe(true);
    const report = await replay(sample, {
      mapping: parseMapping(json('mapping.json'), 'mapping.json'),
      policies: [json('policy.json')],
      budgets: json('budgets.json') as unknown[],
      rowsMax: 300,
    });
    expect(report.tally.badRows).toBe(0);
    expect(isSound(report)).toBe(true);
  });
});
