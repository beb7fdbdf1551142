import { describe, expect, it } from 'vitest';

import { exampleAction } from '../testing/example-facts.ts';
import { approvalLimits, approvalSettings } from './approval-settings.ts';
import { nextNudge, nudgeApproval } from './nudge-approval.ts';
import { NO_PERIOD_RATES } from './period-rates.ts';
import { rubberStamping } from './rubber-stamping.ts';
import { signingPauseMs } from './signing-pace.ts';
import type { ApprovalStep, PurchaseState, Signature } from './state.ts';

const HOUR_MS = 3_600_000;

function step(change: Partial<ApprovalStep>): ApprovalStep {
  return {
    stepKey: 'k',
    control: 'escalate_if',
    policyId: 'pol',
    ruleId: 'r',
    reasonCode: 'x',
    message: '',
    limit: null,
    approvers: ['ann'],
    tier: null,
    quorum: 1,
    order: 0,
    remindAfterMs: null,
    escalateAfterMs: null,
    escalateTo: [],
    addedAtMs: 0,
    reminders: 0,
    remindedAtMs: null,
    escalatedAtMs: null,
    signatures: [],
    ...change,
  };
}

function signature(principalId: string, signedAtMs: number): Signature {
  return {
    principalId,
    onBehalfOf: null,
    authorizationReference: 'REF',
    comment: null,
    signedAtMs,
    viewedSeconds: null,
  };
}

function held(steps: readonly ApprovalStep[], expiresAtMs = 100 * HOUR_MS): PurchaseState {
  return {
    requestId: 'preq_1',
    action: exampleAction(),
    status: 'held',
    checkoutStatus: 'none',
    reservedPeriods: [],
    periodRates: NO_PERIOD_RATES,
    reservedMinor: 0n,
    settledMinor: 0n,
    approvedBy: null,
    approval: { approvalId: 'apr_1', status: 'pending', termsHash: '00', steps, createdAtMs: 0, expiresAtMs },
    card: null,
    authorizations: [],
  };
}

/** Every nudge until it expires, taken as soon as it is due: `[hour, kind, step]`. */
function story(start: PurchaseState): [number, string, number][] {
  const told: [number, string, number][] = [];
  let state = start;
  for (;;) {
    const next = state.approval === null ? null : nextNudge(state.approval);
    if (next === null) return told;
    expect(nudgeApproval(state, next.atMs - 1)).toMatchObject({ ok: false, code: 'nothing_due' });
    const nudged = nudgeApproval(state, next.atMs);
    if (!nudged.ok) throw new Error(nudged.code);
    expect(nudged.events).toHaveLength(1);
    expect(nudged.events[0]?.type).toBe(next.kind === 'remind' ? 'approval.reminded' : 'approval.escalated');
    told.push([next.atMs / HOUR_MS, next.kind, next.stepIndex]);
    state = nudged.state;
  }
}

