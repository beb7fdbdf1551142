// ledger/insert-velocity-settings.ts: stores a version of how requests are watched, for good.
import type { Statement } from '../db/statement.ts';

export interface VelocitySettingsRow {
  version: number;
  document: unknown;
  created_at: Date;
  created_by: string;
  entry_id: bigint;
}

export function insertVelocitySettings(row: VelocitySettingsRow): Statement {
  return {
    name: 'insert_velocity_settings',
    text: `INSERT INTO velocity_settings (version, document, created_at, created_by, entry_id) VALUES ($1, $2, $3, $4, $5)`,
    values: [row.version, JSON.stringify(row.document), row.created_at, row.created_by, row.entry_id],
  };
}
