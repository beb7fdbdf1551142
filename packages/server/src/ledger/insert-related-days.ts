// ledger/insert-related-days.ts: stores the first day buckets of groups of near purchases. Sent under the locks on their
// groups.
import { rowStatement } from '../db/row-statement.ts';
import type { Statement } from '../db/statement.ts';

export interface InsertRelatedDaysRow {
  readonly groupKey: string;
  readonly day: number;
  /** Becomes JSON. */
  readonly purchases: object;
  readonly lastEntryId: bigint;
}

const statement = rowStatement<InsertRelatedDaysRow>({
  name: 'insert_related_days',
  columns: [
    ['group_key', 'text', (row) => row.groupKey],
    ['day', 'int4', (row) => row.day],
    ['purchases', 'text', (row) => JSON.stringify(row.purchases)],
    ['entry_id', 'int8', (row) => row.lastEntryId],
  ],
  text: (rows) => `INSERT INTO related_day (group_key, day, purchases, last_entry_id)
           SELECT group_key::uuid, day, purchases::json, entry_id FROM ${rows}`,
});

export function insertRelatedDays(rows: readonly InsertRelatedDaysRow[]): Statement {
  return statement(rows);
}
