// make-toronto-sample.ts: makes fixtures/toronto-pcard/sample.csv from the city's transactions. Ships no free text, and
// only merchants seen in at least three divisions: the string of a sole trader can be a person's name.
// Use: npx tsx packages/cli/scripts/make-toronto-sample.ts TRANSACTIONS.csv.gz. The same input gives the same sample.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { readRecords } from '../src/replay/read-records.ts';

const COLUMNS = [
  'division',
  'batch_txn_id',
  'txn_date',
  'posting_date',
  'merchant',
  'amount_cents_cad',
  'orig_amount',
  'orig_currency',
  'cost_centre',
  'cost_centre_desc',
  'mcc',
  'mcc_desc',
] as const;
type ColumnName = (typeof COLUMNS)[number];
type Row = Readonly<Record<ColumnName, string>>;

const DIVISIONS_MIN = 3;
/** Purchases are drawn by a digest of their id; large, foreign, refunded and blockable ones more often, since they show more. */
const ROWS_ABOUT = 4_000;

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('name the file of transactions');

const rows: Row[] = [];
let header: readonly string[] | null = null;
for await (const { records } of readRecords(path, { delimiter: ',', encoding: 'utf-8', chunkSize: 4_096 })) {
  for (const { cells } of records) {
    if (cells === null) continue;
    if (header === null) {
      header = cells;
      continue;
    }
    const names = header;
    const cellOf = (name: ColumnName): string => cells[names.indexOf(name)] ?? '';
    rows.push(Object.fromEntries(COLUMNS.map((name) => [name, cellOf(name)])) as Row); // one value per column
  }
}

const divisionsOf = new Map<string, Set<string>>();
for (const row of rows) {
  const divisions = divisionsOf.get(row.merchant) ?? new Set();
  divisionsOf.set(row.merchant, divisions.add(row.division));
}
const shippable = rows.filter(
  (row) => (divisionsOf.get(row.merchant)?.size ?? 0) >= DIVISIONS_MIN && row.cost_centre !== '',
);

const refunds = shippable.filter((row) => row.amount_cents_cad.startsWith('-'));
const chosen = new Set<Row>(drawn(refunds, 120));
// The purchase a chosen refund belongs to, where it can be shipped too.
const purchases = new Map(shippable.map((row) => [pairKey(row), row]));
for (const refund of [...chosen]) {
  const purchase = purchases.get(pairKey({ ...refund, amount_cents_cad: refund.amount_cents_cad.slice(1) }));
  if (purchase !== undefined && purchase.txn_date <= refund.txn_date) chosen.add(purchase);
}
addDrawn(
  shippable.filter((row) => row.orig_currency !== 'CAD'),
  100,
);
addDrawn(
  shippable.filter((row) => Number(row.amount_cents_cad) > 300_000),
  80,
);
addDrawn(
  shippable.filter((row) => ['5813', '5921', '5944'].includes(row.mcc)),
  20,
);
addDrawn(
  shippable.filter((row) => !row.amount_cents_cad.startsWith('-')),
  ROWS_ABOUT - chosen.size,
);

const lines = rows
  .filter((row) => chosen.has(row))
  .sort(
    (left, right) => compare(left.txn_date, right.txn_date) || compare(left.batch_txn_id, right.batch_txn_id),
  )
  .map((row) => COLUMNS.map((name) => quoted(row[name])).join(','));
const target = join(import.meta.dirname, '../../../fixtures/toronto-pcard/sample.csv');
writeFileSync(target, `${COLUMNS.join(',')}\n${lines.join('\n')}\n`);
process.stdout.write(`${lines.length} rows of ${rows.length} (${shippable.length} shippable) in ${target}\n`);

function addDrawn(from: readonly Row[], count: number): void {
  for (const row of drawn(from, count)) chosen.add(row);
}

/** As if at random, but the same every time and wherever it runs. */
function drawn(from: readonly Row[], count: number): Row[] {
  const keyed = from.map((row) => ({
    row,
    key: createHash('sha256').update(Object.values(row).join('\0')).digest('hex'),
  }));
  return keyed
    .sort((left, right) => compare(left.key, right.key))
    .slice(0, count)
    .map(({ row }) => row);
}

function pairKey(row: Row): string {
  return [row.division, row.merchant, row.amount_cents_cad].join('\0');
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
