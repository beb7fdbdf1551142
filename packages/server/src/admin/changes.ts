// admin/changes.ts: what waits for a second person, and every end of it but approval and roll-back: those send the
// request again and end in review-change.ts, in the transaction of the change itself.
import { findConfigurationChange } from '../ledger/find-configuration-change.ts';
import { type DueChangeRow, findDueChanges } from '../ledger/find-due-changes.ts';
import type { ChangeStatus, ConfigurationChangeRow } from '../ledger/insert-configuration-change.ts';
import { listConfigurationChanges } from '../ledger/list-configuration-changes.ts';
import { updateConfigurationChange } from '../ledger/update-configuration-change.ts';
import { type PrincipalCaller, callerId } from '../record/caller.ts';
import { raiseAlert } from '../record/raise-alert.ts';
import { AdminError, invalid, notFound } from './admin-error.ts';
import {
  type Actor,
  type AdminContext,
  applyChange,
  type ChangeOptions,
  type ChangeStep,
  readRows,
} from './apply-change.ts';
import type { ChangeInput } from './change-control.ts';
import {
  type ChangeSummary,
  type ChangeView,
  changeSummary,
  changeView,
  inputOf,
  undoOf,
} from './change-view.ts';
import { checkedReason } from './checked-input.ts';
import { emergencyAlert, emergencyAlertOverdue } from './emergency-alert.ts';
import { type Page, type PageQuery, pageOf, pageWindow } from './page.ts';
import { changeSnapshot, end, foundChange, type ReviewEnd, reviewableChange } from './review-change.ts';

export interface ChangeQuery extends PageQuery {
  readonly status?: ChangeStatus | undefined;
  readonly operation?: string | undefined;
  readonly subjectId?: string | undefined;
  readonly author?: string | undefined;
}

/** What has to be sent again to apply a draft, or to bring back what was before an emergency. */
export interface ChangeToSend {
  readonly status: ChangeStatus;
  readonly author: PrincipalCaller;
  readonly input: ChangeInput;
  /** undefined: no earlier version is known. */
  readonly undo: unknown;
}

export interface Changes {
  get(changeId: string): Promise<ChangeView>;
  list(query?: ChangeQuery): Promise<Page<ChangeSummary>>;
  toSend(changeId: string): Promise<ChangeToSend>;
  /** Of a draft: it never takes effect. Of an emergency: it was reviewed and should not have been made; it stays. */
  reject(
    actor: PrincipalCaller,
    changeId: string,
    reason: string,
    options?: ChangeOptions,
  ): Promise<ChangeView>;
  /** An emergency was right to be made. */
  confirm(
    actor: PrincipalCaller,
    changeId: string,
    reason: string | null,
    options?: ChangeOptions,
  ): Promise<ChangeView>;
  /** Its author takes a draft back. */
  withdraw(
    actor: PrincipalCaller,
    changeId: string,
    reason: string | null,
    options?: ChangeOptions,
  ): Promise<ChangeView>;
  /** Lets drafts lapse and alerts about emergencies. Returns how many drafts lapsed. */
  endOverdue(): Promise<number>;
}

const DUE_MAX = 100;
const WATCHER = { kind: 'system', name: 'watch-changes' } as const;

export function createChanges(context: AdminContext): Changes {
  return {
    get: async (changeId) => changeView(await readChange(context, changeId), context.now()),
    async list({ status = null, operation = null, subjectId = null, author = null, ...page } = {}) {
      const window = pageWindow(page);
      const filter = { ...window, status, operation, subjectId, authorId: author };
      const rows = await readRows<ConfigurationChangeRow>(context.pool, listConfigurationChanges(filter));
      return pageOf(
        rows,
        window,
        (row) => row.change_id,
        (row) => changeSummary(row, context.now()),
      );
    },
    async toSend(changeId) {
      const row = await readChange(context, changeId);
      const input = inputOf(row);
      if (input === null) throw new AdminError('change_stale', 'the content of this change was erased');
      const author: PrincipalCaller = {
        kind: 'principal',
        principalId: row.author_id,
        roles: ['operator'],
        email: null,
        keyId: row.author_key_id,
      };
      return { status: row.status, author, input, undo: undoOf(row) };
    },
    reject: (actor, changeId, reason, options) =>
      reviewed(context, { actor, changeId, options }, (row) =>
        row.status === 'unreviewed_emergency'
          ? { status: 'disputed', type: 'change.disputed', reason: checkedReason('/reason', reason) }
          : { status: 'rejected', type: 'change.rejected', reason: checkedReason('/reason', reason) },
      ),
    confirm: (actor, changeId, reason, options) =>
      reviewed(context, { actor, changeId, options }, () => ({
        status: 'confirmed',
        type: 'change.confirmed',
        reason: reason === null ? null : checkedReason('/reason', reason),
      })),
    withdraw: (actor, changeId, reason, options) => withdraw(context, { actor, changeId, reason, options }),
    endOverdue: () => endOverdue(context),
  };
}

