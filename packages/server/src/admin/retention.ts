// admin/retention.ts: how long text is kept, what is past that, and its erasure, by time or on request. Rows, ids, amounts and
// the log are kept for ever: only text, and the salt of its commitment, goes.
// INVARIANT: nothing under a legal hold is erased, and what is erased is named by an entry.
import { firstIdAt } from '../ids.ts';
import { countRetainedPurchases, type RetainedCountRow } from '../ledger/count-retained-purchases.ts';
import { findRetainedPurchases, type RetainedPurchaseRow } from '../ledger/find-retained-purchases.ts';
import {
  type InstallationSettingsRow,
  readInstallationSettings,
} from '../ledger/read-installation-settings.ts';
import type { LegalHoldRow } from '../ledger/insert-legal-hold.ts';
import { listLegalHolds } from '../ledger/list-legal-holds.ts';
import { type Actor, type AdminContext, type ChangeOptions, readRows } from './apply-change.ts';
import { type EraseRequest, type Erasure, eraseOnRequest } from './erase-on-request.ts';
import { eraseExpired } from './erase-expired.ts';
import { holdsPurchase } from './legal-hold-scope.ts';
import { scopeOf } from './legal-holds.ts';
import { type Page, type PageQuery, pageOf, pageWindow } from './page.ts';
import { cutoffsOf, isEnded } from './retention-time.ts';
import { RETENTION_KINDS, type RetentionKind, settingOf } from './setting-fields.ts';

export interface RetentionView {
  readonly kinds: readonly {
    readonly kind: RetentionKind;
    readonly months: number;
    /** What ended before this is past its time. */
    readonly keptSince: string;
  }[];
  readonly purchases: {
    readonly pastRetention: number;
    /** Of those: held, not ended, or not yet come to by the job. */
    readonly withText: number;
  };
  readonly activeHolds: number;
}

export interface RetainedPurchase {
  readonly requestId: string;
  readonly agentId: string;
  readonly createdAt: string;
  /** Its free text has been erased. */
  readonly erased: boolean;
  /** Why it has not been. */
  readonly keptBy: 'nothing' | 'not_ended' | 'legal_hold';
  readonly holdIds: readonly string[];
}

export interface Retention {
  status(): Promise<RetentionView>;
  /** Purchases past their time, the oldest first. */
  purchases(query?: PageQuery): Promise<Page<RetainedPurchase>>;
  erase(actor: Actor, request: EraseRequest, options?: ChangeOptions): Promise<Erasure>;
  /** Erases what is past its time and not held. Returns how many subjects lost text. */
  eraseExpired(signal?: AbortSignal): Promise<number>;
}

export function createRetention(context: AdminContext): Retention {
  return {
    status: () => status(context),
    async purchases(query = {}) {
      const window = pageWindow(query);
      const { cutoffs, holds } = await rulesOf(context);
      const before = firstIdAt('preq', cutoffs.purchase.getTime());
      const rows = await readRows<RetainedPurchaseRow>(
        context.pool,
        findRetainedPurchases({ ...window, before, withTextOnly: false }),
      );
      return pageOf(
        rows,
        window,
        (row) => row.request_id,
        (row) => retained(row, holds),
      );
    },
    erase: (actor, request, options) => eraseOnRequest(context, actor, request, options),
    eraseExpired: (signal) => eraseExpired(context, signal),
  };
}

async function status(context: AdminContext): Promise<RetentionView> {
  const { cutoffs, months, holds } = await rulesOf(context);
  const counted = countRetainedPurchases(firstIdAt('preq', cutoffs.purchase.getTime()));
  const [counts] = await readRows<RetainedCountRow>(context.pool, counted);
  return {
    kinds: RETENTION_KINDS.map((kind) => ({
      kind,
      months: months[kind],
      keptSince: cutoffs[kind].toISOString(),
    })),
    purchases: {
      pastRetention: Number(counts?.total ?? 0n),
      withText: Number(counts?.with_text ?? 0n),
    },
    activeHolds: holds.length,
  };
}

async function rulesOf(context: AdminContext): Promise<{
  months: Readonly<Record<RetentionKind, number>>;
  cutoffs: Readonly<Record<RetentionKind, Date>>;
  holds: readonly LegalHoldRow[];
}> {
  const { pool } = context;
  const [row] = await readRows<InstallationSettingsRow>(pool, readInstallationSettings());
  const months = settingOf(row?.settings ?? {}, 'retention_months');
  const active = listLegalHolds({ after: '', limit: null, status: 'active' });
  const holds = await readRows<LegalHoldRow>(pool, active);
  return { months, cutoffs: cutoffsOf(months, context.now()), holds };
}

function retained(row: RetainedPurchaseRow, holds: readonly LegalHoldRow[]): RetainedPurchase {
  const holdIds = holds.filter((hold) => holdsPurchase(scopeOf(hold), row)).map((hold) => hold.hold_id);
  const keptBy = holdIds.length > 0 ? 'legal_hold' : isEnded(row) ? 'nothing' : 'not_ended';
  return {
    requestId: row.request_id,
    agentId: row.agent_id,
    createdAt: row.created_at.toISOString(),
    erased: !row.has_text,
    keptBy: row.has_text ? keptBy : 'nothing',
    holdIds,
  };
}
