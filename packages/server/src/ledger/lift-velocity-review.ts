// ledger/lift-velocity-review.ts: ends a review; gives no row where it has ended before.
import type { Statement } from '../db/statement.ts';

export function liftVelocityReview(review: {
  readonly reviewId: string;
  readonly at: Date;
  readonly by: string;
  readonly entryId: bigint;
}): Statement {
  return {
    name: 'lift_velocity_review',
    text: `UPDATE velocity_review SET lifted_at = $2, lifted_by = $3, entry_id = $4
           WHERE review_id = $1 AND lifted_at IS NULL RETURNING review_id`,
    values: [review.reviewId, review.at, review.by, review.entryId],
  };
}
