// ledger/lock-former-periods.ts: of periods that have just been opened, locks the one right before each, of the same
// budget. One that was opened when a later one was there already has none: nothing is carried into the past.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface FormerPeriodRow {
  opened_id: bigint;
  period_id: bigint;
  limit_minor: bigint;
  pending_minor: bigint;
  committed_minor: bigint;
  spent_minor: bigint;
  overrun_minor: bigint;
}

export function lockFormerPeriods(openedIds: readonly bigint[]): Statement {
  return {
    name: 'lock_former_periods',
    text: `SELECT opened.period_id AS opened_id, former.period_id, former.limit_minor, former.pending_minor,
             former.committed_minor, former.spent_minor, former.overrun_minor
           FROM budget_period AS opened JOIN budget_period AS former ON former.budget_id = opened.budget_id
             AND former.starts_at = (SELECT max(earlier.starts_at) FROM budget_period AS earlier
                                     WHERE earlier.budget_id = opened.budget_id AND earlier.starts_at < opened.starts_at)
           WHERE opened.period_id = ANY ($1::int8[]) AND NOT EXISTS (
             SELECT FROM budget_period AS later WHERE later.budget_id = opened.budget_id
               AND later.starts_at > opened.starts_at AND later.period_id <> ALL ($1::int8[]))
           ORDER BY former.period_id FOR NO KEY UPDATE OF former`,
    values: [binaryArray.int8(openedIds)],
  };
}
