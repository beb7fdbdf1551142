// ledger/audit-stray-transfers.ts: transfers of entries that do not exist. For the auditor alone.
import type { Statement } from '../db/statement.ts';

export function auditStrayTransfers(): Statement {
  return {
    name: 'audit_stray_transfers',
    text: `SELECT entry_id, line FROM transfer
           WHERE NOT EXISTS (SELECT FROM log_entry WHERE log_entry.entry_id = transfer.entry_id)
           ORDER BY entry_id, line`,
    values: [],
  };
}
