// ledger/find-leaves-to-deliver.ts: which leaves of a range are events of some types. Reads no body of a known type.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface LeafToDeliverRow {
  leaf_index: bigint;
  type_code: number;
  subject_id: string;
  /** Of a type whose code is not known; else NULL. */
  body: Buffer | null;
}

export interface LeavesToDeliver {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** Codes of the wanted types; null: all. */
  readonly wantedCodes: readonly number[] | null;
  readonly knownCodes: readonly number[];
}

export function findLeavesToDeliver({ from, to, wantedCodes, knownCodes }: LeavesToDeliver): Statement {
  const ofTypes = wantedCodes === null ? '' : 'AND log_leaf.type_code = ANY ($4::int4[])';
  return {
    name: wantedCodes === null ? 'find_leaves_to_deliver' : 'find_leaves_of_types_to_deliver',
    text: `SELECT leaf_index, log_leaf.type_code, subject_id,
             CASE WHEN log_leaf.type_code = ANY ($3::int4[]) THEN NULL ELSE body END AS body
           FROM log_leaf JOIN log_entry USING (entry_id)
           WHERE leaf_index >= $1::int8 AND leaf_index < $2::int8 ${ofTypes}
           ORDER BY leaf_index`,
    values: [
      from,
      to,
      binaryArray.int4(knownCodes),
      ...(wantedCodes === null ? [] : [binaryArray.int4(wantedCodes)]),
    ],
  };
}
