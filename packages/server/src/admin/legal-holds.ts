// admin/legal-holds.ts: legal holds: what they keep is neither erased on request nor by time. Placing one waits for nobody;
// releasing one always takes a second person, whatever `change_control` says.
import { newId } from '../ids.ts';
import { findLegalHold } from '../ledger/find-legal-hold.ts';
import { insertLegalHold, type LegalHoldRow } from '../ledger/insert-legal-hold.ts';
import { listLegalHolds } from '../ledger/list-legal-holds.ts';
import { updateLegalHold } from '../ledger/update-legal-hold.ts';
import type { PrincipalCaller } from '../record/caller.ts';
import { AdminError, notFound } from './admin-error.ts';
import {
  type AdminContext,
  applyChange,
  type ChangeOptions,
  type ChangeStep,
  firstRow,
  readRows,
} from './apply-change.ts';
import { checkedReason } from './checked-input.ts';
import { checkedScope, type LegalHoldScope } from './legal-hold-scope.ts';
import { type Page, type PageQuery, pageOf, pageWindow } from './page.ts';
import { personal, type Snapshot } from './personal-text.ts';

export interface LegalHoldView {
  readonly holdId: string;
  readonly scope: LegalHoldScope;
  readonly reason: string | null;
  readonly status: 'active' | 'released';
  readonly createdBy: string;
  readonly createdAt: string;
  readonly releasedBy: string | null;
  readonly releasedAt: string | null;
}

export interface LegalHoldQuery extends PageQuery {
  readonly status?: 'active' | 'released' | undefined;
}

export interface LegalHolds {
  place(
    actor: PrincipalCaller,
    input: { readonly scope: LegalHoldScope; readonly reason: string },
    options?: ChangeOptions,
  ): Promise<LegalHoldView>;
  release(
    actor: PrincipalCaller,
    holdId: string,
    reason: string,
    options?: ChangeOptions,
  ): Promise<LegalHoldView>;
  get(holdId: string): Promise<LegalHoldView>;
  list(query?: LegalHoldQuery): Promise<Page<LegalHoldView>>;
}

export function createLegalHolds(context: AdminContext): LegalHolds {
  return {
    async place(actor, input, options) {
      const scope = checkedScope(input.scope);
      const reason = checkedReason('/reason', input.reason);
      return applyChange(context, { actor, operation: 'legal_holds.place', options }, async (step) => {
        const row: LegalHoldRow = {
          hold_id: newId('hold'),
          scope,
          reason,
          status: 'active',
          created_by: actor.principalId,
          released_by: null,
          created_at: step.at,
          released_at: null,
          entry_id: step.entryId,
        };
        await step.tx.query(insertLegalHold(row));
        const after = snapshotOf(row);
        await step.record({ type: 'legal_hold.placed', subjectId: row.hold_id, before: null, after });
        return viewOf(row);
      });
    },
    release: (actor, holdId, reason, options) =>
      release(context, { actor, holdId, reason: checkedReason('/reason', reason) }, options),
    async get(holdId) {
      const [row] = await readRows<LegalHoldRow>(context.pool, findLegalHold(holdId));
      if (row === undefined) throw notFound('legal hold', holdId);
      return viewOf(row);
    },
    async list({ status = null, ...page } = {}) {
      const window = pageWindow(page);
      const rows = await readRows<LegalHoldRow>(context.pool, listLegalHolds({ ...window, status }));
      return pageOf(rows, window, (row) => row.hold_id, viewOf);
    },
  };
}

function release(
  context: AdminContext,
  { actor, holdId, reason }: { actor: PrincipalCaller; holdId: string; reason: string },
  options: ChangeOptions | undefined,
): Promise<LegalHoldView> {
  return applyChange(
    context,
    { actor, operation: `legal_holds.release/${holdId}`, options },
    async (step) => {
      const before = await firstRow<LegalHoldRow>(step.tx, findLegalHold(holdId));
      if (before === null) throw notFound('legal hold', holdId);
      if (before.status === 'released') return viewOf(before);
      if (before.created_by === actor.principalId) {
        const message = `\`${before.created_by}\` placed it: a second person has to release it`;
        throw new AdminError('second_person_required', message);
      }
      const row: LegalHoldRow = {
        ...before,
        status: 'released',
        released_by: actor.principalId,
        released_at: step.at,
        entry_id: step.entryId,
      };
      await step.tx.query(updateLegalHold(row));
      const after = { ...snapshotOf(row), release_reason: personal(reason) };
      await step.record({
        type: 'legal_hold.released',
        subjectId: holdId,
        before: snapshotOf(before),
        after,
      });
      return viewOf(row);
    },
  );
}

/** The holds in force, inside a change. */
export async function activeHolds(step: ChangeStep): Promise<readonly LegalHoldRow[]> {
  const statement = listLegalHolds({ after: '', limit: null, status: 'active' });
  return (await step.tx.query<LegalHoldRow>(statement)).rows;
}

export function scopeOf(row: LegalHoldRow): LegalHoldScope {
  return row.scope as LegalHoldScope; // checked when it was placed
}

/** Vendor strings may name people: they are in the log with their purchases, and here as a commitment. */
function snapshotOf(row: LegalHoldRow): Snapshot {
  const { vendors, ...scope } = scopeOf(row);
  return {
    created_by: row.created_by,
    reason: personal(row.reason),
    released_by: row.released_by,
    scope,
    status: row.status,
    vendors: vendors === undefined ? null : personal(vendors.join('\n')),
  };
}

function viewOf(row: LegalHoldRow): LegalHoldView {
  return {
    holdId: row.hold_id,
    scope: scopeOf(row),
    reason: row.reason,
    status: row.status,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    releasedBy: row.released_by,
    releasedAt: row.released_at?.toISOString() ?? null,
  };
}
