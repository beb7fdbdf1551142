// ledger/update-related-days.ts: writes the day buckets of near purchases that a batch leaves. Sent under the locks on their
// groups.
import { rowStatement } from '../db/row-statement.ts';
import type { Statement } from '../db/statement.ts';

export interface UpdateRelatedDaysRow {
  readonly groupKey: string;
  readonly day: number;
  /** Becomes JSON. */
  readonly purchases: object;
  readonly lastEntryId: bigint;
}

const statement = rowStatement<UpdateRelatedDaysRow>({
  name: 'update_related_days',
  columns: [
    ['group_key', 'text', (row) => row.groupKey],
    ['day', 'int4', (row) => row.day],
    ['purchases', 'text', (row) => JSON.stringify(row.purchases)],
    ['entry_id', 'int8', (row) => row.lastEntryId],
  ],
  text: (rows) => `UPDATE related_day SET purchases = new.purchases::json, last_entry_id = new.entry_id
           FROM ${rows} WHERE related_day.group_key = new.group_key::uuid AND related_day.day = new.day`,
});

export function updateRelatedDays(rows: readonly UpdateRelatedDaysRow[]): Statement {
  return statement(rows);
}
