// ledger/insert-checkpoint.ts: stores a signed checkpoint unless one of this size or a larger one is there already.
// Returns a row exactly when it was stored.
import type { Statement } from '../db/statement.ts';

export function insertCheckpoint(size: number, note: string, nowMs: number): Statement {
  return {
    name: 'insert_checkpoint',
    text: `INSERT INTO log_checkpoint (size, note, created_at)
           SELECT $1::int8, $2, $3::timestamptz
           WHERE NOT EXISTS (SELECT FROM log_checkpoint WHERE size >= $1::int8)
           ON CONFLICT (size) DO NOTHING RETURNING size`,
    values: [size, note, new Date(nowMs)],
  };
}
