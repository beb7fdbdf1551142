// db/row-statement.ts: statements that take any number of rows. Many go as one array a column, through `unnest`; one or two
// go as plain parameters, since setting up a dozen functions that return a set costs more than inserting the row.
// Must not change a value: both forms give the database the same rows.
import { binaryArray } from './binary-array.ts';
import type { Statement } from './statement.ts';

type ColumnType = keyof typeof binaryArray;

/** Of each type what a column's value is; null for a NULL. */
interface ColumnValue {
  text: string;
  bytea: Uint8Array;
  int8: bigint;
  int4: number;
  int2: number;
  bool: boolean;
  /** Milliseconds since the epoch. */
  timestamptz: number;
}

/** Name, type and where in the row it stands. */
export type RowColumn<Row> = {
  [Type in ColumnType]: readonly [name: string, type: Type, value: (row: Row) => ColumnValue[Type] | null];
}[ColumnType];

const PLAIN_MAX = 2;

/**
 * `text`: the statement, given what stands for the rows after FROM: a table `new` with these columns.
 * @returns makes the statement for some rows; at least one
 */
export function rowStatement<Row>({
  name,
  columns,
  text,
}: {
  readonly name: string;
  readonly columns: readonly RowColumn<Row>[];
  readonly text: (rows: string) => string;
}): (rows: readonly Row[]) => Statement {
  const names = columns.map(([column]) => column).join(', ');
  const arrays = columns.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ');
  const many = { name, text: text(`unnest(${arrays}) AS new (${names})`) };
  const plain = Array.from({ length: PLAIN_MAX }, (_, index) => ({
    name: `${name}_${index + 1}`,
    text: text(`(VALUES ${plainRows(columns, index + 1)}) AS new (${names})`),
  }));
  return (rows) => {
    const few = plain[rows.length - 1];
    if (few === undefined) return { ...many, values: columns.map((column) => arrayOf(column, rows)) };
    return { ...few, values: rows.flatMap((row) => columns.map((column) => plainValue(column, row))) };
  };
}

function plainRows<Row>(columns: readonly RowColumn<Row>[], count: number): string {
  const row = (first: number): string =>
    `(${columns.map(([, type], index) => `$${first + index}::${type}`).join(', ')})`;
  return Array.from({ length: count }, (_, index) => row(index * columns.length + 1)).join(', ');
}

function arrayOf<Row>([, type, value]: RowColumn<Row>, rows: readonly Row[]): Buffer {
  const encode = binaryArray[type] as (values: readonly unknown[]) => Buffer; // the column's type and value go together
  return encode(rows.map((row) => value(row)));
}

function plainValue<Row>([, type, value]: RowColumn<Row>, row: Row): unknown {
  const found = value(row);
  return type === 'timestamptz' && found !== null ? new Date(Number(found)).toISOString() : found;
}
