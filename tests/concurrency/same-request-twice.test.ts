import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { GateAnswer } from '../../packages/server/src/gate/command.ts';
import type { Gateway } from '../../packages/server/src/main.ts';
import {
  type Installation,
  createInstallation,
  ledgerFaults,
  policyOf,
  recordFaults,
  requestOf,
  statusOf,
} from '../harness/installation.ts';
import { OPERATOR } from '../harness/test-admin.ts';

const ROUNDS = 25;

describe('the same request from two sides at once', () => {
  let installation: Installation;
  let first: Gateway;
  let second: Gateway;

  beforeAll(async () => {
    installation = await createInstallation({
      agents: ['agent_a'],
      people: ['ann'],
      policy: policyOf([
        { rule_id: 'r_dup', rule_type: 'duplicate_guard', parameters: { window_minutes: 60 } },
        { rule_id: 'r_hold', rule_type: 'escalate_if', parameters: { amount_above: 10 } },
      ]),
      budgets: [{ budgetId: 'all', limit: '100000.00' }],
    });
    [first, second] = await Promise.all([installation.gateway(), installation.gateway()]);
  });
  afterAll(async () => {
    expect(await ledgerFaults(first.database.pool)).toEqual([]);
    expect(await recordFaults(first)).toEqual([]);
    await installation.close();
  });

  const ask = (gateway: Gateway, change: Parameters<typeof requestOf>[2]): Promise<GateAnswer> =>
    gateway.gate.submit(requestOf(installation, 'agent_a', change));
  const reasonsOf = (answer: GateAnswer): string[] =>
    answer.ok
      ? (answer.findings ?? [])
          .filter((finding) => finding.outcome === 'deny')
          .map((finding) => finding.reasonCode)
      : [answer.code];

  it('under one key is decided once and answered twice, alike', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const change = { vendor: `keyed_${round}`, key: `key_${round}` };
      const answers = await Promise.all([ask(first, change), ask(second, change), ask(first, change)]);
      const oks = answers.flatMap((answer) => (answer.ok ? [answer] : []));
      expect(oks).toHaveLength(3);
      expect(oks.filter((answer) => !answer.replayed)).toHaveLength(1);
      const [wanted] = oks.map(({ entry }) => ({
        id: entry.entryId,
        body: entry.body,
        promise: entry.promise,
      }));
      for (const { entry } of oks) {
        expect({ id: entry.entryId, body: entry.body, promise: entry.promise }).toEqual(wanted);
      }
    }
  });

  it('under one key with two bodies is decided for one of them and refused for the other', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const key = `two_bodies_${round}`;
      const answers = await Promise.all([
        ask(first, { vendor: `body_one_${round}`, key }),
        ask(second, { vendor: `body_two_${round}`, key }),
      ]);
      expect(answers.map(statusOf).sort()).toEqual(['approved', 'idempotency_key_reused']);
    }
  });

  it.each(['one gateway', 'two gateways'])('without a key is accepted once at %s', async (where) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const change = { vendor: `twice_${where.replace(' ', '_')}_${round}` };
      const other = where === 'one gateway' ? first : second;
      const answers = await Promise.all([ask(first, change), ask(other, change)]);
      expect(answers.map(statusOf).sort()).toEqual(['approved', 'denied']);
      const denied = answers.find((answer) => statusOf(answer) === 'denied');
      expect(denied === undefined ? [] : reasonsOf(denied)).toEqual(['duplicate_action_detected']);
    }
  });

  it('is accepted again once the first has come to its end, and not a moment before', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const change = { vendor: `again_${round}`, amountMinor: 2_000n };
      const held = await ask(first, change);
      expect(statusOf(held)).toBe('held');
      expect(reasonsOf(await ask(second, change))).toEqual(['duplicate_action_detected']);
      const approvalId = held.ok ? (held.purchase?.approval?.approvalId ?? '') : '';
      const reject = {
        command: { kind: 'reject' as const, approvalId, reason: 'no' },
        caller: installation.person('ann'),
      };
      // At once: whichever comes first in the log decides what the other sees.
      const side = round % 2 === 0 ? first : second;
      const [rejected, again] = await Promise.all([side.gate.submit(reject), ask(first, change)]);
      expect(statusOf(rejected)).toBe('denied');
      if (!rejected.ok || !again.ok) throw new Error('both are decided');
      const wanted = rejected.entry.entryId < again.entry.entryId ? 'held' : 'denied';
      expect(statusOf(again)).toBe(wanted);
      if (wanted === 'denied') expect(statusOf(await ask(second, change))).toBe('held');
    }
  });

  it('is not held up by an attempt that was denied', async () => {
    const change = { vendor: 'too_dear', amountMinor: 20_000_000_000n };
    expect(reasonsOf(await ask(first, change))).not.toContain('duplicate_action_detected');
    expect(reasonsOf(await ask(second, change))).not.toContain('duplicate_action_detected');
  });
});

