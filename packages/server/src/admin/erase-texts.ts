// admin/erase-texts.ts: takes text away, inside a change, and says in the record whose. Whether it may be is decided before.
import { newId } from '../ids.ts';
import { type ApprovalStepsRow, findApprovalSteps } from '../ledger/find-approval-steps.ts';
import { erasePurchaseTexts } from '../ledger/erase-purchase-texts.ts';
import { updateApprovalSteps } from '../ledger/update-approval-steps.ts';
import type { ChangeStep } from './apply-change.ts';
import { personal } from './personal-text.ts';
import type { RetentionKind } from './setting-fields.ts';

export interface ErasedTexts {
  readonly kind: RetentionKind | 'principal';
  readonly cause: 'request' | 'retention';
  readonly subjectIds: readonly string[];
  readonly reason: string | null;
}

/** Records which subjects lost their text. Returns the id of the erasure. */
export async function recordErasure(step: ChangeStep, erased: ErasedTexts): Promise<string> {
  const { kind, cause, subjectIds, reason } = erased;
  const erasureId = newId('ers');
  await step.record({
    type: 'text.erased',
    subjectId: erasureId,
    before: null,
    after: { cause, kind, reason: personal(reason) },
    detail: { erased: [...subjectIds] },
  });
  return erasureId;
}

/** Intents, metadata, line items, notes and the comments of signatures. */
export async function erasePurchases(step: ChangeStep, requestIds: readonly string[]): Promise<void> {
  await step.tx.query(erasePurchaseTexts(requestIds));
  const { rows } = await step.tx.query<ApprovalStepsRow>(findApprovalSteps(requestIds));
  for (const row of rows) {
    const steps = withoutComments(row.steps);
    if (JSON.stringify(steps) === JSON.stringify(row.steps)) continue;
    await step.tx.query(updateApprovalSteps({ ...row, steps }));
  }
}

function withoutComments(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutComments);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      name === 'comment' ? null : withoutComments(member),
    ]),
  );
}
