// ledger/lock-signers.ts: people who are about to sign, each alone: how fast they sign is counted under this lock.
// After the duplicate keys, before the budget periods.
import { SIGNER_LOCK_SPACE } from '../db/advisory-locks.ts';
import type { Statement } from '../db/statement.ts';

/** Of an id 32 bits are locked: two people who have the same only wait for each other. */
export function lockSigners(principalIds: readonly string[]): Statement {
  return {
    name: 'lock_signers',
    text: `SELECT count(pg_advisory_xact_lock(${SIGNER_LOCK_SPACE}, key))
           FROM (SELECT DISTINCT hashtext(id) AS key FROM unnest($1::text[]) AS id ORDER BY key) AS signer`,
    values: [[...principalIds]],
  };
}
