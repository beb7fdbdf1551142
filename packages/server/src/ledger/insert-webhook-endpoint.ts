// ledger/insert-webhook-endpoint.ts: adds a webhook endpoint, which gets what is appended to the log from now on.
import type { Statement } from '../db/statement.ts';

export interface StoredEndpointRow {
  endpoint_id: string;
  url: string;
  events: string[] | null;
  status: 'active' | 'disabled';
  disabled_reason: string | null;
  created_at: Date;
  entry_id: bigint;
}

export function insertWebhookEndpoint(row: StoredEndpointRow & { readonly secret: string }): Statement {
  return {
    name: 'insert_webhook_endpoint',
    text: `INSERT INTO webhook_endpoint (endpoint_id, url, events, secret, status, next_leaf, created_at, entry_id)
           SELECT $1, $2, $3, $4, $5, size, $6, $7 FROM log_head`,
    values: [row.endpoint_id, row.url, row.events, row.secret, row.status, row.created_at, row.entry_id],
  };
}
