// ledger/audit-approval-rows.ts: every approval with the entries of its request. For the auditor alone.
import { entriesBeside } from '../db/entries-beside.ts';
import { exactTime } from '../db/exact-time.ts';
import type { Statement } from '../db/statement.ts';

export function auditApprovalRows(): Statement {
  return {
    name: 'audit_approval_rows',
    text: `SELECT approval.*, ${exactTime('created_at')} AS created, ${exactTime('expires_at')} AS expires,
             ${entriesBeside('request_id')}
           FROM approval ORDER BY approval_id`,
    values: [],
  };
}
