// ledger/bump-configuration-version.ts: tells every gateway that its cached configuration is out of date.
import type { Statement } from '../db/statement.ts';

export function bumpConfigurationVersion(): Statement {
  return { name: 'bump_configuration', text: 'UPDATE configuration SET version = version + 1', values: [] };
}
