// ledger/find-duplicates.ts: when each action was last accepted. Denied, cancelled and expired attempts do not count.
// Sent after the locks on the same keys.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface DuplicateRow {
  fingerprint: bigint;
  accepted_at: Date | null;
}

export function findDuplicates(fingerprints: readonly bigint[]): Statement {
  return {
    name: 'find_duplicates',
    text: `SELECT key.fingerprint, greatest(
             (SELECT created_at FROM purchase_request AS earlier
              WHERE earlier.fingerprint = key.fingerprint AND earlier.status IN ('approved', 'held')
              ORDER BY created_at DESC LIMIT 1),
             (SELECT created_at FROM policy_check AS earlier
              WHERE earlier.fingerprint = key.fingerprint AND earlier.decision <> 'block'
              ORDER BY created_at DESC LIMIT 1)) AS accepted_at
           FROM unnest($1::int8[]) AS key (fingerprint)`,
    values: [binaryArray.int8(fingerprints)],
  };
}
