// ledger/read-log-leaves.ts: sequenced entries of a range of the log with their exact bytes, in order.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface LogLeafRow {
  leaf_index: bigint;
  entry_id: bigint;
  leaf_hash: Buffer;
  subject_id: string;
  body: Buffer;
}

export interface LogLeafRange {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly limit: number;
  /** Codes of the wanted event types; null: all. */
  readonly typeCodes: readonly number[] | null;
}

export function readLogLeaves({ from, to, limit, typeCodes }: LogLeafRange): Statement {
  const ofTypes = typeCodes === null ? '' : 'AND log_leaf.type_code = ANY ($4::int4[])';
  return {
    name: typeCodes === null ? 'read_log_leaves' : 'read_log_leaves_of_types',
    text: `SELECT leaf_index, entry_id, leaf_hash, subject_id, body
           FROM log_leaf JOIN log_entry USING (entry_id)
           WHERE leaf_index >= $1::int8 AND leaf_index < $2::int8 ${ofTypes}
           ORDER BY leaf_index LIMIT $3::int`,
    values: [from, to, limit, ...(typeCodes === null ? [] : [binaryArray.int4(typeCodes)])],
  };
}
