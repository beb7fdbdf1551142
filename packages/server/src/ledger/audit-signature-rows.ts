// ledger/audit-signature-rows.ts: every signature with the entries of its request. For the auditor alone.
import { entriesBeside } from '../db/entries-beside.ts';
import { exactTime } from '../db/exact-time.ts';
import type { Statement } from '../db/statement.ts';

export function auditSignatureRows(): Statement {
  return {
    name: 'audit_signature_rows',
    text: `SELECT approval_signature.*, ${exactTime('signed_at')} AS signed, request_id, ${entriesBeside('request_id')}
           FROM approval_signature LEFT JOIN approval USING (approval_id) ORDER BY approval_id, principal_id`,
    values: [],
  };
}
