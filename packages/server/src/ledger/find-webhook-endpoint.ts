// ledger/find-webhook-endpoint.ts: one webhook endpoint, without its secret.
import type { Statement } from '../db/statement.ts';

export function findWebhookEndpoint(endpointId: string): Statement {
  return {
    name: 'find_webhook_endpoint',
    text: `SELECT endpoint_id, url, events, status, disabled_reason, created_at, entry_id
           FROM webhook_endpoint WHERE endpoint_id = $1`,
    values: [endpointId],
  };
}
