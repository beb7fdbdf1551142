// admin/review-change.ts: change control inside the transaction of a change: what `change_control` makes of it, the row
// and the entry that a draft, an approval, an emergency or a roll-back leaves. Called by apply-change.ts alone.
// INVARIANT: under `four_eyes` a principal's change acts at once only where it was declared so, or as an emergency.
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { COMMITMENT_SALT_BYTES } from '@countersign/audit';

import type { Transaction } from '../db/writer.ts';
import { newId } from '../ids.ts';
import { findConfigurationChange } from '../ledger/find-configuration-change.ts';
import { findPrincipal } from '../ledger/find-principal.ts';
import {
  insertConfigurationChange,
  type ConfigurationChangeRow,
} from '../ledger/insert-configuration-change.ts';
import type { StoredPrincipalRow } from '../ledger/insert-principal.ts';
import {
  type InstallationSettingsRow,
  readInstallationSettings,
} from '../ledger/read-installation-settings.ts';
import { updateConfigurationChange } from '../ledger/update-configuration-change.ts';
import type { PrincipalCaller } from '../record/caller.ts';
import type { Json } from '../record/recorder.ts';
import { AdminError, type AdminFault, notFound } from './admin-error.ts';
import type { Actor, ChangeStep } from './apply-change.ts';
import {
  type ChangeControl,
  type ChangeInput,
  type ChangeToStore,
  contentCommitment,
  type StoredChangeRecord,
  statedRecords,
  storedRecord,
} from './change-control.ts';
import { recordsOf } from './change-view.ts';
import { personal, type Snapshot } from './personal-text.ts';
import { settingOf } from './setting-fields.ts';

export type ReviewPlan =
  | { readonly kind: 'apply' }
  | {
      readonly kind: 'propose' | 'emergency';
      readonly changeId: string;
      readonly author: PrincipalCaller;
      readonly input: ChangeInput;
      readonly reason: string | null;
      readonly dueAt: Date;
    }
  | {
      readonly kind: 'approve' | 'roll_back';
      readonly row: ConfigurationChangeRow;
      readonly reviewer: PrincipalCaller;
      readonly reason: string | null;
    };

const HOUR_MS = 3_600_000;

/** Under the configuration lock. */
export async function planReview(
  tx: Transaction,
  { actor, control, at }: { actor: Actor; control: ChangeControl | undefined; at: Date },
): Promise<ReviewPlan> {
  if (control?.kind === 'approving' || control?.kind === 'rolling_back') {
    const { changeId, reviewer, reason } = control;
    const isApproving = control.kind === 'approving';
    const status = isApproving ? 'pending_review' : 'unreviewed_emergency';
    const row = await reviewableChange(tx, { changeId, reviewer, status, at });
    if (isApproving) await requireActiveAuthor(tx, row);
    return { kind: isApproving ? 'approve' : 'roll_back', row, reviewer, reason };
  }
  if (actor.kind !== 'principal' || control?.kind === 'immediate') return { kind: 'apply' };
  const [settings] = (await tx.query<InstallationSettingsRow>(readInstallationSettings())).rows;
  if (settings?.change_control !== 'four_eyes') return { kind: 'apply' };
  if (control === undefined) throw new Error('under four_eyes a change must say how it may take effect');
  const { input, emergency, alwaysReviewed } = control;
  const plan = { changeId: newId('chg'), author: actor, input, reason: emergency };
  if (emergency === null) {
    const dueAt = new Date(at.getTime() + settingOf(settings.settings, 'draft_valid_hours') * HOUR_MS);
    return { kind: 'propose', ...plan, dueAt };
  }
  if (alwaysReviewed) {
    const message =
      'this change decides who the second person is: not even an emergency makes it without one';
    throw new AdminError('emergency_not_allowed', message);
  }
  const dueAt = new Date(at.getTime() + settingOf(settings.settings, 'emergency_review_hours') * HOUR_MS);
  return { kind: 'emergency', ...plan, dueAt };
}

/** What the entries of the change itself say of its review. */
export function reviewDetail(plan: ReviewPlan): Readonly<Record<string, Json>> {
  switch (plan.kind) {
    case 'apply':
    case 'propose':
      return {};
    case 'emergency':
      return { change_id: plan.changeId, emergency: true };
    case 'approve':
      return { change_id: plan.row.change_id, reviewed_by: plan.reviewer.principalId };
    case 'roll_back':
      return { change_id: plan.row.change_id, rolls_back: true };
  }
}

