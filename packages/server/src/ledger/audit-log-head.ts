// ledger/audit-log-head.ts: what the head of the tree says. For the auditor alone.
import type { Statement } from '../db/statement.ts';

export function auditLogHead(): Statement {
  return {
    name: 'audit_log_head',
    text: `SELECT size, frontier FROM log_head`,
    values: [],
  };
}