describe('silence', () => {
  it('is followed by a reminder each time it has lasted so long again, until the approval expires', () => {
    expect(story(held([step({ remindAfterMs: 30 * HOUR_MS })]))).toEqual([
      [30, 'remind', 0],
      [60, 'remind', 0],
      [90, 'remind', 0],
    ]);
    expect(story(held([step({ remindAfterMs: 50 * HOUR_MS })], 100 * HOUR_MS))).toEqual([[50, 'remind', 0]]);
    expect(story(held([step({})]))).toEqual([]);
  });

  it('ends in one escalation, which starts the time of reminders anew', () => {
    const waiting = step({
      remindAfterMs: 20 * HOUR_MS,
      escalateAfterMs: 50 * HOUR_MS,
      escalateTo: ['cfo'],
    });
    expect(story(held([waiting]))).toEqual([
      [20, 'remind', 0],
      [40, 'remind', 0],
      [50, 'escalate', 0],
      [70, 'remind', 0],
      [90, 'remind', 0],
    ]);
    expect(story(held([step({ escalateAfterMs: HOUR_MS })]))).toEqual([]); // to nobody
  });

  it('begins when the step may be signed, and again with each signature', () => {
    const first = step({
      quorum: 2,
      remindAfterMs: 10 * HOUR_MS,
      signatures: [signature('ann', 5 * HOUR_MS)],
    });
    const second = step({ order: 1, remindAfterMs: HOUR_MS });
    expect(nextNudge(expectApproval(held([first, second])))).toEqual({
      kind: 'remind',
      stepIndex: 0,
      atMs: 15 * HOUR_MS,
    });
    const complete = { ...first, signatures: [...first.signatures, signature('ben', 20 * HOUR_MS)] };
    expect(nextNudge(expectApproval(held([complete, second])))).toEqual({
      kind: 'remind',
      stepIndex: 1,
      atMs: 21 * HOUR_MS,
    });
    expect(nextNudge(expectApproval(held([complete])))).toBeNull();
  });

  it('is of each of several parallel steps', () => {
    const other = step({ remindAfterMs: 60 * HOUR_MS });
    expect(story(held([other, step({ remindAfterMs: 60 * HOUR_MS }), step({})]))).toEqual([
      [60, 'remind', 0],
      [60, 'remind', 1],
    ]);
  });

  it('means nothing any more when the approval is over', () => {
    const state = held([step({ remindAfterMs: HOUR_MS })]);
    expect(nudgeApproval({ ...state, status: 'denied' }, 2 * HOUR_MS)).toMatchObject({
      code: 'approval_not_pending',
    });
    expect(nudgeApproval(state, 100 * HOUR_MS)).toMatchObject({ code: 'approval_expired' });
  });
});

function expectApproval({ approval }: PurchaseState) {
  if (approval === null) throw new Error('it has an approval');
  return approval;
}

describe('signingPauseMs', () => {
  it('lets nobody sign more often than so many times within a minute', () => {
    const at = { max: 3, nowMs: 100_000 };
    expect(signingPauseMs([99_000, 98_000], at)).toBeNull();
    expect(signingPauseMs([98_000, 99_000, 70_000, 10_000], at)).toBe(30_000);
    expect(signingPauseMs([99_000, 98_000, 40_000], at)).toBeNull(); // exactly a minute ago
    expect(signingPauseMs([99_000, 98_000, 40_001], at)).toBe(1);
  });
});

describe('rubberStamping', () => {
  const settings = approvalSettings({});
  const habits = { decisions: 40, approved: 40, unopened: 0, medianSeconds: 60 };

  it.each([
    ['quick', { medianSeconds: 4.9 }, true],
    ['not quick', { medianSeconds: 5 }, false],
    ['unread', { unopened: 21 }, true],
    ['half unread', { unopened: 20 }, false],
    ['quick, but often no', { medianSeconds: 1, approved: 35 }, false],
    ['quick, with too little to tell', { medianSeconds: 1, decisions: 19, approved: 19 }, false],
    ['a median of three', { medianSeconds: 1, unopened: 20, decisions: 23, approved: 23 }, true], // unread, not quick
    ['nothing was opened', { unopened: 40, medianSeconds: null }, true],
  ])('%s', (_what, change, expected) => {
    const why = rubberStamping({ ...habits, ...change }, settings);
    expect(why !== null).toBe(expected);
  });

  it('says what was seen and what the limit is', () => {
    const why = rubberStamping({ ...habits, medianSeconds: 2.25, unopened: 24, decisions: 40 }, settings);
    expect(why).toBe(
      'Of 40 decisions 100 % were approvals, and 60 % were decided without having been opened (more than 50 %); ' +
        'half of those that were opened were decided within 2.3 s (less than 5 s).',
    );
    expect(rubberStamping({ ...habits, unopened: 38, medianSeconds: 1 }, settings)).not.toContain('half of');
  });
});

describe('approvalSettings', () => {
  it('takes 0 for no limit and completes what is stored by the defaults', () => {
    expect(approvalLimits(approvalSettings({}))).toEqual({
      pendingMax: 50,
      signaturesPerMinuteMax: 60,
      remindAfterShare: 0.5,
    });
    const none = { pending_approvals_max: 0, signatures_per_minute_max: 0, reminder_percent: 0, other: 1 };
    expect(approvalLimits(approvalSettings(none))).toEqual({
      pendingMax: null,
      signaturesPerMinuteMax: null,
      remindAfterShare: null,
    });
  });
});
