// ledger/lock-endpoints.ts: locks webhook endpoints: planning and noting deliveries exclude each other, or a delivery
// could wait for one that has just been made.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export function lockEndpoints(endpointIds: readonly string[]): Statement {
  return {
    name: 'lock_endpoints',
    text: `SELECT FROM webhook_endpoint WHERE endpoint_id = ANY ($1::text[])
           ORDER BY endpoint_id FOR NO KEY UPDATE`,
    values: [binaryArray.text(endpointIds)],
  };
}
