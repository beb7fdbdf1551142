// ledger/update-webhook-secret.ts: replaces the secret of a webhook endpoint; the next attempt signs with the new one.
import type { Statement } from '../db/statement.ts';

export function updateWebhookSecret({
  endpointId,
  secret,
  entryId,
}: {
  readonly endpointId: string;
  readonly secret: string;
  readonly entryId: bigint;
}): Statement {
  return {
    name: 'update_webhook_secret',
    text: `UPDATE webhook_endpoint SET secret = $2, entry_id = $3 WHERE endpoint_id = $1`,
    values: [endpointId, secret, entryId],
  };
}
