// ledger/read-configuration-version.ts: which version of the configuration is in force.
import type { Statement } from '../db/statement.ts';

export function readConfigurationVersion(): Statement {
  return { name: 'configuration_version', text: 'SELECT version FROM configuration', values: [] };
}