/** How a change that was made, or tried out, is entered; null: as any other. Its entry is the last of the change. */
export async function concludeReview(
  step: ChangeStep,
  plan: ReviewPlan,
  made: readonly ChangeToStore[],
): Promise<ConfigurationChangeRow | null> {
  switch (plan.kind) {
    case 'apply':
      return null;
    case 'propose':
    case 'emergency':
      return enter(step, { ...plan, input: asStored(plan.input) }, made.map(storedRecord));
    case 'approve':
      refuseStale(recordsOf(plan.row), made, 'before');
      return end(step, plan.row, { status: 'approved', type: 'change.approved', ...plan });
    case 'roll_back':
      refuseStale(recordsOf(plan.row), made, 'after');
      return end(step, plan.row, { status: 'rolled_back', type: 'change.rolled_back', ...plan });
  }
}

/** As JSON keeps it: what was parsed from a request may have no prototype. */
function asStored(input: ChangeInput): ChangeInput {
  return JSON.parse(JSON.stringify(input)) as ChangeInput; // made of what JSON can say
}

async function enter(
  step: ChangeStep,
  plan: Extract<ReviewPlan, { kind: 'propose' | 'emergency' }>,
  records: readonly StoredChangeRecord[],
): Promise<ConfigurationChangeRow> {
  const salt = randomBytes(COMMITMENT_SALT_BYTES);
  const isDraft = plan.kind === 'propose';
  const row: ConfigurationChangeRow = {
    change_id: plan.changeId,
    operation: plan.input.operation,
    subject_id: records[0]?.subject_id ?? plan.changeId,
    status: isDraft ? 'pending_review' : 'unreviewed_emergency',
    author_id: plan.author.principalId,
    author_key_id: plan.author.keyId,
    reviewer_id: null,
    input: plan.input,
    records,
    salt,
    emergency_reason: plan.reason,
    review_reason: null,
    created_at: step.at,
    due_at: plan.dueAt,
    overdue_at: null,
    reviewed_at: null,
    entry_id: step.entryId,
  };
  const content = contentCommitment(plan.input, records, salt);
  await step.tx.query(insertConfigurationChange(row));
  await step.record({
    type: isDraft ? 'change.proposed' : 'change.emergency',
    subjectId: row.change_id,
    before: null,
    after: changeSnapshot(row),
    detail: { content: { commitment: content }, proposed: statedRecords(records) },
  });
  return row;
}

export interface ReviewEnd {
  readonly status: ConfigurationChangeRow['status'];
  readonly type: string;
  /** null: its author, or the time. */
  readonly reviewer: PrincipalCaller | null;
  readonly reason: string | null;
}

/** Ends the review of a change, and records it. */
export async function end(
  step: ChangeStep,
  before: ConfigurationChangeRow,
  { status, type, reviewer, reason }: ReviewEnd,
): Promise<ConfigurationChangeRow> {
  const row: ConfigurationChangeRow = {
    ...before,
    status,
    reviewer_id: reviewer?.principalId ?? null,
    review_reason: reason,
    reviewed_at: step.at,
    entry_id: step.entryId,
  };
  await step.tx.query(updateConfigurationChange(row));
  const [former, latter] = [changeSnapshot(before), changeSnapshot(row)];
  await step.record({ type, subjectId: row.change_id, before: former, after: latter });
  return row;
}

/** What the log says of a change under change control. */
export function changeSnapshot(row: ConfigurationChangeRow): Snapshot {
  return {
    author: row.author_id,
    due_at: row.due_at.toISOString(),
    emergency_reason: personal(row.emergency_reason),
    operation: row.operation,
    overdue_at: row.overdue_at?.toISOString() ?? null,
    review_reason: personal(row.review_reason),
    reviewer: row.reviewer_id,
    status: row.status,
    subject: row.subject_id,
  };
}

export async function foundChange(tx: Transaction, changeId: string): Promise<ConfigurationChangeRow> {
  const [row] = (await tx.query<ConfigurationChangeRow>(findConfigurationChange(changeId))).rows;
  if (row === undefined) throw notFound('change', changeId);
  return row;
}

