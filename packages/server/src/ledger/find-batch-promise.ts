// ledger/find-batch-promise.ts: whether a batch's promise was stored: there exactly when its transaction has committed.
import type { Statement } from '../db/statement.ts';

export function findBatchPromise(gatewayId: string, sequence: number): Statement {
  return {
    name: 'find_batch_promise',
    text: 'SELECT 1 FROM log_promise WHERE gateway_id = $1 AND sequence = $2::int8',
    values: [gatewayId, sequence],
  };
}
