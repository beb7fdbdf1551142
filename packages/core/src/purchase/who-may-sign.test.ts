import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Finding, StepRouting } from '../finding.ts';
import { parsePolicy } from '../policy/parse-policy.ts';
import { EXAMPLE_NOW_MS, exampleAction, exampleBudget, exampleFacts } from '../testing/example-facts.ts';
import { rejectApproval } from './end-purchase.ts';
import { openPurchase, stepsOf } from './open-purchase.ts';
import { signApproval } from './sign-approval.ts';
import type { ApprovalStep, PurchaseState } from './state.ts';
import { type Person, type Signer, whoMaySign } from './who-may-sign.ts';

const NOBODY_OWNS = { agentOwner: null } as const;

function person(principalId: string, email: string | null = null): Person {
  return { principalId, email };
}

function signer(principalId: string, actsFor: readonly string[] = [], email: string | null = null): Signer {
  return { principalId, email, actsFor: actsFor.map((id) => person(id)) };
}

function step(change: Partial<ApprovalStep> & { readonly signedBy?: readonly string[] } = {}): ApprovalStep {
  const { signedBy = [], ...others } = change;
  return {
    stepKey: 'k',
    control: 'escalate_if',
    policyId: 'pol',
    ruleId: 'r',
    reasonCode: 'x',
    message: '',
    limit: null,
    approvers: null,
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
    signatures: signedBy.map((text) => {
      const [principalId = '', onBehalfOf = null] = text.split('>');
      return {
        principalId,
        onBehalfOf,
        authorizationReference: 'REF',
        comment: null,
        signedAtMs: 0,
        viewedSeconds: null,
      };
    }),
    ...others,
  };
}

function answer(steps: readonly ApprovalStep[], who: Signer, wish = {}): string {
  const may = whoMaySign({ steps }, who, { ...NOBODY_OWNS, ...wish });
  if (!may.ok) return may.code;
  return `${may.stepIndex}${may.onBehalfOf === null ? '' : ` for ${may.onBehalfOf}`}${may.isEscalation ? ' escalated' : ''}`;
}

