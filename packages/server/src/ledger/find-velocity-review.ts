// ledger/find-velocity-review.ts: the review that an alert began.
import type { Statement } from '../db/statement.ts';

export type { VelocityReviewRow } from './insert-velocity-review.ts';

export function findVelocityReview(alertId: string): Statement {
  return {
    name: 'find_velocity_review',
    text: `SELECT review_id, alert_id, subject_type, subject_id, created_at, lifted_at, lifted_by, entry_id
           FROM velocity_review WHERE alert_id = $1`,
    values: [alertId],
  };
}
