// ledger/audit-authorization-rows.ts: every authorization with the entries of its request. For the auditor alone.
import { entriesBeside } from '../db/entries-beside.ts';
import { exactTime } from '../db/exact-time.ts';
import type { Statement } from '../db/statement.ts';

export function auditAuthorizationRows(): Statement {
  return {
    name: 'audit_authorization_rows',
    text: `SELECT card_authorization.*, ${exactTime('created_at')} AS created,
             ${entriesBeside(`'preq' || substr(card_id, strpos(card_id, '_'))`)}
           FROM card_authorization ORDER BY authorization_id`,
    values: [],
  };
}
