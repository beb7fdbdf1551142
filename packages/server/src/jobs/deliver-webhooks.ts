// jobs/deliver-webhooks.ts: sends planned deliveries as Standard Webhooks says: signed, in order per subject, at least
// once, with one id on every attempt. Claims what it sends, so several gateways share the work.
// Must not keep anything a receiver answers but its status.
import { Webhook } from 'standardwebhooks';

import type { Database } from '../db/connect.ts';
import { queryRows } from '../db/query-rows.ts';
import { type ClaimedDeliveryRow, claimDeliveries } from '../ledger/claim-deliveries.ts';
import { type FinishedAttempt, finishAttempts } from '../ledger/finish-attempts.ts';
import { type DeliveryTargetRow, listDeliveryTargets } from '../ledger/list-delivery-targets.ts';
import { lockEndpoints } from '../ledger/lock-endpoints.ts';
import { type LeafAtRow, readLeavesAt } from '../ledger/read-leaves-at.ts';
import { releaseWaitingDeliveries } from '../ledger/release-waiting-deliveries.ts';
import { eventPayload, shapeEvents } from '../record/event-data.ts';
import { type Job, type JobLog, startJob } from './job-loop.ts';
import { type WebhookOutcome, type WebhookPost, postWebhook } from './post-webhook.ts';

export interface DeliverWebhooksOptions {
  readonly database: Pick<Database, 'pool' | 'transaction'>;
  readonly log: JobLog;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** COUNTERSIGN_ALLOW_PRIVATE_WEBHOOKS. */
  readonly allowPrivate: boolean;
  /** Disables an endpoint whose receiver says that it is gone (410), as a recorded change of the configuration. */
  readonly disableEndpoint: (endpointId: string, reason: string) => Promise<unknown>;
  /** Milliseconds before each attempt, the first included. Default: the schedule of Standard Webhooks. */
  readonly retryScheduleMs?: readonly number[];
  readonly timeoutMs?: number;
  readonly idleMs?: number;
  /** From 0 to 1: spreads retries. Default: Math.random. */
  readonly random?: () => number;
  readonly resolve?: WebhookPost['resolve'];
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** At once, then further and further apart, for a bit more than three days. */
export const RETRY_SCHEDULE_MS: readonly number[] = [
  0,
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

const TIMEOUT_MS = 15 * SECOND;
/** Longer than any attempt: after it, whoever claimed the delivery is taken for dead. */
const LEASE_SLACK_MS = 45 * SECOND;
const IDLE_MS = 200;
const SENDS_MAX = 64;
const SENDS_PER_ENDPOINT_MAX = 8;
/** Retries come up to this share of their delay later. */
const JITTER = 0.1;

export function deliverWebhooks(options: DeliverWebhooksOptions): Job {
  const delivery = new WebhookDelivery(options);
  const job = startJob({
    name: 'deliver-webhooks',
    idleMs: options.idleMs ?? IDLE_MS,
    log: options.log,
    run: () => delivery.run(() => job.wake()),
  });
  return {
    wake: () => job.wake(),
    async stop() {
      delivery.abort();
      await job.stop();
      await delivery.settled();
    },
  };
}

interface Target extends DeliveryTargetRow {
  readonly signer: Webhook;
}

class WebhookDelivery {
  readonly #options: DeliverWebhooksOptions;
  readonly #sending = new Map<string, number>();
  readonly #inFlight = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #finished: FinishedAttempt[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #next: Promise<void> | null = null;

  constructor(options: DeliverWebhooksOptions) {
    this.#options = options;
  }

  /** Starts what is due and fits; `wake` is called when a place is free again. */
  async run(wake: () => void): Promise<'again' | 'idle'> {
    const { database, now } = this.#options;
    const targets = await this.#targets();
    const slots = this.#freeSlots([...targets.keys()]);
    if (slots.length === 0) return 'idle';
    const leaseMs = (this.#options.timeoutMs ?? TIMEOUT_MS) + LEASE_SLACK_MS;
    const claimed = await queryRows<ClaimedDeliveryRow>(
      database.pool,
      claimDeliveries(slots, { nowMs: now(), leaseMs }),
    );
    if (claimed.length === 0) return 'idle';
    const payloads = await this.#payloadsOf(claimed);
    for (const delivery of claimed) {
      const target = targets.get(delivery.endpoint_id);
      const payload = payloads.get(delivery.leaf_index);
      if (target === undefined || payload === undefined) {
        this.#options.log.error({ delivery_id: delivery.delivery_id }, 'a delivery has no event in the log');
        continue; // its lease runs out, and it is tried again
      }
      const sending = this.#send(delivery, target, payload).finally(() => {
        this.#inFlight.delete(sending);
        wake();
      });
      this.#inFlight.add(sending);
    }
    return 'idle';
  }

  /** Endpoints with the least under way first, so that slow ones do not take every place. */
  #freeSlots(endpointIds: readonly string[]): { endpointId: string; count: number }[] {
    const busyness = (endpointId: string): number => this.#sending.get(endpointId) ?? 0;
    let left = SENDS_MAX - this.#inFlight.size;
    const slots: { endpointId: string; count: number }[] = [];
    for (const endpointId of [...endpointIds].sort((one, other) => busyness(one) - busyness(other))) {
      const count = Math.min(SENDS_PER_ENDPOINT_MAX - busyness(endpointId), left);
      if (count <= 0) continue;
      left -= count;
      slots.push({ endpointId, count });
    }
    return slots;
  }