/** The end of a review that changes nothing but the change itself. */
function reviewed(
  context: AdminContext,
  {
    actor,
    changeId,
    options,
  }: { actor: PrincipalCaller; changeId: string; options: ChangeOptions | undefined },
  endOf: (row: ConfigurationChangeRow) => Omit<ReviewEnd, 'reviewer'>,
): Promise<ChangeView> {
  return changeReview(context, { actor, operation: `changes.review/${changeId}`, options }, async (step) => {
    const found = await foundChange(step.tx, changeId);
    const wanted = endOf(found);
    const status = EMERGENCY_ENDS.has(wanted.status) ? 'unreviewed_emergency' : 'pending_review';
    const row = await reviewableChange(step.tx, { changeId, reviewer: actor, status, at: step.at });
    return end(step, row, { ...wanted, reviewer: actor });
  });
}

const EMERGENCY_ENDS: ReadonlySet<ChangeStatus> = new Set(['confirmed', 'disputed']);

function withdraw(
  context: AdminContext,
  {
    actor,
    changeId,
    reason,
    options,
  }: {
    actor: PrincipalCaller;
    changeId: string;
    reason: string | null;
    options: ChangeOptions | undefined;
  },
): Promise<ChangeView> {
  const stated = reason === null ? null : checkedReason('/reason', reason);
  return changeReview(
    context,
    { actor, operation: `changes.withdraw/${changeId}`, options },
    async (step) => {
      const row = await foundChange(step.tx, changeId);
      if (row.author_id !== callerId(actor)) {
        throw new AdminError('not_the_author', `\`${row.author_id}\` asked for it; you can reject it`);
      }
      if (row.status !== 'pending_review') {
        throw new AdminError('change_not_pending', `the change \`${changeId}\` is \`${row.status}\``);
      }
      return end(step, row, {
        status: 'withdrawn',
        type: 'change.withdrawn',
        reviewer: null,
        reason: stated,
      });
    },
  );
}

async function changeReview(
  context: AdminContext,
  request: { actor: Actor; operation: string; options: ChangeOptions | undefined },
  change: (step: ChangeStep) => Promise<ConfigurationChangeRow>,
): Promise<ChangeView> {
  const changeId = await applyChange(context, request, async (step) => (await change(step)).change_id);
  return changeView(await readChange(context, changeId), context.now());
}

async function endOverdue(context: AdminContext): Promise<number> {
  await alertAboutEmergencies(context);
  const due = findDueChanges({ at: new Date(context.now()), limit: DUE_MAX });
  const rows = await readRows<DueChangeRow>(context.pool, due);
  let lapsed = 0;
  for (const { change_id: changeId, status } of rows) {
    if (status === 'pending_review') lapsed += (await expire(context, changeId)) ? 1 : 0;
    else await markOverdue(context, changeId);
  }
  return lapsed;
}

async function expire(context: AdminContext, changeId: string): Promise<boolean> {
  const request = { actor: WATCHER, operation: `changes.expire/${changeId}`, options: undefined };
  return applyChange(context, request, async (step) => {
    const row = await foundChange(step.tx, changeId);
    if (row.status !== 'pending_review' || row.due_at > step.at) return false;
    await end(step, row, { status: 'expired', type: 'change.expired', reviewer: null, reason: null });
    return true;
  });
}

/** Whoever made one alerts at once; where that failed, it is done here. Raising again what was raised does nothing. */
async function alertAboutEmergencies(context: AdminContext): Promise<void> {
  const open = { status: 'unreviewed_emergency', operation: null, subjectId: null, authorId: null };
  const statement = listConfigurationChanges({ ...open, after: '', limit: DUE_MAX });
  const rows = await readRows<ConfigurationChangeRow>(context.pool, statement);
  for (const row of rows) await raiseAlert(context, emergencyAlert(row));
}

/** Alerts first: what was marked is not looked at again. */
async function markOverdue(context: AdminContext, changeId: string): Promise<void> {
  const open = await readChange(context, changeId);
  await raiseAlert(context, emergencyAlertOverdue(open));
  const request = { actor: WATCHER, operation: `changes.overdue/${changeId}`, options: undefined };
  await applyChange(context, request, async (step) => {
    const before = await foundChange(step.tx, changeId);
    if (before.status !== 'unreviewed_emergency' || before.overdue_at !== null) return null;
    const row = { ...before, overdue_at: step.at, entry_id: step.entryId };
    await step.tx.query(updateConfigurationChange(row));
    const [former, latter] = [changeSnapshot(before), changeSnapshot(row)];
    await step.record({ type: 'change.overdue', subjectId: changeId, before: former, after: latter });
    return null;
  });
}

async function readChange(context: AdminContext, changeId: string): Promise<ConfigurationChangeRow> {
  if (changeId === '') throw invalid('/change_id', 'an id is needed');
  const [row] = await readRows<ConfigurationChangeRow>(context.pool, findConfigurationChange(changeId));
  if (row === undefined) throw notFound('change', changeId);
  return row;
}
