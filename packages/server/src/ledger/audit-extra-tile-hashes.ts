// ledger/audit-extra-tile-hashes.ts: hashes of subtrees that a tree of this size does not have. For the auditor alone.
import type { Statement } from '../db/statement.ts';

export function auditExtraTileHashes(size: number): Statement {
  return {
    name: 'audit_extra_tile_hashes',
    text: `SELECT level, hash_index FROM log_tile_hash
           WHERE level < 1 OR hash_index < 0 OR (hash_index + 1) * 256::numeric ^ level > $1::int8`,
    values: [size],
  };
}
