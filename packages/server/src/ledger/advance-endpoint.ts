// ledger/advance-endpoint.ts: notes up to which leaf an endpoint's deliveries are planned, under its lock.
import type { Statement } from '../db/statement.ts';

export function advanceEndpoint(endpointId: string, nextLeaf: number): Statement {
  return {
    name: 'advance_endpoint',
    text: 'UPDATE webhook_endpoint SET next_leaf = $2::int8 WHERE endpoint_id = $1',
    values: [endpointId, nextLeaf],
  };
}
