// ledger/list-webhook-endpoints.ts: webhook endpoints in the order of their ids, without their secrets.
import type { Statement } from '../db/statement.ts';

export function listWebhookEndpoints({
  after,
  limit,
}: {
  readonly after: string;
  readonly limit: number;
}): Statement {
  return {
    name: 'list_webhook_endpoints',
    text: `SELECT endpoint_id, url, events, status, disabled_reason, created_at, entry_id
           FROM webhook_endpoint WHERE endpoint_id > $1 ORDER BY endpoint_id LIMIT $2`,
    values: [after, limit],
  };
}
