// jobs/expire-purchases.ts: gives every request that has run out its end: held without its signatures, approved and
// never charged, or left to be paid outside. The gate decides under its locks whether it really has.
import type { Pool } from 'pg';

import { queryRows } from '../db/query-rows.ts';
import type { GateAnswer, GateRequest } from '../gate/command.ts';
import {
  type ExpiredPurchaseRow,
  type ExpiryKind,
  findExpiredPurchases,
} from '../ledger/find-expired-purchases.ts';
import type { SystemCaller } from '../record/caller.ts';
import { type Job, type JobLog, startJob } from './job-loop.ts';

export interface ExpirePurchasesOptions {
  readonly pool: Pool;
  readonly gate: { submit(request: GateRequest): Promise<GateAnswer> };
  readonly log: JobLog;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly idleMs?: number;
  /** Requests handed to the gate at once. */
  readonly batchMax?: number;
}

const IDLE_MS = 1_000;
const BATCH_MAX = 100;
const KINDS: readonly ExpiryKind[] = ['approval', 'card', 'authorization', 'external'];
const CALLER: SystemCaller = { kind: 'system', name: 'expire-purchases' };

export function expirePurchases(options: ExpirePurchasesOptions): Job {
  return startJob({
    name: 'expire-purchases',
    idleMs: options.idleMs ?? IDLE_MS,
    log: options.log,
    run: async (signal) => {
      await expireOnce(options, signal);
      return 'idle';
    },
  });
}

/** Goes through everything that has run out by now, once: what the gate refuses does not hold up the rest. */
export async function expireOnce(options: ExpirePurchasesOptions, signal?: AbortSignal): Promise<number> {
  const { pool, now, batchMax: limit = BATCH_MAX } = options;
  const nowMs = now();
  let expired = 0;
  for (const kind of KINDS) {
    let after: { expiredAt: Date; id: string } | null = null;
    for (;;) {
      if (signal?.aborted === true) return expired;
      const statement = findExpiredPurchases({ kind, nowMs, after, limit });
      const rows: ExpiredPurchaseRow[] = await queryRows<ExpiredPurchaseRow>(pool, statement);
      const ended = await Promise.all(rows.map((row) => expire(options, row.request_id)));
      expired += ended.filter(Boolean).length;
      const last = rows.at(-1);
      if (last === undefined || rows.length < limit) break;
      after = { expiredAt: last.expired_at, id: last.request_id };
    }
  }
  return expired;
}

async function expire({ gate, log }: ExpirePurchasesOptions, requestId: string): Promise<boolean> {
  const answer = await gate.submit({ command: { kind: 'expire', requestId }, caller: CALLER });
  // Signed, charged or cancelled at the same moment: then it has another end.
  if (!answer.ok)
    log.info({ request_id: requestId, code: answer.code }, 'a request did not expire after all');
  return answer.ok;
}