describe('whoMaySign', () => {
  it('goes by order: steps of one order together, a higher one when the lower are complete', () => {
    const steps = [step({ order: 1, approvers: ['ann'] }), step({ order: 0, approvers: ['ben'] })];
    expect(answer(steps, signer('ann'))).toBe('not_an_approver_of_this_step');
    expect(answer(steps, signer('ben'))).toBe('1');
    const later = [step({ order: 1, approvers: ['ann'] }), step({ order: 0, signedBy: ['ben'] })];
    expect(answer(later, signer('ann'))).toBe('0');
    const parallel = [step({ approvers: ['ann'] }), step({ approvers: ['ben'] })];
    expect([answer(parallel, signer('ann')), answer(parallel, signer('ben'))]).toEqual(['0', '1']);
    expect(answer(steps, signer('ann'), { anyTurn: true })).toBe('0');
    expect(answer(steps, signer('ben'), { step: 0 })).toBe('step_not_open');
  });

  it('gives whoever may sign more than one step the one that fewest others may', () => {
    const steps = [step(), step({ approvers: ['ann', 'ben'] }), step({ approvers: ['ann'] })];
    expect(answer(steps, signer('ann'))).toBe('2');
    expect(answer(steps, signer('ben'))).toBe('1');
    expect(answer(steps, signer('cat'))).toBe('0');
    expect(answer(steps, signer('ann'), { step: 0 })).toBe('0');
  });

  it('counts a person once, whichever key, step, delegate or delegator it was', () => {
    const quorum = (signedBy: string[]): ApprovalStep[] => [
      step({ quorum: 2, approvers: ['ann', 'ben', 'cat'], signedBy }),
      step({ order: 1 }),
    ];
    expect(answer(quorum(['ann']), signer('ann'))).toBe('already_signed');
    expect(answer(quorum(['ann']), signer('dan', ['ann']))).toBe('already_signed');
    expect(answer(quorum(['dan>ann']), signer('ann'))).toBe('already_signed');
    expect(answer(quorum(['dan>ann']), signer('dan'))).toBe('already_signed');
    expect(answer(quorum(['dan>ann']), signer('dan', ['ben']))).toBe('already_signed');
    expect(answer(quorum(['dan>ann']), signer('eve', ['dan', 'ann']))).toBe('already_signed');
    expect(answer(quorum(['ann']), signer('dan', ['ann', 'ben']))).toBe('0 for ben');
    const signed = [step({ quorum: 2, signedBy: ['ann', 'ben'] }), step({ order: 1 })];
    expect(answer(signed, signer('ben'))).toBe('already_signed');
    expect(answer(signed, signer('cat'))).toBe('1');
  });

  it('lets a delegate sign for whom the step names, their own authority first, and passes nothing on', () => {
    const steps = [step({ approvers: ['ann'] })];
    expect(answer(steps, signer('dan'))).toBe('not_an_approver_of_this_step');
    expect(answer(steps, signer('dan', ['ann']))).toBe('0 for ann');
    // eve stands in for dan, who stands in for ann: dan's own authority is all that eve has.
    expect(answer(steps, signer('eve', ['dan']))).toBe('not_an_approver_of_this_step');
    expect(answer([step({ approvers: ['ann', 'dan'] })], signer('dan', ['ann']))).toBe('0');
    const wish = { onBehalfOf: 'ann' };
    expect(answer([step({ approvers: ['ann', 'dan'] })], signer('dan', ['ann']), wish)).toBe('0 for ann');
    expect(answer(steps, signer('dan'), wish)).toBe('not_a_delegate');
    // Where anybody may sign the delegate signs as themselves.
    expect(answer([step()], signer('dan', ['ann']))).toBe('0');
  });

  it.each([
    ['by id', 'ann', signer('ann')],
    ['by e-mail, in any case', 'Ann@Example.com', signer('ann', [], 'ann@example.COM')],
    ['as a delegate', 'dan', signer('dan', ['ann'])],
    ['as a delegate, by e-mail', 'dan@example.com', signer('dan', ['ann'], 'dan@example.com')],
    ['through a delegate', 'ann', signer('dan', ['ann'])],
  ])('never lets the owner of the agent sign: %s', (_how, agentOwner, who) => {
    expect(answer([step({ approvers: ['ann'] })], who, { agentOwner })).toBe('self_approval');
  });

  it('takes a delegator who owns the agent for no authority, whatever their address', () => {
    const owner = { principalId: 'ann', email: 'Ann@example.com' };
    const who = { principalId: 'dan', email: null, actsFor: [owner, person('ben')] };
    const steps = [step({ approvers: ['ann', 'ben'] })];
    expect(answer(steps, who, { agentOwner: 'ann@EXAMPLE.com' })).toBe('0 for ben');
    expect(answer([step({ approvers: ['ann'] })], who, { agentOwner: 'ann@example.com' })).toBe(
      'self_approval',
    );
  });

  it('opens a step to those it escalates to once it has been escalated, and to their delegates', () => {
    const waiting = [step({ approvers: ['ann'], escalateTo: ['cfo'] })];
    expect(answer(waiting, signer('cfo'))).toBe('not_an_approver_of_this_step');
    const escalated = [step({ approvers: ['ann'], escalateTo: ['cfo'], escalatedAtMs: 5 })];
    expect(answer(escalated, signer('cfo'))).toBe('0 escalated');
    expect(answer(escalated, signer('dan', ['cfo']))).toBe('0 for cfo escalated');
    expect(answer(escalated, signer('ann'))).toBe('0');
  });
});

function hold(ruleId: string, routing?: Partial<StepRouting>): Finding {
  return {
    control: 'authority_limit',
    policyId: null,
    ruleId,
    outcome: 'hold',
    reasonCode: 'above_limit',
    message: '',
    observed: null,
    limit: null,
    clause: null,
    nextStep: null,
    approvers: null,
    ...(routing === undefined
      ? {}
      : {
          routing: {
            tier: null,
            quorum: 1,
            order: null,
            remindAfterMs: null,
            escalateAfterMs: null,
            escalateTo: [],
            ...routing,
          },
        }),
  };
}

describe('stepsOf', () => {
  const when = { nowMs: 7, remindAfterMs: 100 };

  it('puts holds that say nothing of it one after the other, and keeps to an order that is given', () => {
    const steps = stepsOf([hold('a', { order: 5 }), hold('b'), hold('c', { order: 0 }), hold('d')], [], when);
    expect(steps.map((each) => each.order)).toEqual([5, 6, 0, 7]);
    expect(steps.map((each) => each.remindAfterMs)).toEqual([100, 100, 100, 100]);
  });

  it('asks for a step of its own when the tier has changed, and keeps what was signed', () => {
    const first = stepsOf([hold('a', { tier: 'head' })], [], when);
    const signed = first.map((each) => ({ ...each, signatures: step({ signedBy: ['ann'] }).signatures }));
    expect(stepsOf([hold('a', { tier: 'head' })], signed, when)).toEqual(signed);
    const rerouted = stepsOf([hold('a', { tier: 'board', quorum: 2 })], signed, when);
    expect(rerouted.map(({ tier, quorum, signatures }) => [tier, quorum, signatures.length])).toEqual([
      ['head', 1, 1],
      ['board', 2, 0],
    ]);
  });
});

