// ledger/list-delivery-targets.ts: the active webhook endpoints, with the secrets that sign. For delivering only.
import type { Statement } from '../db/statement.ts';

export interface DeliveryTargetRow {
  endpoint_id: string;
  url: string;
  secret: string;
}

export function listDeliveryTargets(): Statement {
  return {
    name: 'list_delivery_targets',
    text: `SELECT endpoint_id, url, secret FROM webhook_endpoint WHERE status = 'active'`,
    values: [],
  };
}
