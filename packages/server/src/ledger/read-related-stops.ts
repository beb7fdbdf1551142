// ledger/read-related-stops.ts: the latest purchase of each group that was stopped for its sum. Sent under the groups' locks.
import type { Statement } from '../db/statement.ts';

export interface ReadRelatedStopsRow {
  group_key: string;
  request_id: string;
  amount_minor: bigint;
  currency: string;
  entry_id: bigint;
}

export function readRelatedStops(groupKeys: readonly string[]): Statement {
  return {
    name: 'read_related_stops',
    text: `SELECT group_key::text, request_id, amount_minor, currency, entry_id
           FROM related_stop WHERE group_key = ANY ($1::uuid[])`,
    values: [[...groupKeys]],
  };
}
