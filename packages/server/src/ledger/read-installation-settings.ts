// ledger/read-installation-settings.ts: what the installation is set to. Inside a change: under the configuration lock.
import type { Statement } from '../db/statement.ts';

export interface InstallationSettingsRow {
  installation_id: string;
  change_control: 'single' | 'four_eyes';
  require_idempotency_key: boolean;
  settings: Readonly<Record<string, unknown>>;
}

export function readInstallationSettings(): Statement {
  return {
    name: 'read_installation_settings',
    text: 'SELECT installation_id, change_control, require_idempotency_key, settings FROM configuration',
    values: [],
  };
}
