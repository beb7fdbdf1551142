// admin/supplier-csv.ts: suppliers as a table: one row each, lists separated by `|`. Reads it into the input that is checked
// like any other, and writes it back. A malformed row is refused with its number and column; nothing is guessed.
import { csvCell, textOfCell } from './csv-cell.ts';
import { CsvError, parse } from 'csv-parse/sync';

import type { AdminFault } from './admin-error.ts';
import { type SupplierInput } from './supplier-input.ts';
import type { SupplierDocument } from '../suppliers/stored-supplier.ts';

const SUPPLIER_COLUMNS = [
  'supplier_id',
  'legal_name',
  'trading_names',
  'descriptors',
  'domains',
  'tax_ids',
  'bank_accounts',
  'merchant_ids',
  'country',
  'mccs',
  'standing',
  'sanctioned',
  'sanctions_list',
  'sanctions_date',
  'verification',
  'verification_date',
  'group_id',
] as const;
type Column = (typeof SUPPLIER_COLUMNS)[number];

const REQUIRED: readonly Column[] = ['supplier_id', 'legal_name', 'standing'];
const STANDINGS = ['preferred', 'approved', 'probation', 'suspended', 'prohibited'] as const;
export const IMPORT_ROWS_MAX = 5_000;

export interface SupplierRow {
  /** Line of the row in the file, the header's being 1. */
  readonly row: number;
  readonly supplierId: string;
  readonly input: SupplierInput;
}

export interface ReadSuppliers {
  readonly rows: readonly SupplierRow[];
  readonly faults: readonly AdminFault[];
}

export function readSupplierCsv(csv: string): ReadSuppliers {
  let records: { readonly record: string[]; readonly info: { readonly lines: number } }[];
  try {
    records = parse(csv, {
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
    }) as unknown as typeof records; // what it gives with `info`
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return whole('malformed_csv', `the CSV cannot be read: ${error.message}`);
  }
  const [header, ...lines] = records;
  if (header === undefined || lines.length === 0)
    return whole('empty_csv', 'the CSV needs a header and at least one row');
  if (lines.length > IMPORT_ROWS_MAX) {
    return whole(
      'too_many_rows',
      `an import has at most ${IMPORT_ROWS_MAX} rows; this one has ${lines.length}`,
    );
  }
  const columns = header.record.map((name) => name.trim());
  const faults = headerFaults(columns);
  if (faults.length > 0) return { rows: [], faults };
  const read = lines.map(({ record, info }) => readRow(columns, record, info.lines));
  return {
    rows: read.flatMap(({ row }) => (row === null ? [] : [row])),
    faults: read.flatMap((one) => one.faults),
  };
}

function whole(code: string, message: string): ReadSuppliers {
  return { rows: [], faults: [{ pointer: '', code, message }] };
}

function headerFaults(columns: readonly string[]): AdminFault[] {
  const known: readonly string[] = SUPPLIER_COLUMNS;
  const faults: AdminFault[] = [];
  for (const [at, name] of columns.entries()) {
    if (!known.includes(name)) {
      const message = `row 1: the column \`${name}\` is not known; the columns are ${known.join(', ')}`;
      faults.push({ pointer: `/rows/1/${name}`, code: 'unknown_column', message });
    } else if (columns.indexOf(name) !== at) {
      faults.push({
        pointer: `/rows/1/${name}`,
        code: 'column_given_twice',
        message: `row 1: the column \`${name}\` is there twice`,
      });
    }
  }
  for (const name of REQUIRED.filter((required) => !columns.includes(required))) {
    faults.push({
      pointer: `/rows/1/${name}`,
      code: 'column_missing',
      message: `row 1: the column \`${name}\` is missing`,
    });
  }
  return faults;
}

