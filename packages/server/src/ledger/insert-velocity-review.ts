// ledger/insert-velocity-review.ts: puts a subject under review, unless it is, or this alert has done so before: then no row.
import type { Statement } from '../db/statement.ts';

export interface VelocityReviewRow {
  review_id: string;
  alert_id: string;
  subject_type: 'agent' | 'team' | 'supplier';
  subject_id: string;
  created_at: Date;
  lifted_at: Date | null;
  lifted_by: string | null;
  entry_id: bigint;
}

export function insertVelocityReview(row: Omit<VelocityReviewRow, 'lifted_at' | 'lifted_by'>): Statement {
  return {
    name: 'insert_velocity_review',
    text: `INSERT INTO velocity_review (review_id, alert_id, subject_type, subject_id, created_at, entry_id)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING review_id`,
    values: [row.review_id, row.alert_id, row.subject_type, row.subject_id, row.created_at, row.entry_id],
  };
}
