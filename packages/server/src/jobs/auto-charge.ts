// jobs/auto-charge.ts: a simulated merchant for trying things out (COUNTERSIGN_SANDBOX_AUTOCHARGE=1): charges each new
// card in full, as the vendor of its request, and ships at once. Must never run against cards of a real issuer.
import type { Pool } from 'pg';

import { describeDatabaseError } from '../db/database-error.ts';
import { queryRows } from '../db/query-rows.ts';
import type { GateAnswer, GateRequest } from '../gate/command.ts';
import { type Body, actionOfTerms } from '../gate/entry-body.ts';
import { type FindPurchaseKeysRow, findPurchaseKeys } from '../ledger/find-purchase-keys.ts';
import type { SystemCaller } from '../record/caller.ts';
import type { LogEvent } from '../record/event-data.ts';
import type { EventFeed } from '../record/event-feed.ts';
import { type Job, type JobLog, startJob } from './job-loop.ts';

export interface AutoChargeOptions {
  readonly pool: Pool;
  readonly events: Pick<EventFeed, 'subscribe'>;
  readonly gate: { submit(request: GateRequest): Promise<GateAnswer> };
  readonly log: JobLog;
  /** Cards of other rail adapters are left alone. */
  readonly provider?: string;
}

const CALLER: SystemCaller = { kind: 'system', name: 'sandbox-network' };

export function autoCharge(options: AutoChargeOptions): Job {
  /** The last event that was dealt with; null: only cards of now on. */
  let after: number | null = null;
  const charging = new Set<Promise<void>>();
  const job = startJob({
    name: 'auto-charge',
    idleMs: 1_000,
    log: options.log,
    run: async (signal) => {
      for await (const event of options.events.subscribe({ after, types: ['purchase.approved'], signal })) {
        after = event.id;
        const cardId = newCardOf(event, options.provider ?? 'sandbox');
        if (cardId === null) continue;
        const charge = chargeCard(options, event.subjectId, cardId).finally(() => charging.delete(charge));
        charging.add(charge);
      }
      return 'idle';
    },
  });
  return {
    wake: () => job.wake(),
    async stop() {
      await job.stop();
      await Promise.all(charging);
    },
  };
}

async function chargeCard(options: AutoChargeOptions, requestId: string, cardId: string): Promise<void> {
  const { gate, log, pool } = options;
  try {
    const [request] = await queryRows<FindPurchaseKeysRow>(pool, findPurchaseKeys([requestId]));
    if (request === undefined) throw new Error('the card has no request');
    const { terms } = JSON.parse(request.decision_body.toString('utf8')) as { terms: Body }; // the gate's own entry
    const { amountMinor, counterparty: name, currency, mcc } = actionOfTerms('purchase', terms);
    const merchant = { name, domain: null, merchantId: null, mcc, country: null };
    const authorize = { kind: 'authorize', cardId, amountMinor, currency, merchant } as const;
    const authorized = await gate.submit({ command: authorize, caller: CALLER });
    if (
      !authorized.ok ||
      authorized.createdId === null ||
      authorized.entry.type !== 'authorization.approved'
    ) {
      log.info({ card_id: cardId }, 'a card declined the simulated merchant');
      return;
    }
    const { createdId: authorizationId } = authorized;
    const capture = { kind: 'capture', authorizationId, amountMinor, closeAuthorization: true } as const;
    await gate.submit({ command: capture, caller: CALLER });
  } catch (error) {
    log.warn({ card_id: cardId, ...describeDatabaseError(error) }, 'a simulated charge failed');
  }
}

/** The event's data is the entry's body, as gate/entry-body.ts writes it. */
function newCardOf(event: LogEvent, provider: string): string | null {
  const { checkout } = JSON.parse(event.dataJson) as { checkout?: { card_id?: string; method?: string } };
  return checkout?.method === provider ? (checkout.card_id ?? null) : null;
}
