// ledger/audit-tile-hash.ts: one hash of a tile above level 0. For the auditor alone.
import type { Statement } from '../db/statement.ts';

export function auditTileHash(level: number, index: number): Statement {
  return {
    name: 'audit_tile_hash',
    text: `SELECT hash FROM log_tile_hash WHERE level = $1::int2 AND hash_index = $2::int8`,
    values: [level, index],
  };
}
