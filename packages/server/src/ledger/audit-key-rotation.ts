// ledger/audit-key-rotation.ts: the entry of the rotation that made a key. For the auditor alone.
import type { Statement } from '../db/statement.ts';

export function auditKeyRotation(keyId: string): Statement {
  return {
    name: 'audit_key_rotation',
    text: `SELECT entry_id, subject_id, body FROM log_entry
           WHERE subject_id LIKE 'key\\_%' AND position(convert_to('"new_key_id":"' || $1 || '"', 'UTF8') IN body) > 0
           ORDER BY entry_id LIMIT 1`,
    values: [keyId],
  };
}
