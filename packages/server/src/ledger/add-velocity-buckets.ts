// ledger/add-velocity-buckets.ts: adds requests to the hours of their subjects; each hour is due to be assessed again.
import { rowStatement } from '../db/row-statement.ts';
import type { Statement } from '../db/statement.ts';

export interface VelocityBucketRow {
  readonly subjectType: string;
  readonly subjectId: string;
  readonly currency: string;
  /** Milliseconds since the epoch. */
  readonly hourMs: number;
  readonly requestCount: number;
  readonly deniedCount: number;
  readonly outOfHoursCount: number;
  /** Of what was not denied. */
  readonly sumMinor: bigint;
}

const statement = rowStatement<VelocityBucketRow>({
  name: 'add_velocity_buckets',
  columns: [
    ['subject_type', 'text', (row) => row.subjectType],
    ['subject_id', 'text', (row) => row.subjectId],
    ['currency', 'text', (row) => row.currency],
    ['hour_at', 'timestamptz', (row) => row.hourMs],
    ['request_count', 'int4', (row) => row.requestCount],
    ['denied_count', 'int4', (row) => row.deniedCount],
    ['out_of_hours_count', 'int4', (row) => row.outOfHoursCount],
    ['sum_minor', 'text', (row) => row.sumMinor.toString()],
  ],
  text: (
    rows,
  ) => `INSERT INTO velocity_bucket AS old (subject_type, subject_id, currency, hour_at, request_count,
             denied_count, out_of_hours_count, sum_minor)
           SELECT subject_type, subject_id, currency, hour_at, request_count, denied_count, out_of_hours_count,
             sum_minor::numeric FROM ${rows}
           ON CONFLICT (subject_type, subject_id, currency, hour_at) DO UPDATE SET
             request_count = old.request_count + excluded.request_count,
             denied_count = old.denied_count + excluded.denied_count,
             out_of_hours_count = old.out_of_hours_count + excluded.out_of_hours_count,
             sum_minor = old.sum_minor + excluded.sum_minor,
             is_assessed = false`,
});

/** Each subject and hour once; at least one. */
export function addVelocityBuckets(rows: readonly VelocityBucketRow[]): Statement {
  return statement(rows);
}
