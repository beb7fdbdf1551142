// admin/velocity.ts: how requests are watched, and the reviews that alerts begin and operators lift. Clause: AG-642 4.9.
// A review binds decisions, so it begins and ends as every change of the configuration does.
import {
  DEFAULT_VELOCITY_SETTINGS,
  type HoldSubject,
  type VelocitySettings,
  parseVelocitySettings,
} from '@countersign/core';

import { newId } from '../ids.ts';
import { findAlert } from '../ledger/find-alert.ts';
import { findVelocityReview, type VelocityReviewRow } from '../ledger/find-velocity-review.ts';
import { findVelocitySettings, type VelocitySettingsRow } from '../ledger/find-velocity-settings.ts';
import { insertVelocityReview } from '../ledger/insert-velocity-review.ts';
import { insertVelocitySettings } from '../ledger/insert-velocity-settings.ts';
import { liftVelocityReview } from '../ledger/lift-velocity-review.ts';
import { callerId } from '../record/caller.ts';
import type { Json } from '../record/recorder.ts';
import { AdminError, notFound } from './admin-error.ts';
import {
  type Actor,
  type AdminContext,
  applyChange,
  type ChangeOptions,
  firstRow,
  readRows,
} from './apply-change.ts';
import type { Snapshot } from './personal-text.ts';

export { HOLD_SUBJECTS, type VelocitySettings } from '@countersign/core'; // for the job that watches

export interface VelocityView {
  /** 0: nobody has set it, so it is as it comes. */
  readonly version: number;
  readonly createdAt: string | null;
  readonly createdBy: string | null;
  readonly settings: VelocitySettings;
}

export interface ReviewView {
  readonly reviewId: string;
  readonly alertId: string;
  readonly subject: { readonly type: HoldSubject; readonly id: string };
  readonly createdAt: string;
  readonly liftedAt: string | null;
  readonly liftedBy: string | null;
}

export interface Velocity {
  configure(actor: Actor, document: unknown, options?: ChangeOptions): Promise<VelocityView>;
  get(): Promise<VelocityView>;
  /** Holds the subject's next requests. Once for one alert: what was lifted does not begin again. */
  review(
    actor: Actor,
    alertId: string,
    subject: { readonly type: HoldSubject; readonly id: string },
  ): Promise<ReviewView | null>;
  lift(actor: Actor, alertId: string, options?: ChangeOptions): Promise<ReviewView>;
}

export function createVelocity(context: AdminContext): Velocity {
  return {
    configure: (actor, document, options) => configure(context, actor, document, options),
    async get() {
      const [row] = await readRows<VelocitySettingsRow>(context.pool, findVelocitySettings());
      return viewOf(row ?? null);
    },
    review: (actor, alertId, subject) => review(context, actor, alertId, subject),
    lift: (actor, alertId, options) => lift(context, actor, alertId, options),
  };
}

async function configure(
  context: AdminContext,
  actor: Actor,
  document: unknown,
  options: ChangeOptions | undefined,
): Promise<VelocityView> {
  const parsed = parseVelocitySettings(document);
  if (!parsed.ok) {
    const [first] = parsed.faults;
    throw new AdminError('invalid', `the settings have a fault: ${first?.message ?? ''}`, {
      faults: parsed.faults,
    });
  }
  return applyChange(context, { actor, operation: 'velocity.configure', options }, async (step) => {
    const former = await firstRow<VelocitySettingsRow>(step.tx, findVelocitySettings());
    const row: VelocitySettingsRow = {
      version: (former?.version ?? 0) + 1,
      document,
      created_at: step.at,
      created_by: callerId(actor),
      entry_id: step.entryId,
    };
    await step.tx.query(insertVelocitySettings(row));
    await step.record({
      type: 'velocity.configured',
      subjectId: 'velocity',
      before: former === null ? null : settingsSnapshot(former),
      after: settingsSnapshot(row),
      undo: former?.document ?? {}, // as it comes
    });
    return viewOf(row);
  });
}

async function review(
  context: AdminContext,
  actor: Actor,
  alertId: string,
  subject: { readonly type: HoldSubject; readonly id: string },
): Promise<ReviewView | null> {
  const [before] = await readRows<VelocityReviewRow>(context.pool, findVelocityReview(alertId));
  if (before !== undefined) return reviewView(before);
  return applyChange(
    context,
    { actor, operation: `velocity.review/${alertId}`, options: undefined },
    async (step) => {
      const row: VelocityReviewRow = {
        review_id: newId('rev'),
        alert_id: alertId,
        subject_type: subject.type,
        subject_id: subject.id,
        created_at: step.at,
        lifted_at: null,
        lifted_by: null,
        entry_id: step.entryId,
      };
      const inserted = await step.tx.query(insertVelocityReview(row));
      if (inserted.rows.length === 0) return null; // under review already
      const after = reviewSnapshot(row);
      await step.record({ type: 'review.started', subjectId: row.review_id, before: null, after });
      return reviewView(row);
    },
  );
}

async function lift(
  context: AdminContext,
  actor: Actor,
  alertId: string,
  options: ChangeOptions | undefined,
): Promise<ReviewView> {
  return applyChange(context, { actor, operation: `velocity.lift/${alertId}`, options }, async (step) => {
    if ((await firstRow(step.tx, findAlert({ alertId }))) === null) throw notFound('alert', alertId);
    const before = await firstRow<VelocityReviewRow>(step.tx, findVelocityReview(alertId));
    if (before === null) throw new AdminError('conflict', `the alert \`${alertId}\` holds nobody’s requests`);
    if (before.lifted_at !== null) return reviewView(before);
    const row = { ...before, lifted_at: step.at, lifted_by: callerId(actor), entry_id: step.entryId };
    const lifted = { reviewId: row.review_id, at: step.at, by: row.lifted_by, entryId: step.entryId };
    await step.tx.query(liftVelocityReview(lifted));
    await step.record({
      type: 'review.lifted',
      subjectId: row.review_id,
      before: reviewSnapshot(before),
      after: reviewSnapshot(row),
    });
    return reviewView(row);
  });
}

function viewOf(row: VelocitySettingsRow | null): VelocityView {
  const parsed = row === null ? null : parseVelocitySettings(row.document);
  if (parsed?.ok === false) throw new Error('stored velocity settings do not parse');
  return {
    version: row?.version ?? 0,
    createdAt: row?.created_at.toISOString() ?? null,
    createdBy: row?.created_by ?? null,
    settings: parsed?.settings ?? DEFAULT_VELOCITY_SETTINGS,
  };
}

function settingsSnapshot({ version, document }: VelocitySettingsRow): Snapshot {
  return { settings: document as Json, version }; // it was accepted, so it is plain JSON
}

function reviewSnapshot(row: VelocityReviewRow): Snapshot {
  return {
    alert_id: row.alert_id,
    lifted_by: row.lifted_by,
    status: row.lifted_at === null ? 'open' : 'lifted',
    subject: { id: row.subject_id, type: row.subject_type },
  };
}

function reviewView(row: VelocityReviewRow): ReviewView {
  return {
    reviewId: row.review_id,
    alertId: row.alert_id,
    subject: { type: row.subject_type, id: row.subject_id },
    createdAt: row.created_at.toISOString(),
    liftedAt: row.lifted_at?.toISOString() ?? null,
    liftedBy: row.lifted_by,
  };
}
