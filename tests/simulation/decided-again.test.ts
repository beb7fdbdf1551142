import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Merchant, PurchaseState } from '@countersign/core';

import type { GateAnswer } from '../../packages/server/src/gate/command.ts';
import { cardIdOf } from '../../packages/server/src/ids.ts';
import type { Gateway } from '../../packages/server/src/main.ts';
import {
  type Installation,
  createInstallation,
  ledgerFaults,
  policyOf,
  recordFaults,
  requestOf,
} from '../harness/installation.ts';
import { OPERATOR } from '../harness/test-admin.ts';
import { NETWORK_CALLER, accepted, stateAfter } from '../harness/test-gate.ts';

const SHOP: Merchant = { name: 'shop', domain: null, merchantId: null, mcc: null, country: null };
const DECEMBER_MS = Date.UTC(2026, 11, 2, 9);
const holdAbove = (amount: number, ruleId = 'r_hold'): object => ({
  rule_id: ruleId,
  rule_type: 'escalate_if',
  parameters: { amount_above: amount },
});

// A purchase is decided when it is asked for, again when the last signature comes in, and again at the till; whatever
// changed in between counts.
describe('a purchase that is decided again', () => {
  let installation: Installation;
  let gateway: Gateway;

  beforeEach(async () => {
    installation = await createInstallation({
      agents: ['agent_a'],
      people: ['ann', 'ben', 'cat'],
      policy: policyOf([holdAbove(10)]),
      budgets: [{ budgetId: 'monthly', limit: '100.00', period: 'month' }],
    });
    gateway = await installation.gateway({
      approvalValidForMs: 30 * 86_400_000,
      cardValidForMs: 30 * 86_400_000,
    });
  });
  afterEach(async () => {
    expect(await ledgerFaults(gateway.database.pool)).toEqual([]);
    expect(await recordFaults(gateway)).toEqual([]);
    await installation.close();
  });

  const ask = async (amountMinor: bigint): Promise<PurchaseState> =>
    stateAfter(
      await gateway.gate.submit(requestOf(installation, 'agent_a', { vendor: 'shop', amountMinor })),
    );
  const sign = (state: PurchaseState, name = 'ann'): Promise<GateAnswer> =>
    gateway.gate.submit({
      command: {
        kind: 'sign',
        approvalId: state.approval?.approvalId ?? '',
        authorizationReference: 'REF',
        comment: null,
      },
      caller: installation.person(name),
    });
  const charge = (state: PurchaseState, amountMinor = state.action.amountMinor): Promise<GateAnswer> =>
    gateway.gate.submit({
      command: {
        kind: 'authorize',
        cardId: cardIdOf(state.requestId),
        amountMinor,
        currency: 'USD',
        merchant: SHOP,
      },
      caller: NETWORK_CALLER,
    });
  const reasonOf = (answer: GateAnswer): string | undefined =>
    stateAfter(answer).authorizations.at(-1)?.reason;
  const publish = (...rules: object[]): Promise<unknown> =>
    gateway.admin.policies.publish(OPERATOR, policyOf(rules));

  async function months(): Promise<Record<string, [pending: number, committed: number, spent: number]>> {
    const { rows } = await gateway.database.pool.query<{ month: number; p: bigint; c: bigint; s: bigint }>(
      `SELECT extract(month FROM starts_at AT TIME ZONE 'UTC')::int AS month, pending_minor AS p, committed_minor AS c,
         spent_minor AS s FROM budget_period ORDER BY starts_at`,
    );
    return Object.fromEntries(rows.map(({ month, p, c, s }) => [month, [Number(p), Number(c), Number(s)]]));
  }

  describe('when the signature comes in', () => {
    it('moves its reservation to the budget period of the approval', async () => {
      const held = await ask(6_000n);
      expect(await months()).toEqual({ 11: [6_000, 0, 0] });
      installation.clock.nowMs = DECEMBER_MS;
      expect(stateAfter(await sign(held))).toMatchObject({ status: 'approved', reservedMinor: 6_000n });
      expect(await months()).toEqual({ 11: [0, 0, 0], 12: [0, 6_000, 0] });
    });

    it('is denied where the later period has no room, and gives the earlier one back', async () => {
      const held = await ask(6_000n);
      installation.clock.nowMs = DECEMBER_MS;
      for (let index = 0; index < 5; index += 1) await ask(900n);
      const answer = await sign(held);
      expect(stateAfter(answer)).toMatchObject({ status: 'denied', reservedMinor: 0n, card: null });
      expect(accepted(answer).findings?.map((finding) => finding.reasonCode)).toContain('budget_exceeded');
      expect(await months()).toEqual({ 11: [0, 0, 0], 12: [0, 4_500, 0] });
    });

    it.each([
      ['the agent is suspended', () => gateway.admin.agents.suspend(OPERATOR, 'agent_a'), 'agent_suspended'],
      [
        'the policy forbids it now',
        () =>
          publish({
            rule_id: 'r_low',
            rule_type: 'max_amount',
            parameters: { limit: '20.00', currency: 'USD' },
          }),
        'max_amount_exceeded',
      ],
      [
        'the budget is cut',
        () => gateway.admin.budgets.changeLimit(OPERATOR, 'monthly', '50.00'),
        'budget_exceeded',
      ],
      ['no budget covers it any more', () => gateway.admin.budgets.close(OPERATOR, 'monthly'), 'no_budget'],
    ])('is denied when %s', async (_what, change, reason) => {
      const held = await ask(6_000n);
      await change();
      const answer = await sign(held);
      expect(stateAfter(answer)).toMatchObject({ status: 'denied', reservedMinor: 0n, card: null });
      expect(accepted(answer).findings?.map((finding) => finding.reasonCode)).toContain(reason);
      expect((await months())['11']).toEqual([0, 0, 0]);
    });

    it('waits for one more person when a new rule holds it too', async () => {
      const held = await ask(6_000n);
      await publish(holdAbove(10), holdAbove(50, 'r_more'));
      const still = stateAfter(await sign(held));
      expect(still).toMatchObject({ status: 'held', reservedMinor: 6_000n });
      const signers = still.approval?.steps.map((step) => step.signatures.map((each) => each.principalId));
      expect(signers).toEqual([['ann'], []]);
      expect(await sign(still)).toMatchObject({ ok: false, code: 'already_signed' });
      expect(stateAfter(await sign(still, 'ben'))).toMatchObject({ status: 'approved', approvedBy: 'ben' });
    });

    it('is not denied for being its own duplicate or for its own reservation', async () => {
      await publish(holdAbove(10), {
        rule_id: 'r_dup',
        rule_type: 'duplicate_guard',
        parameters: { window_minutes: 60 },
      });
      const held = await ask(10_000n); // all there is
      expect(stateAfter(await sign(held)).status).toBe('approved');
    });
  });

  describe('at the till', () => {
    it.each([
      ['the agent is suspended', () => gateway.admin.agents.suspend(OPERATOR, 'agent_a'), 'agent_suspended'],
      [
        'the policy forbids it now',
        () =>
          publish({
            rule_id: 'r_low',
            rule_type: 'max_amount',
            parameters: { limit: '5.00', currency: 'USD' },
          }),
        'max_amount_exceeded',
      ],
      [
        'the budget is cut',
        () => gateway.admin.budgets.changeLimit(OPERATOR, 'monthly', '5.00'),
        'budget_exceeded',
      ],
    ])('is declined and ends when %s', async (_what, change, reason) => {
      const approved = await ask(900n);
      await change();
      const answer = await charge(approved);
      expect(reasonOf(answer)).toBe(reason);
      expect(stateAfter(answer)).toMatchObject({
        status: 'denied',
        reservedMinor: 0n,
        card: { status: 'cancelled' },
      });
      expect(reasonOf(await charge(approved))).toBe('card_cancelled');
      expect((await months())['11']).toEqual([0, 0, 0]);
    });

    it('is charged where its reservation sits, although its month is over and the next one is full', async () => {
      const approved = await ask(900n);
      installation.clock.nowMs = DECEMBER_MS;
      for (let index = 0; index < 10; index += 1) await ask(1_000n);
      expect((await months())['12']).toEqual([0, 10_000, 0]);
      const answer = await charge(approved);
      expect(reasonOf(answer)).toBe('approved');
      await gateway.gate.submit({
        command: {
          kind: 'capture',
          authorizationId: accepted(answer).createdId ?? '',
          amountMinor: 900n,
          closeAuthorization: true,
        },
        caller: NETWORK_CALLER,
      });
      expect(await months()).toEqual({ 11: [0, 0, 900], 12: [0, 10_000, 0] });
    });

    it('is declined, frozen and held when a human has to sign now; signed, its card lives again', async () => {
      const approved = await ask(900n);
      await publish(holdAbove(5));
      const held = stateAfter(await charge(approved));
      expect(held).toMatchObject({
        status: 'held',
        checkoutStatus: 'none',
        approvedBy: null,
        card: { status: 'frozen' },
        approval: { status: 'pending' },
      });
      expect(held.authorizations.at(-1)?.reason).toBe('approval_required');
      expect(await months()).toEqual({ 11: [900, 0, 0] });
      expect(reasonOf(await charge(approved))).toBe('card_frozen');
      const again = stateAfter(await sign(held));
      expect(again).toMatchObject({
        status: 'approved',
        checkoutStatus: 'issued',
        card: { status: 'active' },
      });
      expect(reasonOf(await charge(approved))).toBe('approved');
      expect(await months()).toEqual({ 11: [0, 900, 0] });
    });

    it.each(['rejected', 'denied'] as const)('loses its frozen card when it is %s instead', async (how) => {
      const approved = await ask(900n);
      await publish(holdAbove(5));
      const held = stateAfter(await charge(approved));
      if (how === 'denied') await gateway.admin.agents.suspend(OPERATOR, 'agent_a');
      const answer =
        how === 'denied'
          ? await sign(held)
          : await gateway.gate.submit({
              command: { kind: 'reject', approvalId: held.approval?.approvalId ?? '', reason: 'no' },
              caller: installation.person('ann'),
            });
      expect(stateAfter(answer)).toMatchObject({ status: 'denied', card: { status: 'cancelled' } });
      expect(await months()).toEqual({ 11: [0, 0, 0] });
    });

    it('stays able to end although a merchant has been declined a thousand times', async () => {
      const approved = await ask(900n);
      for (let round = 0; round < 10; round += 1) {
        const answers = await Promise.all(Array.from({ length: 100 }, () => charge(approved, 901n)));
        expect(new Set(answers.map(reasonOf))).toEqual(new Set(['amount_exceeds_card_limit']));
      }
      expect(reasonOf(await charge(approved))).toBe('approved');
    });
  });
});
