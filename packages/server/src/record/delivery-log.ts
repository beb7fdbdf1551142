// record/delivery-log.ts: what became of webhook deliveries, and sending one again. Response bodies were never kept.
import type { Database } from '../db/connect.ts';
import { queryRows } from '../db/query-rows.ts';
import { type FoundDeliveryRow, findDelivery } from '../ledger/find-delivery.ts';
import { type DeliveryRow, listDeliveries } from '../ledger/list-deliveries.ts';
import { lockEndpoints } from '../ledger/lock-endpoints.ts';
import { restartDelivery } from '../ledger/restart-delivery.ts';

export interface DeliveryView {
  /** The webhook-id of every attempt. */
  readonly delivery_id: string;
  readonly endpoint_id: string;
  /** The event's id. */
  readonly leaf_index: number;
  readonly event_type: string;
  readonly subject_id: string;
  readonly status: 'pending' | 'delivered' | 'failed';
  readonly attempts: number;
  /** null: over, or waiting for an earlier delivery of the same subject. */
  readonly next_attempt_at: string | null;
  readonly last_status_code: number | null;
  readonly last_error: string | null;
  readonly created_at: string;
  readonly delivered_at: string | null;
}

const PAGE_DEFAULT = 50;
const PAGE_MAX = 200;

export class DeliveryLog {
  readonly #database: Pick<Database, 'pool' | 'transaction'>;
  readonly #now: () => number;

  /** @param now milliseconds since the epoch */
  constructor(database: Pick<Database, 'pool' | 'transaction'>, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /** Newest first. `cursor`: the `nextCursor` of the page before. */
  async list(
    endpointId: string,
    query: {
      readonly status?: DeliveryView['status'] | undefined;
      readonly limit?: number | undefined;
      readonly cursor?: string | undefined;
    } = {},
  ): Promise<{ readonly items: readonly DeliveryView[]; readonly nextCursor: string | null }> {
    const limit = Math.max(1, Math.min(query.limit ?? PAGE_DEFAULT, PAGE_MAX));
    const statement = listDeliveries({
      endpointId,
      before: query.cursor ?? null,
      status: query.status ?? null,
      limit: limit + 1,
    });
    const rows = await queryRows<DeliveryRow>(this.#database.pool, statement);
    const page = rows.slice(0, limit);
    return {
      items: page.map(viewOf),
      nextCursor: rows.length > limit ? (page.at(-1)?.delivery_id ?? null) : null,
    };
  }

  /**
   * Sends a delivery that is over once more, with all its attempts, under the same id; leaves one that is pending as it
   * is. Undefined: the endpoint has no such delivery.
   */
  async replay(endpointId: string, deliveryId: string): Promise<DeliveryView | undefined> {
    const found = await this.#find(deliveryId);
    if (found?.endpoint_id !== endpointId) return undefined;
    await this.#database.transaction(async (client) => {
      await queryRows(client, lockEndpoints([endpointId]));
      await queryRows(client, restartDelivery(deliveryId, this.#now()));
    });
    return this.#find(deliveryId);
  }

  async #find(deliveryId: string): Promise<DeliveryView | undefined> {
    const [row] = await queryRows<FoundDeliveryRow>(this.#database.pool, findDelivery(deliveryId));
    return row === undefined ? undefined : viewOf(row);
  }
}

function viewOf(row: DeliveryRow): DeliveryView {
  return {
    delivery_id: row.delivery_id,
    endpoint_id: row.endpoint_id,
    leaf_index: Number(row.leaf_index),
    event_type: row.event_type,
    subject_id: row.subject_id,
    status: row.status,
    attempts: row.attempts,
    next_attempt_at: row.next_attempt_at?.toISOString() ?? null,
    last_status_code: row.last_status_code,
    last_error: row.last_error,
    created_at: row.created_at.toISOString(),
    delivered_at: row.delivered_at?.toISOString() ?? null,
  };
}
