// ledger/find-installation.ts: the one row that says this database is an installation, if it already is one.
import type { Statement } from '../db/statement.ts';

export interface InstallationRow {
  installation_id: string;
}

export function findInstallation(): Statement {
  return {
    name: 'find_installation',
    text: `SELECT installation_id FROM configuration`,
    values: [],
  };
}
