// ledger/audit-checkpoints.ts: every checkpoint, smallest tree first. For the auditor alone.
import type { Statement } from '../db/statement.ts';

export function auditCheckpoints(): Statement {
  return {
    name: 'audit_checkpoints',
    text: `SELECT size, note FROM log_checkpoint ORDER BY size`,
    values: [],
  };
}