function readRow(
  columns: readonly string[],
  record: readonly string[],
  row: number,
): { readonly row: SupplierRow | null; readonly faults: AdminFault[] } {
  if (record.length !== columns.length) {
    const message = `row ${row}: it has ${record.length} cells, and the header has ${columns.length}`;
    return { row: null, faults: [{ pointer: `/rows/${row}`, code: 'wrong_cell_count', message }] };
  }
  const cells = new Map(columns.map((name, at) => [name, (record[at] ?? '').trim()]));
  const faults: AdminFault[] = [];
  const fault = (column: Column, code: string, message: string): void =>
    void faults.push(rowFault(row, { pointer: `/${column}`, code, message }));
  const cell = (column: Column): string | null => textOfCell(cells.get(column) ?? '') || null;
  const list = (column: Column): string[] =>
    (cell(column) ?? '')
      .split('|')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  /** `fallback`: where the cell is empty, or the row has a fault and is not used. */
  const oneOf = <T extends string>(column: Column, allowed: readonly T[], fallback: T): T => {
    const text = cell(column)?.toLowerCase() ?? null;
    if (text === null) return fallback;
    const found = allowed.find((value) => value === text);
    if (found === undefined) fault(column, 'invalid', `\`${column}\` is one of ${allowed.join(', ')}`);
    return found ?? fallback;
  };
  for (const column of REQUIRED)
    if (cell(column) === null) fault(column, 'required', `\`${column}\` is empty`);
  const standing = oneOf('standing', STANDINGS, 'prohibited');
  const sanctioned = oneOf('sanctioned', ['no', 'yes', 'false', 'true', 'unknown'], 'unknown');
  const state = oneOf('verification', ['unverified', 'pending', 'verified', 'failed'], 'unverified');
  const input: SupplierInput = {
    legal_name: cell('legal_name') ?? '-',
    trading_names: list('trading_names'),
    descriptors: list('descriptors'),
    domains: list('domains'),
    tax_ids: list('tax_ids'),
    bank_accounts: list('bank_accounts'),
    merchant_ids: list('merchant_ids'),
    country: cell('country'),
    mccs: list('mccs'),
    standing,
    sanctions:
      sanctioned === 'unknown'
        ? null
        : {
            flagged: sanctioned === 'yes' || sanctioned === 'true',
            list: cell('sanctions_list'),
            date: cell('sanctions_date'),
          },
    verification: { state, date: cell('verification_date') },
    group_id: cell('group_id'),
  };
  return { row: { row, supplierId: cell('supplier_id') ?? '-', input }, faults };
}

/** A fault of a supplier as one of its row: the pointer's first name is the column. */
export function rowFault(row: number, { pointer, code, message }: AdminFault): AdminFault {
  const column = COLUMN_OF[pointer] ?? pointer.split('/')[1] ?? '';
  return {
    pointer: `/rows/${row}${column === '' ? '' : `/${column}`}`,
    code,
    message: `row ${row}, column \`${column}\`: ${message}`,
  };
}

const COLUMN_OF: Readonly<Record<string, string>> = {
  '/sanctions/list': 'sanctions_list',
  '/sanctions/date': 'sanctions_date',
  '/verification/date': 'verification_date',
};

export function writeSupplierCsv(
  suppliers: readonly { readonly supplierId: string; readonly document: SupplierDocument }[],
): string {
  const line = (cells: readonly string[]): string => `${cells.map(csvCell).join(',')}\r\n`;
  return (
    line(SUPPLIER_COLUMNS) +
    suppliers
      .map(({ supplierId, document }) =>
        line(SUPPLIER_COLUMNS.map((column) => textOf(column, supplierId, document))),
      )
      .join('')
  );
}

function textOf(column: Column, supplierId: string, document: SupplierDocument): string {
  switch (column) {
    case 'supplier_id':
      return supplierId;
    case 'sanctioned':
      return document.sanctions === null ? 'unknown' : document.sanctions.flagged ? 'yes' : 'no';
    case 'sanctions_list':
      return document.sanctions?.list ?? '';
    case 'sanctions_date':
      return document.sanctions?.date ?? '';
    case 'verification':
      return document.verification.state;
    case 'verification_date':
      return document.verification.date ?? '';
    default: {
      const value = document[column];
      return typeof value === 'string' || value === null ? (value ?? '') : value.join('|');
    }
  }
}
