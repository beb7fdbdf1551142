// record/audit/audit-signals.ts: alerts and the settings they follow from, against the entries that made them.
import type { QueryResultRow } from 'pg';

import { auditAlertRows } from '../../ledger/audit-alert-rows.ts';
import { auditVelocitySettings } from '../../ledger/audit-velocity-settings.ts';
import { type AuditedEntry, type RowAudit, entryOf, fieldOf } from './row-audit.ts';
import { happenedAt } from './subject-entries.ts';

export async function auditAlerts(audit: RowAudit): Promise<void> {
  for await (const rows of audit.pages<QueryResultRow>('alert', auditAlertRows())) {
    for (const row of rows) {
      const key = { alert_id: row['alert_id'] as unknown };
      const entry = entryBeside(audit, row, 'entry');
      if (entry === 'altered') continue;
      const alert = entry?.body['alert'];
      if (entry === null || fieldOf(alert, 'alert_id') !== key.alert_id) {
        audit.compare('alert', key, { entry_id: ['the entry that raised it', row['entry_id']] });
        continue;
      }
      audit.compare('alert', key, {
        kind: [fieldOf(alert, 'kind'), row['kind']],
        severity: [fieldOf(alert, 'severity'), row['severity']],
        subject_type: [fieldOf(alert, 'subject', 'type'), row['subject_type']],
        subject_id: [fieldOf(alert, 'subject', 'id'), row['subject_id']],
        message: [fieldOf(alert, 'message'), row['message']],
        evidence: [fieldOf(alert, 'evidence'), row['evidence']],
        dedupe_key: [fieldOf(alert, 'dedupe_key'), row['dedupe_key']],
        created_at: [happenedAt(entry), row['created']],
      });
      const seen = entryBeside(audit, row, 'seen');
      if (seen === 'altered') continue;
      audit.compare('alert', key, {
        acknowledged_by: [fieldOf(seen?.body, 'actor', 'id'), row['acknowledged_by']],
        acknowledged_at: [seen === null ? null : happenedAt(seen), row['acknowledged']],
      });
    }
  }
}

export async function auditVelocity(audit: RowAudit): Promise<void> {
  for (const row of await audit.rows<QueryResultRow>(auditVelocitySettings())) {
    const key = { version: row['version'] as unknown };
    const entry = entryBeside(audit, row, 'entry');
    if (entry === 'altered') continue;
    if (entry === null) {
      audit.compare('velocity_settings', key, { entry_id: ['the entry that set it', row['entry_id']] });
      continue;
    }
    audit.compare('velocity_settings', key, {
      version: [fieldOf(entry.body, 'changes', 'version', 'after'), row['version']],
      created_at: [happenedAt(entry), row['created']],
      created_by: [fieldOf(entry.body, 'actor', 'id'), row['created_by']],
    });
    // A version that says the same as the one before has no difference to be recorded.
    const settings = fieldOf(entry.body, 'changes', 'settings', 'after');
    if (settings !== undefined) {
      audit.compare('velocity_settings', key, { document: [settings, row['document']] });
    }
  }
}

/** The entry that a query put beside a row; null: there is none. */
function entryBeside(
  audit: RowAudit,
  row: QueryResultRow,
  name: 'entry' | 'seen',
): AuditedEntry | 'altered' | null {
  const body = row[`${name}_body`] as Buffer | null;
  if (body === null) return null;
  const id = (name === 'entry' ? row['entry_id'] : row['last_entry_id']) as bigint;
  if (audit.altered.has(id)) return 'altered';
  return entryOf({ entry_id: id, subject_id: String(row[`${name}_subject`]), body });
}
