// ledger/mark-buckets-assessed.ts: notes that hours have been assessed with everything that is in them.
import { rowStatement } from '../db/row-statement.ts';
import type { Statement } from '../db/statement.ts';
import type { DueBucketRow } from './find-due-buckets.ts';

const statement = rowStatement<DueBucketRow>({
  name: 'mark_buckets_assessed',
  columns: [
    ['subject_type', 'text', (row) => row.subject_type],
    ['subject_id', 'text', (row) => row.subject_id],
    ['currency', 'text', (row) => row.currency],
    ['hour_at', 'timestamptz', (row) => row.hour_at.getTime()],
  ],
  text: (rows) => `UPDATE velocity_bucket AS bucket SET is_assessed = true FROM ${rows}
           WHERE bucket.subject_type = new.subject_type AND bucket.subject_id = new.subject_id
             AND bucket.currency = new.currency AND bucket.hour_at = new.hour_at`,
});

/** At least one. */
export function markBucketsAssessed(rows: readonly DueBucketRow[]): Statement {
  return statement(rows);
}
