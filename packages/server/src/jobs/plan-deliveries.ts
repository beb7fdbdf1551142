// jobs/plan-deliveries.ts: turns new leaves of the log into deliveries, one endpoint at a time: its deliveries and its
// place in the log change in one transaction, so a crash plans nothing twice and forgets nothing.
import type { PoolClient } from 'pg';

import { EVENT_TYPES, isSubscribed } from '../admin/event-types.ts';
import type { Database } from '../db/connect.ts';
import { queryRows } from '../db/query-rows.ts';
import { newId } from '../ids.ts';
import { advanceEndpoint } from '../ledger/advance-endpoint.ts';
import { type EndpointToPlanRow, claimEndpointToPlan } from '../ledger/claim-endpoint-to-plan.ts';
import { type LeafToDeliverRow, findLeavesToDeliver } from '../ledger/find-leaves-to-deliver.ts';
import { type NewDelivery, insertDeliveries } from '../ledger/insert-deliveries.ts';
import { eventTypeCode } from '../record/event-type-code.ts';
import { type Job, type JobLog, startJob } from './job-loop.ts';

export interface PlanDeliveriesOptions {
  readonly database: Pick<Database, 'transaction'>;
  readonly log: JobLog;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told after each commit that planned something: there is something to deliver. */
  readonly onPlanned?: (count: number) => void;
  readonly idleMs?: number;
}

const IDLE_MS = 150;
/** Leaves looked at per endpoint and transaction. */
const LEAVES_MAX = 5_000;

const TYPE_OF_CODE = new Map(EVENT_TYPES.map((type) => [eventTypeCode(type), type]));

export function planDeliveries(options: PlanDeliveriesOptions): Job {
  return startJob({
    name: 'plan-deliveries',
    idleMs: options.idleMs ?? IDLE_MS,
    log: options.log,
    run: () => planOnce(options),
  });
}

/** Plans at most 5,000 leaves for each endpoint. `again`: some endpoint has more. */
export async function planOnce(
  options: Pick<PlanDeliveriesOptions, 'database' | 'now' | 'onPlanned'>,
): Promise<'again' | 'idle'> {
  let outcome: 'again' | 'idle' = 'idle';
  let after = '';
  for (;;) {
    const planned = await options.database.transaction((client) => planNext(client, after, options.now()));
    if (planned === null) return outcome;
    after = planned.endpointId;
    if (planned.count > 0) options.onPlanned?.(planned.count);
    if (planned.hasMore) outcome = 'again';
  }
}

async function planNext(
  client: PoolClient,
  after: string,
  nowMs: number,
): Promise<{ endpointId: string; count: number; hasMore: boolean } | null> {
  const [endpoint] = await queryRows<EndpointToPlanRow>(client, claimEndpointToPlan(after));
  if (endpoint === undefined) return null;
  const endpointId = endpoint.endpoint_id;
  const from = Number(endpoint.next_leaf);
  const to = Math.min(from + LEAVES_MAX, Number(endpoint.size));
  const deliveries = await deliveriesIn(client, from, to, endpoint.events);
  if (deliveries.length > 0) await queryRows(client, insertDeliveries(endpointId, deliveries, nowMs));
  await queryRows(client, advanceEndpoint(endpointId, to));
  return { endpointId, count: deliveries.length, hasMore: to < Number(endpoint.size) };
}

async function deliveriesIn(
  client: PoolClient,
  from: number,
  to: number,
  events: readonly string[] | null,
): Promise<NewDelivery[]> {
  const wantedCodes =
    events === null ? null : EVENT_TYPES.filter((type) => isSubscribed(events, type)).map(eventTypeCode);
  if (wantedCodes?.length === 0) return [];
  const statement = findLeavesToDeliver({ from, to, wantedCodes, knownCodes: [...TYPE_OF_CODE.keys()] });
  const leaves = await queryRows<LeafToDeliverRow>(client, statement);
  return leaves.map((leaf) => ({
    deliveryId: newId('msg'),
    leafIndex: Number(leaf.leaf_index),
    eventType: typeOf(leaf),
    subjectId: leaf.subject_id,
  }));
}

/** A type that this version does not know, of a newer gateway beside it, is in the body alone. */
function typeOf(leaf: LeafToDeliverRow): string {
  const known = TYPE_OF_CODE.get(leaf.type_code);
  if (known !== undefined) return known;
  const { type } = JSON.parse(leaf.body?.toString('utf8') ?? '{}') as { type?: string };
  if (type === undefined) throw new Error(`the entry of leaf ${leaf.leaf_index} has no type`);
  return type;
}
