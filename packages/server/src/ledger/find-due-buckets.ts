// ledger/find-due-buckets.ts: hours to which requests were added since they were last assessed, the oldest first.
import type { Statement } from '../db/statement.ts';

export interface DueBucketRow {
  subject_type: string;
  subject_id: string;
  currency: string;
  hour_at: Date;
}

export function findDueBuckets(limit: number): Statement {
  return {
    name: 'find_due_buckets',
    text: `SELECT subject_type, subject_id, currency, hour_at FROM velocity_bucket WHERE NOT is_assessed
           ORDER BY hour_at LIMIT $1::int`,
    values: [limit],
  };
}
