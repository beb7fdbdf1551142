// purchase/rubber-stamping.ts: whether somebody's decisions look like signatures without a look. Medians and shares, so that
// a few quick or slow ones change nothing. Clause: AG-642 4.5.
import type { ApprovalSettings } from './approval-settings.ts';

/** Of one approver over some time. */
export interface DecisionHabits {
  /** Signatures and rejections. */
  readonly decisions: number;
  readonly approved: number;
  /** Decided without having been opened. */
  readonly unopened: number;
  /** From the first look to the decision, of those that were looked at; null: none was. */
  readonly medianSeconds: number | null;
}

/** Why it looks like rubber-stamping, in plain words; null: it does not, or there is too little to tell. */
export function rubberStamping(
  { decisions, approved, unopened, medianSeconds }: DecisionHabits,
  settings: ApprovalSettings,
): string | null {
  if (decisions < settings.rubber_stamp_decisions_min) return null;
  const approveShare = approved / decisions;
  if (approveShare * 100 < settings.rubber_stamp_approve_percent) return null;
  const reasons: string[] = [];
  if ((unopened / decisions) * 100 > settings.rubber_stamp_unopened_percent) {
    reasons.push(
      `${percent(unopened / decisions)} were decided without having been opened (more than ${settings.rubber_stamp_unopened_percent} %)`,
    );
  }
  const looked = decisions - unopened;
  // The median of a handful says little: it counts when at least half of what is asked for was looked at.
  const isEnough = looked * 2 >= settings.rubber_stamp_decisions_min;
  if (isEnough && medianSeconds !== null && medianSeconds < settings.rubber_stamp_median_seconds) {
    reasons.push(
      `half of those that were opened were decided within ${medianSeconds.toFixed(1)} s (less than ${settings.rubber_stamp_median_seconds} s)`,
    );
  }
  if (reasons.length === 0) return null;
  return `Of ${decisions} decisions ${percent(approveShare)} were approvals, and ${reasons.join('; ')}.`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
