// ledger/audit-period-rows.ts: budget periods by their ids, with exact times. For the auditor alone.
import { binaryArray } from '../db/binary-array.ts';
import { exactTime } from '../db/exact-time.ts';
import type { Statement } from '../db/statement.ts';

export function auditPeriodRows(periodIds: readonly bigint[]): Statement {
  return {
    name: 'audit_period_rows',
    text: `SELECT period_id, budget_id, currency, ${exactTime('starts_at')} AS starts_at,
             ${exactTime('ends_at')} AS ends_at
           FROM budget_period WHERE period_id = ANY ($1::int8[])`,
    values: [binaryArray.int8(periodIds)],
  };
}
