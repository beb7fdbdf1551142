// ledger/find-velocity-settings.ts: how requests are watched now; no row: nobody has set it.
import type { Statement } from '../db/statement.ts';

export type { VelocitySettingsRow } from './insert-velocity-settings.ts';

export function findVelocitySettings(): Statement {
  return {
    name: 'find_velocity_settings',
    text: `SELECT version, document, created_at, created_by, entry_id FROM velocity_settings ORDER BY version DESC LIMIT 1`,
    values: [],
  };
}