/** Refuses what is over, and whoever may not be the second person. Persons are compared, never keys. */
export async function reviewableChange(
  tx: Transaction,
  wanted: {
    readonly changeId: string;
    readonly reviewer: PrincipalCaller;
    readonly status: ConfigurationChangeRow['status'];
    readonly at: Date;
  },
): Promise<ConfigurationChangeRow> {
  const { changeId, reviewer, status, at } = wanted;
  const row = await foundChange(tx, changeId);
  if (row.author_id === reviewer.principalId) {
    throw new AdminError('own_change', 'nobody reviews their own change, whichever key they use');
  }
  if (row.status !== status) {
    const message = `the change \`${changeId}\` is \`${row.status}\`: it does not wait for this`;
    throw new AdminError('change_not_pending', message);
  }
  if (status === 'pending_review' && row.due_at <= at) {
    throw new AdminError(
      'change_expired',
      `the change \`${changeId}\` lapsed at ${row.due_at.toISOString()}`,
    );
  }
  if (!(await isActiveOperator(tx, reviewer.principalId))) {
    throw new AdminError('conflict', `\`${reviewer.principalId}\` is no active operator any more`);
  }
  return row;
}

async function requireActiveAuthor(tx: Transaction, row: ConfigurationChangeRow): Promise<void> {
  if (await isActiveOperator(tx, row.author_id)) return;
  const message = `\`${row.author_id}\`, who asked for it, is no active operator any more: ask for it anew`;
  throw new AdminError('author_inactive', message);
}

async function isActiveOperator(tx: Transaction, principalId: string): Promise<boolean> {
  const [row] = (await tx.query<StoredPrincipalRow>(findPrincipal(principalId))).rows;
  return row?.status === 'active' && row.roles.includes('operator');
}

/**
 * What was shown to the second person must be what is done: each subject has to be now as it was when the draft was
 * made (`before`), or as the emergency left it (`after`).
 */
function refuseStale(
  stored: readonly StoredChangeRecord[] | null,
  made: readonly ChangeToStore[],
  side: 'before' | 'after',
): void {
  if (stored === null) throw new AdminError('change_stale', 'the content of this change was erased');
  const faults = stored.flatMap((then, index): AdminFault[] => {
    const record = made[index];
    const now = record === undefined ? null : storedRecord(record);
    if (now === null || now.type.split('.')[0] !== then.type.split('.')[0]) {
      return [
        { pointer: '', code: 'no_effect', message: `it does not change \`${then.subject_id}\` any more` },
      ];
    }
    return changedFields(then, now, side);
  });
  if (made.length > stored.length) {
    faults.push({
      pointer: '',
      code: 'further_effect',
      message: 'it would now change more than was reviewed',
    });
  }
  if (faults.length === 0) return;
  const fields = faults.map(({ pointer }) => pointer.slice(1)).filter((name) => name !== '');
  const what = fields.length === 0 ? (faults[0]?.message ?? '') : `${fields.join(', ')} changed meanwhile`;
  throw new AdminError('change_stale', `what it rests on is not the same any more: ${what}`, { faults });
}

function changedFields(
  then: StoredChangeRecord,
  now: StoredChangeRecord,
  side: 'before' | 'after',
): AdminFault[] {
  const [left, right] = [then[side], now.before];
  const faults: AdminFault[] = [];
  for (const name of new Set([...Object.keys(left ?? {}), ...Object.keys(right ?? {})])) {
    // What is said of the change alone, such as its reason, is no state that could have changed since.
    const isOfTheChange = side === 'after' && right !== null && !Object.hasOwn(right, name);
    if (isOfTheChange && then.before !== null && !Object.hasOwn(then.before, name)) continue;
    const [was, is] = [left?.[name] ?? null, right?.[name] ?? null];
    if (isDeepStrictEqual(was, is)) continue;
    const isSecret = then.personal.includes(name) || now.personal.includes(name);
    const values = isSecret ? '' : `: it was ${JSON.stringify(was)}, it is ${JSON.stringify(is)} now`;
    const message = `\`${name}\` of \`${now.subject_id}\` changed meanwhile${values}`;
    faults.push({ pointer: `/${name}`, code: 'changed_meanwhile', message });
  }
  const [formerly, presently] = [then.documents?.[side], now.documents?.before];
  if (faults.length === 0 && !isDeepStrictEqual(formerly ?? null, presently ?? null)) {
    const message = `the document of \`${now.subject_id}\` changed meanwhile`;
    faults.push({ pointer: '', code: 'changed_meanwhile', message });
  }
  return faults;
}
