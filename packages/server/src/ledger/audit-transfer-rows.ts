// ledger/audit-transfer-rows.ts: the transfers that some entries made. For the auditor alone.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export function auditTransferRows(entryIds: readonly bigint[]): Statement {
  return {
    name: 'audit_transfer_rows',
    text: `SELECT entry_id, line, period_id, from_account, to_account, amount_minor FROM transfer
           WHERE entry_id = ANY ($1::int8[]) ORDER BY entry_id, line`,
    values: [binaryArray.int8(entryIds)],
  };
}
