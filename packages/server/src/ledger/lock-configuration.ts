// ledger/lock-configuration.ts: the first lock of every writer. Decisions share it; configuration changes,
// revocations and kill switches hold it alone, so a change is seen by every decision that starts after it.
import { CONFIGURATION_LOCK } from '../db/advisory-locks.ts';
import type { Statement } from '../db/statement.ts';

export function lockConfigurationExclusive(): Statement {
  return {
    name: 'lock_configuration',
    text: `SELECT pg_advisory_xact_lock(${CONFIGURATION_LOCK})`,
    values: [],
  };
}

/** Sent before the statement that reads the version: a waiting statement still has its old snapshot. */
export function lockConfigurationShared(): Statement {
  return {
    name: 'share_configuration',
    text: `SELECT pg_advisory_xact_lock_shared(${CONFIGURATION_LOCK})`,
    values: [],
  };
}

/** Shared until `lockConfigurationRelease`, across transactions of the same connection, rolled back ones included. */
export function lockConfigurationHold(): Statement {
  return {
    name: 'hold_configuration',
    text: `SELECT pg_advisory_lock_shared(${CONFIGURATION_LOCK})`,
    values: [],
  };
}

export function lockConfigurationRelease(): Statement {
  return {
    name: 'release_configuration',
    text: `SELECT pg_advisory_unlock_shared(${CONFIGURATION_LOCK})`,
    values: [],
  };
}
