// ledger/read-velocity-hours.ts: the hours of one subject in a stretch of time that had requests.
import type { Statement } from '../db/statement.ts';

export interface VelocityHourRow {
  hour_at: Date;
  request_count: number;
  out_of_hours_count: number;
  sum_minor: number;
}

export function readVelocityHours(stretch: {
  readonly subjectType: string;
  readonly subjectId: string;
  readonly currency: string;
  readonly from: Date;
  /** Inclusive. */
  readonly to: Date;
}): Statement {
  return {
    name: 'read_velocity_hours',
    text: `SELECT hour_at, request_count, out_of_hours_count, sum_minor::float8 AS sum_minor FROM velocity_bucket
           WHERE subject_type = $1 AND subject_id = $2 AND currency = $3 AND hour_at >= $4 AND hour_at <= $5`,
    values: [stretch.subjectType, stretch.subjectId, stretch.currency, stretch.from, stretch.to],
  };
}
