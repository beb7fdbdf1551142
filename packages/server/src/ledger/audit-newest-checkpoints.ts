// ledger/audit-newest-checkpoints.ts: the notes of the two newest checkpoints, newest first. For the auditor alone.
import type { Statement } from '../db/statement.ts';

export function auditNewestCheckpoints(): Statement {
  return {
    name: 'audit_newest_checkpoints',
    text: `SELECT note FROM log_checkpoint ORDER BY size DESC LIMIT 2`,
    values: [],
  };
}
