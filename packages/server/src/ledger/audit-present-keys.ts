// ledger/audit-present-keys.ts: which of some rows are there. For the auditor alone.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface PresentKeys {
  readonly table: string;
  /** The first column of the primary key. */
  readonly column: string;
  /** The second one; null: there is none. */
  readonly part: string | null;
  /** Values of the first column. */
  readonly ids: readonly string[];
}

/** The names are the auditor's own, never input. A key of two columns is written `first/second`. */
export function auditPresentKeys({ table, column, part, ids }: PresentKeys): Statement {
  const key = part === null ? column : `${column} || '/' || ${part}`;
  return {
    name: `audit_present_${table}`,
    text: `SELECT (${key})::text AS key FROM ${table} WHERE ${column}::text = ANY ($1::text[])`,
    values: [binaryArray.text(ids)],
  };
}
