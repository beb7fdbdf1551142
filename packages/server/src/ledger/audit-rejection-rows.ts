// ledger/audit-rejection-rows.ts: every rejection with the entries of its request. For the auditor alone.
import { entriesBeside } from '../db/entries-beside.ts';
import { exactTime } from '../db/exact-time.ts';
import type { Statement } from '../db/statement.ts';

export function auditRejectionRows(): Statement {
  return {
    name: 'audit_rejection_rows',
    text: `SELECT approval_rejection.*, ${exactTime('rejected_at')} AS rejected, request_id, ${entriesBeside('request_id')}
           FROM approval_rejection LEFT JOIN approval USING (approval_id) ORDER BY approval_id`,
    values: [],
  };
}
