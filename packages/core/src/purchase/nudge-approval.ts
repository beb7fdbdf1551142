// purchase/nudge-approval.ts: what silence leads to: a reminder, then others who may sign besides. Clause: AG-642 4.5.
// INVARIANT: one transition is one reminder or one escalation; what was done is not due again.
import {
  type ApprovalState,
  type ApprovalStep,
  type PurchaseState,
  type Transition,
  refused,
} from './state.ts';
import { openSteps } from './who-may-sign.ts';

export interface Nudge {
  readonly kind: 'remind' | 'escalate';
  readonly stepIndex: number;
  /** When it is due, milliseconds. */
  readonly atMs: number;
}

/** Reminders of one step at most: whoever has not reacted to so many needs another way. */
const REMINDERS_MAX = 20;

/** The next reminder or escalation before the approval expires; null: none. */
export function nextNudge(approval: ApprovalState): Nudge | null {
  if (approval.status !== 'pending') return null;
  let next: Nudge | null = null;
  for (const stepIndex of openSteps(approval)) {
    const step = approval.steps[stepIndex];
    if (step === undefined) continue;
    const silentSinceMs = silentSince(approval, step);
    for (const nudge of [
      escalationOf(step, stepIndex, silentSinceMs),
      reminderOf(step, stepIndex, silentSinceMs),
    ]) {
      if (nudge !== null && nudge.atMs < (next?.atMs ?? approval.expiresAtMs)) next = nudge;
    }
  }
  return next;
}

/** Reminds or escalates where that is due by now; otherwise it is refused. */
export function nudgeApproval(state: PurchaseState, nowMs: number): Transition {
  const approval = state.approval;
  if (approval?.status !== 'pending' || state.status !== 'held') {
    return refused('approval_not_pending', 'This approval is not pending any more.');
  }
  if (nowMs >= approval.expiresAtMs) return refused('approval_expired', 'This approval has expired.');
  const nudge = nextNudge(approval);
  const step = nudge === null ? undefined : approval.steps[nudge.stepIndex];
  if (nudge === null || step === undefined || nudge.atMs > nowMs) {
    return refused('nothing_due', 'No reminder and no escalation is due.');
  }
  const isEscalation = nudge.kind === 'escalate';
  const nudged: ApprovalStep = isEscalation
    ? { ...step, escalatedAtMs: nowMs }
    : { ...step, reminders: step.reminders + 1, remindedAtMs: nowMs };
  const steps = approval.steps.map((each, index) => (index === nudge.stepIndex ? nudged : each));
  const detail = {
    approval_id: approval.approvalId,
    step: nudge.stepIndex,
    due_at: new Date(nudge.atMs).toISOString(),
    silent_since: new Date(silentSince(approval, step)).toISOString(),
    signatures: step.signatures.length,
    quorum: step.quorum,
    ...(isEscalation ? { escalated_to: step.escalateTo } : { reminder: nudged.reminders }),
  };
  const type = isEscalation ? 'approval.escalated' : 'approval.reminded';
  return {
    ok: true,
    state: { ...state, approval: { ...approval, steps } },
    events: [{ type, transfers: [], findings: null, detail }],
  };
}

/** Since when a step waits for its next signature: it came up, its turn came, or it was signed last. */
function silentSince({ steps }: ApprovalState, step: ApprovalStep): number {
  let sinceMs = step.addedAtMs;
  for (const other of steps) {
    if (other !== step && other.order >= step.order) continue;
    for (const { signedAtMs } of other.signatures) sinceMs = Math.max(sinceMs, signedAtMs);
  }
  return sinceMs;
}

function escalationOf(step: ApprovalStep, stepIndex: number, silentSinceMs: number): Nudge | null {
  const { escalateAfterMs, escalateTo, escalatedAtMs } = step;
  if (escalateAfterMs === null || escalateTo.length === 0 || escalatedAtMs !== null) return null;
  return { kind: 'escalate', stepIndex, atMs: silentSinceMs + escalateAfterMs };
}

/** Again after each such time of silence; an escalation starts it anew. */
function reminderOf(step: ApprovalStep, stepIndex: number, silentSinceMs: number): Nudge | null {
  const { remindAfterMs, reminders, remindedAtMs, escalatedAtMs } = step;
  if (remindAfterMs === null || reminders >= REMINDERS_MAX) return null;
  const fromMs = Math.max(silentSinceMs, remindedAtMs ?? 0, escalatedAtMs ?? 0);
  return { kind: 'remind', stepIndex, atMs: fromMs + remindAfterMs };
}
