// ledger/upsert-related-days.ts: writes the day buckets of near purchases that a batch leaves. Sent under the locks on their
// groups.
import { rowStatement } from '../db/row-statement.ts';
import type { Statement } from '../db/statement.ts';

export interface UpsertRelatedDaysRow {
  readonly groupKey: string;
  readonly day: number;
  /** JSON. */
  readonly purchases: string;
  readonly lastEntryId: bigint;
}

const statement = rowStatement<UpsertRelatedDaysRow>({
  name: 'upsert_related_days',
  columns: [
    ['group_key', 'text', (row) => row.groupKey],
    ['day', 'int4', (row) => row.day],
    ['purchases', 'text', (row) => row.purchases],
    ['entry_id', 'int8', (row) => row.lastEntryId],
  ],
  text: (rows) => `INSERT INTO related_day (group_key, day, purchases, last_entry_id)
           SELECT group_key::uuid, day, purchases::json, entry_id FROM ${rows}
           ON CONFLICT (group_key, day) DO UPDATE SET purchases = excluded.purchases,
             last_entry_id = excluded.last_entry_id`,
});

export function upsertRelatedDays(rows: readonly UpsertRelatedDaysRow[]): Statement {
  return statement(rows);
}
