// ledger/read-approver-habits.ts: how approvers decided in a time: how often, how fast, how often yes, how often unread.
// By whoever signed, also where they signed on behalf of somebody else.
import type { Statement } from '../db/statement.ts';

export interface ApproverHabitsRow {
  principal_id: string;
  decisions: number;
  approved: number;
  on_behalf: number;
  unopened: number;
  median_seconds: number | null;
  p10_seconds: number | null;
  /** Clock hours in which they decided anything. */
  active_hours: number;
  /** Most signatures within 60 minutes. */
  peak: number;
}

/** `[from, until)`; without `approverId`: everybody. */
export function readApproverHabits(filter: {
  readonly from: Date;
  readonly until: Date;
  readonly approverId: string | null;
}): Statement {
  return {
    name: 'read_approver_habits',
    text: `WITH decision AS (
             SELECT principal_id, on_behalf_of, viewed_seconds, signed_at AS decided_at, true AS is_approval
             FROM approval_signature
             WHERE signed_at >= $1 AND signed_at < $2 AND ($3::text IS NULL OR principal_id = $3)
             UNION ALL
             SELECT principal_id, on_behalf_of, viewed_seconds, rejected_at, false FROM approval_rejection
             WHERE rejected_at >= $1 AND rejected_at < $2 AND ($3::text IS NULL OR principal_id = $3)),
           paced AS (
             SELECT *, count(*) FILTER (WHERE is_approval) OVER (PARTITION BY principal_id ORDER BY decided_at
               RANGE BETWEEN interval '1 hour' PRECEDING AND CURRENT ROW) AS within_hour FROM decision)
           SELECT principal_id, count(*)::int AS decisions, (count(*) FILTER (WHERE is_approval))::int AS approved,
             count(on_behalf_of)::int AS on_behalf,
             (count(*) FILTER (WHERE viewed_seconds IS NULL))::int AS unopened,
             percentile_cont(0.5) WITHIN GROUP (ORDER BY viewed_seconds) AS median_seconds,
             percentile_cont(0.1) WITHIN GROUP (ORDER BY viewed_seconds) AS p10_seconds,
             count(DISTINCT date_trunc('hour', decided_at, 'UTC'))::int AS active_hours, max(within_hour)::int AS peak
           FROM paced GROUP BY principal_id ORDER BY principal_id`,
    values: [filter.from, filter.until, filter.approverId],
  };
}
