// ledger/claim-endpoint-to-plan.ts: locks the next active endpoint that has leaves to plan, skipping those that another
// gateway, or a delivery that is being noted, holds right now.
import type { Statement } from '../db/statement.ts';

export interface EndpointToPlanRow {
  endpoint_id: string;
  /** NULL: all. */
  events: string[] | null;
  next_leaf: bigint;
  /** Leaves of the log. */
  size: bigint;
}

/** @param after the endpoint planned before this one; empty for the first */
export function claimEndpointToPlan(after: string): Statement {
  return {
    name: 'claim_endpoint_to_plan',
    text: `SELECT endpoint_id, events, next_leaf, (SELECT size FROM log_head) AS size
           FROM webhook_endpoint
           WHERE status = 'active' AND endpoint_id > $1 AND next_leaf < (SELECT size FROM log_head)
           ORDER BY endpoint_id LIMIT 1 FOR NO KEY UPDATE OF webhook_endpoint SKIP LOCKED`,
    values: [after],
  };
}
