// ledger/update-period-limit.ts: sets limit and overrun of a locked period to what its transfers add up to.
import type { Statement } from '../db/statement.ts';

interface PeriodLimit {
  readonly periodId: bigint;
  readonly limitMinor: bigint;
  readonly overrunMinor: bigint;
}

export function updatePeriodLimit({ periodId, limitMinor, overrunMinor }: PeriodLimit): Statement {
  return {
    name: 'update_period_limit',
    text: `UPDATE budget_period SET limit_minor = $2, overrun_minor = $3 WHERE period_id = $1`,
    values: [periodId, limitMinor, overrunMinor],
  };
}
