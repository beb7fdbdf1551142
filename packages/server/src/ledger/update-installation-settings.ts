// ledger/update-installation-settings.ts: replaces what the installation is set to. Under the configuration lock.
import type { Statement } from '../db/statement.ts';
import type { InstallationSettingsRow } from './read-installation-settings.ts';

export function updateInstallationSettings(row: InstallationSettingsRow): Statement {
  return {
    name: 'update_installation_settings',
    text: `UPDATE configuration SET change_control = $1, require_idempotency_key = $2, settings = $3::json`,
    values: [row.change_control, row.require_idempotency_key, JSON.stringify(row.settings)],
  };
}
