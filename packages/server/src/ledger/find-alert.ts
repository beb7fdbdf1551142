// ledger/find-alert.ts: one alert, by its id or by what makes it one and the same.
import type { Statement } from '../db/statement.ts';

export type { AlertRow } from './insert-alert.ts';

const COLUMNS = `alert_id, kind, severity, subject_type, subject_id, message, evidence, dedupe_key, created_at,
  acknowledged_at, acknowledged_by, entry_id`;

export function findAlert(by: { readonly alertId: string } | { readonly dedupeKey: string }): Statement {
  return 'alertId' in by
    ? { name: 'find_alert', text: `SELECT ${COLUMNS} FROM alert WHERE alert_id = $1`, values: [by.alertId] }
    : {
        name: 'find_alert_by_dedupe_key',
        text: `SELECT ${COLUMNS} FROM alert WHERE dedupe_key = $1`,
        values: [by.dedupeKey],
      };
}