  /** Ends the requests under way: their deliveries are due again when their leases run out, or at the next start. */
  abort(): void {
    this.#stopping.abort();
  }

  async settled(): Promise<void> {
    await Promise.allSettled([...this.#inFlight]);
  }

  async #targets(): Promise<Map<string, Target>> {
    const rows = await queryRows<DeliveryTargetRow>(this.#options.database.pool, listDeliveryTargets());
    return new Map(rows.map((row) => [row.endpoint_id, { ...row, signer: new Webhook(row.secret) }]));
  }

  async #payloadsOf(claimed: readonly ClaimedDeliveryRow[]): Promise<Map<bigint, string>> {
    const { pool } = this.#options.database;
    const indexes = [...new Set(claimed.map((delivery) => delivery.leaf_index))];
    const leaves = await queryRows<LeafAtRow>(pool, readLeavesAt(indexes));
    const events = await shapeEvents(pool, leaves);
    return new Map(events.map((event) => [BigInt(event.id), eventPayload(event)]));
  }

  async #send(delivery: ClaimedDeliveryRow, target: Target, body: string): Promise<void> {
    const endpointId = delivery.endpoint_id;
    this.#sending.set(endpointId, (this.#sending.get(endpointId) ?? 0) + 1);
    try {
      const at = new Date(this.#options.now());
      const outcome = await postWebhook({
        url: target.url,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Countersign-Webhooks',
          'webhook-id': delivery.delivery_id,
          'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
          'webhook-signature': target.signer.sign(delivery.delivery_id, at, body),
        },
        body,
        timeoutMs: this.#options.timeoutMs ?? TIMEOUT_MS,
        allowPrivate: this.#options.allowPrivate,
        signal: this.#stopping.signal,
        ...(this.#options.resolve === undefined ? {} : { resolve: this.#options.resolve }),
      });
      await this.#note(this.#finishedAttempt(delivery, outcome));
      if ('statusCode' in outcome && outcome.statusCode === 410) await this.#disable(endpointId);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#options.log.error(
        { message, delivery_id: delivery.delivery_id },
        'an attempt could not be noted',
      );
    } finally {
      const left = (this.#sending.get(endpointId) ?? 1) - 1;
      if (left === 0) this.#sending.delete(endpointId);
      else this.#sending.set(endpointId, left);
    }
  }

  #finishedAttempt(delivery: ClaimedDeliveryRow, outcome: WebhookOutcome): FinishedAttempt {
    const statusCode = 'statusCode' in outcome ? outcome.statusCode : null;
    const attempt = {
      deliveryId: delivery.delivery_id,
      endpointId: delivery.endpoint_id,
      subjectId: delivery.subject_id,
      statusCode,
      error: 'error' in outcome ? outcome.error : null,
      atMs: this.#options.now(),
    };
    if (statusCode !== null && statusCode >= 200 && statusCode < 300) {
      return { ...attempt, status: 'delivered', nextAttemptAtMs: null };
    }
    // Stopped by this gateway, which says nothing about the receiver: due again at once.
    if (this.#stopping.signal.aborted && 'error' in outcome) {
      return { ...attempt, status: 'pending', nextAttemptAtMs: attempt.atMs };
    }
    const delayMs = (this.#options.retryScheduleMs ?? RETRY_SCHEDULE_MS)[delivery.attempts];
    if (delayMs === undefined || statusCode === 410)
      return { ...attempt, status: 'failed', nextAttemptAtMs: null };
    const jitterMs = Math.floor((this.#options.random ?? Math.random)() * JITTER * delayMs);
    return { ...attempt, status: 'pending', nextAttemptAtMs: attempt.atMs + delayMs + jitterMs };
  }

  /** Attempts that end while one transaction is under way share the next one. */
  #note(attempt: FinishedAttempt): Promise<void> {
    this.#finished.push(attempt);
    if (this.#next === null) {
      this.#next = this.#last.then(() => {
        const attempts = this.#finished;
        this.#finished = [];
        this.#next = null;
        return this.#noteAll(attempts);
      });
      this.#last = this.#next.catch(() => undefined); // each attempt in it hears of its failure
    }
    return this.#next;
  }

  async #noteAll(attempts: readonly FinishedAttempt[]): Promise<void> {
    const { database, now } = this.#options;
    const endpointIds = [...new Set(attempts.map(({ endpointId }) => endpointId))].sort();
    await database.transaction(async (client) => {
      await queryRows(client, lockEndpoints(endpointIds));
      await queryRows(client, finishAttempts(attempts));
      const over = attempts.filter(({ status }) => status !== 'pending');
      if (over.length > 0) await queryRows(client, releaseWaitingDeliveries(over, now()));
    });
  }

  async #disable(endpointId: string): Promise<void> {
    await this.#options.disableEndpoint(endpointId, 'the receiver answered 410 Gone');
  }
}