describe('the same request where no budget is shared', () => {
  it.each(['one centre each', 'no budget at all'])('is still accepted once: %s', async (how) => {
    const installation = await createInstallation({
      agents: ['agent_a'],
      policy: policyOf([
        { rule_id: 'r_dup', rule_type: 'duplicate_guard', parameters: { window_minutes: 60 } },
      ]),
      budgets: [],
    });
    try {
      const [first, second] = await Promise.all([installation.gateway(), installation.gateway()]);
      for (const id of ['left', 'right']) {
        const scope = { type: 'cost_center', id };
        const budget = { budgetId: id, name: id, period: 'lifetime', currency: 'USD', limit: '10000.00' };
        await first.admin.budgets.create(OPERATOR, { ...budget, scope });
      }
      const ask = (gateway: Gateway, round: number, costCenter: string): Promise<GateAnswer> => {
        const caller = installation.callerOf('agent_a');
        if (how === 'one centre each') {
          return gateway.gate.submit(
            requestOf(installation, 'agent_a', { vendor: `v_${round}`, costCenter }),
          );
        }
        const input = { ...REFUND, counterparty: `v_${round}` };
        return gateway.gate.submit({ command: { kind: 'check', input, idempotency: null }, caller });
      };
      for (let round = 0; round < ROUNDS; round += 1) {
        const answers = await Promise.all([ask(first, round, 'left'), ask(second, round, 'right')]);
        const types = answers.map((answer) => (answer.ok ? answer.entry.type : answer.code)).sort();
        expect(types).toEqual(
          how === 'one centre each'
            ? ['purchase.approved', 'purchase.denied']
            : ['check.allowed', 'check.blocked'],
        );
      }
    } finally {
      await installation.close();
    }
  });

  it('is decided before or after the end of the first, as the log says', async () => {
    const installation = await createInstallation({
      agents: ['agent_a'],
      people: ['ann'],
      policy: policyOf([
        { rule_id: 'r_dup', rule_type: 'duplicate_guard', parameters: { window_minutes: 60 } },
        { rule_id: 'r_hold', rule_type: 'escalate_if', parameters: { amount_above: 0.5 } },
      ]),
      budgets: [],
    });
    try {
      const [first, second] = await Promise.all([installation.gateway(), installation.gateway()]);
      for (const id of ['left', 'right']) {
        const scope = { type: 'cost_center', id };
        const budget = { budgetId: id, name: id, period: 'lifetime', currency: 'USD', limit: '10000.00' };
        await first.admin.budgets.create(OPERATOR, { ...budget, scope });
      }
      const ask = (gateway: Gateway, round: number, costCenter: string): Promise<GateAnswer> =>
        gateway.gate.submit(requestOf(installation, 'agent_a', { vendor: `v_${round}`, costCenter }));
      for (let round = 0; round < 3 * ROUNDS; round += 1) {
        const held = await ask(first, round, 'left');
        const approvalId = held.ok ? (held.purchase?.approval?.approvalId ?? '') : '';
        const reject = { kind: 'reject' as const, approvalId, reason: 'no' };
        const [ended, again] = await Promise.all([
          first.gate.submit({ command: reject, caller: installation.person('ann') }),
          ask(second, round, 'right'),
        ]);
        if (!ended.ok || !again.ok) throw new Error('both are decided');
        expect(again.entry.type).toBe(
          ended.entry.entryId < again.entry.entryId ? 'purchase.held' : 'purchase.denied',
        );
      }
    } finally {
      await installation.close();
    }
  });
});

const REFUND = {
  agentId: 'agent_a',
  policyId: 'pol',
  actionType: 'refund',
  amountMinor: 500n,
  currency: 'USD',
  rail: null,
  category: null,
  country: null,
  mcc: null,
  merchantDomain: null,
  daysSincePurchase: null,
  discountBasisPoints: null,
  dealAmountMinor: null,
} as const;
