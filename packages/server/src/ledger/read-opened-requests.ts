// ledger/read-opened-requests.ts: the requests that were first decided in a range of leaves. Reads no body.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface OpenedRequestRow {
  type_code: number;
  agent_id: string;
  /** Of the agent as it is now. */
  team: string | null;
  vendor: string;
  currency: string;
  amount_minor: bigint;
  created_at: Date;
}

export function readOpenedRequests(range: {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly typeCodes: readonly number[];
}): Statement {
  return {
    name: 'read_opened_requests',
    text: `SELECT log_leaf.type_code, request.agent_id, agent.team, request.vendor, request.currency,
             request.amount_minor, request.created_at
           FROM log_leaf
             JOIN log_entry USING (entry_id)
             JOIN purchase_request AS request
               ON request.request_id = log_entry.subject_id AND request.decision_entry_id = log_leaf.entry_id
             LEFT JOIN agent ON agent.agent_id = request.agent_id
           WHERE log_leaf.leaf_index >= $1::int8 AND log_leaf.leaf_index < $2::int8
             AND log_leaf.type_code = ANY ($3::int4[])`,
    values: [range.from, range.to, binaryArray.int4(range.typeCodes)],
  };
}
