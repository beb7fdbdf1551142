// record/audit/row-audit.ts: what every part of the database's audit shares: one consistent snapshot, rows streamed in
// key order, and differences located by table, key and column. The auditor's
// statements are its own, shared with nothing that it audits. Must not write.
import { canonicalJson } from '@countersign/audit';
import type { PoolClient, QueryResultRow } from 'pg';

import { queryRows } from '../../db/query-rows.ts';
import type { Statement } from '../../db/statement.ts';

/** One difference between the database and its log. */
export interface RowDifference {
  readonly table: string;
  readonly key: Readonly<Record<string, string>>;
  /** null: the row as a whole. */
  readonly column: string | null;
  readonly kind: 'differs' | 'missing' | 'extra';
  readonly expected: string | null;
  readonly actual: string | null;
}

/** A sequenced or waiting entry whose bytes are what the log says. */
export interface AuditedEntry {
  readonly entryId: bigint;
  readonly subjectId: string;
  readonly type: string;
  readonly body: Body;
}

export type Body = Readonly<Record<string, unknown>>;

/** Expected and actual value of some columns. */
export type Columns = Readonly<Record<string, readonly [expected: unknown, actual: unknown]>>;

const ROWS_AT_ONCE = 500;

export class RowAudit {
  readonly client: PoolClient;
  readonly #report: (difference: RowDifference) => void;
  readonly #progress: (table: string, rows: number) => void;
  /** Entries whose own bytes were changed: rows that rest on them are not blamed. */
  readonly altered = new Set<bigint>();
  /** Tables with a difference so far: what rests on their rows cannot be told. */
  readonly blamed = new Set<string>();
  /** Entries whose leaf hash was changed: their promises cannot be compared. */
  readonly alteredLeaves = new Set<bigint>();
  /** Subjects that lost an entry to a changed subject id: their rows are not blamed. */
  readonly alteredSubjects = new Set<string>();
  #cursors = 0;

  constructor(
    client: PoolClient,
    report: (difference: RowDifference) => void,
    progress: (table: string, rows: number) => void = () => undefined,
  ) {
    this.client = client;
    this.#report = (difference) => {
      this.blamed.add(difference.table);
      report(difference);
    };
    this.#progress = progress;
  }

  /** Pages of rows of a query, through a cursor: memory holds one page. */
  async *pages<Row extends QueryResultRow>(
    table: string,
    { text }: Statement,
    rowsAtOnce = ROWS_AT_ONCE,
  ): AsyncGenerator<Row[], void, undefined> {
    const cursor = `audit_${(this.#cursors += 1)}`;
    await this.client.query(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${text}`);
    try {
      for (;;) {
        const { rows } = await this.client.query<Row>(`FETCH FORWARD ${rowsAtOnce} FROM ${cursor}`);
        if (rows.length === 0) return;
        this.#progress(table, rows.length);
        yield rows;
      }
    } finally {
      await this.client.query(`CLOSE ${cursor}`);
    }
  }

  rows<Row extends QueryResultRow>(statement: Statement): Promise<Row[]> {
    return queryRows<Row>(this.client, statement);
  }

  missing(table: string, key: Readonly<Record<string, unknown>>, expected: string | null = null): void {
    this.#report({ table, key: keyText(key), column: null, kind: 'missing', expected, actual: null });
  }

  extra(table: string, key: Readonly<Record<string, unknown>>, actual: string | null = null): void {
    this.#report({ table, key: keyText(key), column: null, kind: 'extra', expected: null, actual });
  }

  compare(table: string, key: Readonly<Record<string, unknown>>, columns: Columns): void {
    for (const [column, [wanted, found]] of Object.entries(columns)) {
      const [expected, actual] = [textOf(wanted), textOf(found)];
      if (expected === actual) continue;
      this.#report({ table, key: keyText(key), column, kind: 'differs', expected, actual });
    }
  }
}

/** An entry's RFC 3339 time, or milliseconds, in the form of db/exact-time.ts. */
export function instant(value: unknown): string | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  return new Date(value).toISOString().replace('Z', '000');
}

export function fieldOf(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[name]; // an object, as just checked
  }
  return found;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textField(value: unknown, ...path: readonly string[]): string | null {
  const found = fieldOf(value, ...path);
  return typeof found === 'string' ? found : null;
}

export function entryOf(row: { entry_id: bigint; subject_id: string; body: Buffer }): AuditedEntry | null {
  try {
    const body = JSON.parse(row.body.toString('utf8')) as Body;
    const type = textField(body, 'type');
    return type === null ? null : { entryId: row.entry_id, subjectId: row.subject_id, type, body };
  } catch {
    return null; // changed bytes need not be JSON any more
  }
}

function keyText(key: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(key).map(([name, value]) => [name, textOf(value) ?? 'null']));
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  if (Buffer.isBuffer(value)) return value.toString('hex');
  if (Array.isArray(value))
    return canonicalJson(value.map((item: unknown) => (typeof item === 'bigint' ? Number(item) : item)));
  return canonicalJson(value);
}