const PEOPLE = ['ann', 'ben', 'cat', 'dan', 'own'] as const;
const APPROVERS = ['ann', 'ben', 'cat'] as const;

/** A purchase that waits for `quorum` of ann, ben and cat, then for `second` of anybody. */
function heldFor(
  quorum: number,
  second: number,
): { state: PurchaseState; facts: ReturnType<typeof exampleFacts> } {
  const rule = (ruleId: string, parameters: object): object => ({
    rule_id: ruleId,
    rule_type: 'escalate_if',
    parameters: { amount_above: 1, ...parameters },
  });
  const parsed = parsePolicy(
    {
      policy_id: 'pol',
      name: 'pol',
      rules: [rule('r1', { approvers: [...APPROVERS], quorum }), rule('r2', { quorum: second })],
    },
    1,
  );
  if (!parsed.ok) throw new Error(parsed.faults[0]?.message);
  const facts = exampleFacts({
    policies: [parsed.policy],
    budgets: [exampleBudget({ limitMinor: 10_000_000n })],
  });
  const { state } = openPurchase(
    {
      requestId: 'preq_1',
      approvalId: 'apr_1',
      action: exampleAction({ amountMinor: 50_000n }),
      termsHash: () => '00',
      checkout: { method: 'external' },
      approvalValidForMs: 1_000_000,
    },
    facts,
    EXAMPLE_NOW_MS,
  );
  return { state, facts };
}

const attempt = fc.record({
  who: fc.constantFrom(...PEOPLE),
  actsFor: fc.subarray([...PEOPLE]),
  onBehalfOf: fc.option(fc.constantFrom(...PEOPLE), { nil: null }),
});

describe('any sequence of signatures', () => {
  it('approves nothing before as many different people have, by an authority of their own each', () => {
    let approvals = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 2 }),
        fc.array(attempt, { maxLength: 14 }),
        (quorum, second, attempts) => {
          const { state: held, facts } = heldFor(quorum, second);
          expect(held.status).toBe('held');
          let state = held;
          for (const { who, actsFor, onBehalfOf } of attempts) {
            const signed = signApproval(
              state,
              {
                signer: signer(
                  who,
                  actsFor.filter((name) => name !== who),
                ),
                onBehalfOf,
                authorizationReference: 'REF',
                comment: null,
                commentCommitment: null,
                viewedAtMs: null,
                checkout: { method: 'external' },
              },
              { ...facts, agentOwner: 'own' },
              EXAMPLE_NOW_MS + 1,
            );
            if (signed.ok) state = signed.state;
          }
          const signatures = state.approval?.steps.map((each) => each.signatures) ?? [];
          const all = signatures.flat();
          const acting = all.map(({ principalId }) => principalId);
          const authority = all.map(({ principalId, onBehalfOf }) => onBehalfOf ?? principalId);
          const involved = all.flatMap(({ principalId, onBehalfOf }) =>
            onBehalfOf === null ? [principalId] : [principalId, onBehalfOf],
          );
          expect(new Set(involved).size).toBe(involved.length);
          expect(involved).not.toContain('own');
          const ofFirst =
            signatures[0]?.map(({ principalId, onBehalfOf }) => onBehalfOf ?? principalId) ?? [];
          expect(ofFirst.every((name) => APPROVERS.some((approver) => approver === name))).toBe(true);
          if (state.status === 'approved') {
            approvals += 1;
            expect(new Set(acting).size).toBeGreaterThanOrEqual(quorum + second);
            expect(new Set(authority).size).toBeGreaterThanOrEqual(quorum + second);
            expect(ofFirst.length).toBeGreaterThanOrEqual(quorum);
          } else expect(state.status).toBe('held');
        },
      ),
      { numRuns: 2_000 },
    );
    expect(approvals).toBeGreaterThan(50); // it is not true for want of approvals
  });
});

describe('a rejection', () => {
  it('ends it by anybody who may sign any step, also before its turn, and by nobody else', () => {
    const { state } = heldFor(2, 1);
    const reject = (who: Signer, agentOwner: string | null = null) =>
      rejectApproval(
        state,
        { signer: who, agentOwner, reasonCommitment: 'c', viewedAtMs: null },
        EXAMPLE_NOW_MS,
      );
    const byLater = reject(signer('zoe'));
    expect(byLater.ok && byLater.state.status).toBe('denied');
    expect(byLater.ok && byLater.events[0]?.detail).toMatchObject({
      reason_code: 'approval_rejected',
      step: 1,
      rejected_by: 'zoe',
    });
    expect(reject(signer('ann'), 'ann')).toMatchObject({ ok: false, code: 'self_approval' });
  });
});
