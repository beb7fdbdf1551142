// ledger/update-webhook-endpoint.ts: replaces the status of a webhook endpoint.
import type { Statement } from '../db/statement.ts';

import type { StoredEndpointRow } from './insert-webhook-endpoint.ts';

export function updateWebhookEndpoint(row: StoredEndpointRow): Statement {
  return {
    name: 'update_webhook_endpoint',
    text: `UPDATE webhook_endpoint SET status = $2, disabled_reason = $3, entry_id = $4 WHERE endpoint_id = $1`,
    values: [row.endpoint_id, row.status, row.disabled_reason, row.entry_id],
  };
}
