import { afterEach, beforeEach, describe, expect, it } from 'vitest';

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
  statusOf,
} from '../harness/installation.ts';
import { OPERATOR } from '../harness/test-admin.ts';
import { NETWORK_CALLER } from '../harness/test-gate.ts';

const CALLERS = 64;
const FITS = 37;

// A budget that fits exactly K purchases approves exactly K, whoever asks, however often, wherever.
describe('a budget that fits exactly 37 purchases', () => {
  let installation: Installation;
  let first: Gateway;
  let second: Gateway;

  beforeEach(async () => {
    installation = await createInstallation({
      agents: ['agent_a', 'agent_b'],
      people: ['ann'],
      policy: policyOf([
        { rule_id: 'r_hold', rule_type: 'escalate_if', parameters: { amount_above: 50 } },
        {
          rule_id: 'r_cap',
          rule_type: 'agent_cap',
          parameters: { limit: '30.00', currency: 'USD', period: 'month' },
        },
      ]),
      budgets: [{ budgetId: 'all', limit: `${FITS}.00`, period: 'month' }],
    });
    [first, second] = await Promise.all([installation.gateway(), installation.gateway()]);
  });
  afterEach(async () => {
    expect(await ledgerFaults(first.database.pool)).toEqual([]);
    expect(await recordFaults(first)).toEqual([]);
    await installation.close();
  });

  const ask = (gateway: Gateway, index: number, key?: string): Promise<GateAnswer> => {
    const agentId = index % 2 === 0 ? 'agent_a' : 'agent_b';
    const vendor = `vendor_${index}`;
    return gateway.gate.submit(
      requestOf(installation, agentId, { vendor, ...(key === undefined ? {} : { key }) }),
    );
  };
  const approvedOf = (answers: readonly GateAnswer[]): GateAnswer[] =>
    answers.filter((answer) => answer.ok && answer.entry.type === 'purchase.approved');

  it('approves 37 of 64 callers of one gateway', async () => {
    const answers = await Promise.all(Array.from({ length: CALLERS }, (_, index) => ask(first, index)));
    expect(approvedOf(answers)).toHaveLength(FITS);
    expect(answers.filter((answer) => statusOf(answer) === 'denied')).toHaveLength(CALLERS - FITS);
  });

  it('approves 37 of many small batches at two gateways', async () => {
    const answers: GateAnswer[] = [];
    const caller = async (start: number): Promise<void> => {
      for (let index = start; index < 4 * CALLERS; index += CALLERS) {
        answers.push(await ask(index % 3 === 0 ? first : second, index));
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, (_, start) => caller(start)));
    expect(answers).toHaveLength(4 * CALLERS);
    expect(approvedOf(answers)).toHaveLength(FITS);
  });

  it('approves 37 although every key is sent four times, to both gateways', async () => {
    const tries = Array.from({ length: 4 * CALLERS }, (_, index) => index);
    const answers = await Promise.all(
      tries.map((index) => ask(index % 3 === 0 ? first : second, index % CALLERS, `key_${index % CALLERS}`)),
    );
    const approved = new Set(
      approvedOf(answers).map((answer) => (answer.ok ? answer.entry.subjectId : answer.code)),
    );
    expect(approved.size).toBe(FITS);
    for (let key = 0; key < CALLERS; key += 1) {
      const same = tries.filter((index) => index % CALLERS === key).map((index) => answers[index]);
      const bodies = same.map((answer) => (answer?.ok === true ? answer.entry.body : answer));
      for (const body of bodies) expect(body).toEqual(bodies[0]);
      expect(same.filter((answer) => answer?.ok === true && !answer.replayed)).toHaveLength(1);
    }
  });

  it('approves no more than the cap of each agent, with room left in the budget', async () => {
    await first.admin.budgets.changeLimit(OPERATOR, 'all', '1000');
    const answers = await Promise.all(
      Array.from({ length: 2 * CALLERS }, (_, index) => ask(index < CALLERS ? first : second, index)),
    );
    const approved = approvedOf(answers);
    expect(approved).toHaveLength(60);
    const byA = approved.filter((answer) => answer.ok && answer.purchase?.action.agentId === 'agent_a');
    expect(byA).toHaveLength(30);
  });

  it('sets aside all of its budgets or none', async () => {
    const scope = { type: 'agent', id: 'agent_a' };
    const narrow = { budgetId: 'narrow', name: 'narrow', period: 'day', currency: 'USD', limit: '5.00' };
    await first.admin.budgets.create(OPERATOR, { ...narrow, scope });
    const answers = await Promise.all(
      Array.from({ length: CALLERS }, (_, index) => ask(index % 3 === 0 ? first : second, index)),
    );
    const approved = approvedOf(answers).length;
    expect(approved).toBe(5 + 30);
    const { rows } = await first.database.pool.query<{ budget_id: string; committed: bigint }>(
      `SELECT budget_id, committed_minor AS committed FROM budget_period ORDER BY budget_id`,
    );
    expect(Object.fromEntries(rows.map((row) => [row.budget_id, Number(row.committed)]))).toEqual({
      all: 3_500,
      'cap:pol:r_cap:agent_a': 500,
      'cap:pol:r_cap:agent_b': 3_000,
      narrow: 500,
    });
  });

  it('charges each card once, whoever asks at the till at the same moment', async () => {
    const answer = await ask(first, 0);
    const cardId = cardIdOf(answer.ok ? answer.entry.subjectId : '');
    const merchant = { name: 'vendor_0', domain: null, merchantId: null, mcc: null, country: null };
    const charges = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        (index % 2 === 0 ? first : second).gate.submit({
          command: { kind: 'authorize', cardId, amountMinor: 100n, currency: 'USD', merchant },
          caller: NETWORK_CALLER,
        }),
      ),
    );
    const types = charges.map((charge) => (charge.ok ? charge.entry.type : charge.code));
    expect(types.filter((type) => type === 'authorization.approved')).toHaveLength(1);
    expect(types.filter((type) => type === 'authorization.declined')).toHaveLength(15);
  });
});
