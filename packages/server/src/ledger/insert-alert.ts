// ledger/insert-alert.ts: raises an alert, unless one with the same dedupe key has been raised: then it gives no row.
import type { Statement } from '../db/statement.ts';

export interface AlertRow {
  alert_id: string;
  kind: string;
  severity: 'info' | 'warning' | 'critical';
  subject_type: string;
  subject_id: string;
  message: string;
  evidence: unknown;
  dedupe_key: string;
  created_at: Date;
  acknowledged_at: Date | null;
  acknowledged_by: string | null;
  entry_id: bigint;
}

/** Waits for another transaction that is raising the same. */
export function insertAlert(row: Omit<AlertRow, 'acknowledged_at' | 'acknowledged_by'>): Statement {
  return {
    name: 'insert_alert',
    text: `INSERT INTO alert (alert_id, kind, severity, subject_type, subject_id, message, evidence, dedupe_key, created_at,
             entry_id, last_entry_id)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
           ON CONFLICT (dedupe_key) DO NOTHING RETURNING alert_id`,
    values: [
      row.alert_id,
      row.kind,
      row.severity,
      row.subject_type,
      row.subject_id,
      row.message,
      JSON.stringify(row.evidence),
      row.dedupe_key,
      row.created_at,
      row.entry_id,
    ],
  };
}
