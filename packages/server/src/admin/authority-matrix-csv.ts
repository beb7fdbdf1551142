// admin/authority-matrix-csv.ts: the matrix as finance keeps it: one CSV of rows, one of tiers. Reads it into the document
// that is published, and writes it back. A malformed row is refused with its number; nothing is guessed.
import { CsvError, parse } from 'csv-parse/sync';

import type { AdminFault } from './admin-error.ts';
import { csvCell } from './csv-cell.ts';

const ROW_COLUMNS = [
  'row_id',
  'agent_id',
  'role',
  'category',
  'jurisdiction',
  'amount',
  'currency',
  'valid_from',
  'valid_until',
] as const;
const TIER_COLUMNS = [
  'tier',
  'category',
  'jurisdiction',
  'amount',
  'currency',
  'approvers',
  'quorum',
  'remind_after_hours',
  'escalate_after_hours',
] as const;

type Cells = Readonly<Record<string, string>>;

export type ReadCsv =
  | { readonly ok: true; readonly entries: readonly Readonly<Record<string, unknown>>[] }
  | { readonly ok: false; readonly faults: readonly AdminFault[] };

export function readMatrixRows(csv: string): ReadCsv {
  return readCsv(csv, '/rows_csv', ROW_COLUMNS, (cells) => {
    const { amount, currency, ...others } = cells;
    return { ...given(others), autonomous_limit: { amount, currency } };
  });
}

/** Approvers are separated by a semicolon; a substitute with dates needs the JSON form. */
export function readMatrixTiers(csv: string): ReadCsv {
  return readCsv(csv, '/tiers_csv', TIER_COLUMNS, (cells) => {
    const {
      amount,
      currency,
      approvers,
      remind_after_hours: remind,
      escalate_after_hours: escalate,
      ...others
    } = cells;
    return {
      ...given(others),
      limit: { amount, currency },
      approvers: (approvers ?? '')
        .split(';')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
      ...hours('remind_after_hours', remind),
      ...hours('escalate_after_hours', escalate),
    };
  });
}

function hours(name: string, text: string | undefined): Record<string, unknown> {
  if (text === undefined || text === '') return {};
  return { [name]: /^\d+$/.test(text) ? Number(text) : text };
}

/** An empty cell is a field that was not given. */
function given(cells: Cells): Record<string, string> {
  return Object.fromEntries(Object.entries(cells).filter(([, text]) => text !== ''));
}

function readCsv(
  csv: string,
  pointer: string,
  columns: readonly string[],
  entryOf: (cells: Cells) => Record<string, unknown>,
): ReadCsv {
  let records: Cells[];
  try {
    records = parse(csv, { columns: true, bom: true, trim: true, skip_empty_lines: true });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return {
      ok: false,
      faults: [{ pointer, code: 'malformed_csv', message: `the CSV cannot be read: ${error.message}` }],
    };
  }
  const [first] = records;
  if (first === undefined) {
    return {
      ok: false,
      faults: [{ pointer, code: 'empty_csv', message: 'the CSV has a header and no row, or nothing at all' }],
    };
  }
  const unknown = Object.keys(first).filter((name) => !columns.includes(name));
  if (unknown.length > 0) {
    const message = `the CSV has the columns ${unknown.map((name) => `\`${name}\``).join(', ')}, which are not known; it has ${columns.join(', ')}`;
    return { ok: false, faults: [{ pointer, code: 'unknown_column', message }] };
  }
  return { ok: true, entries: records.map(entryOf) };
}

type Entry = Readonly<Record<string, unknown>>;

export function writeMatrixRows(rows: readonly Entry[]): string {
  return writeCsv(
    ROW_COLUMNS,
    rows.map((row) => ({ ...row, ...(row['autonomous_limit'] as Entry) })),
  );
}

export function writeMatrixTiers(tiers: readonly Entry[]): string {
  return writeCsv(
    TIER_COLUMNS,
    tiers.map((tier) => ({
      ...tier,
      ...(tier['limit'] as Entry),
      approvers: (tier['approvers'] as readonly (string | { approver_id: string })[])
        .map((approver) => (typeof approver === 'string' ? approver : approver.approver_id))
        .join(';'),
    })),
  );
}

function writeCsv(columns: readonly string[], entries: readonly Entry[]): string {
  const line = (cells: readonly unknown[]): string => `${cells.map(cellOf).join(',')}\r\n`;
  return line(columns) + entries.map((entry) => line(columns.map((name) => entry[name]))).join('');
}

function cellOf(value: unknown): string {
  return csvCell(typeof value === 'number' ? value.toString() : typeof value === 'string' ? value : '');
}
