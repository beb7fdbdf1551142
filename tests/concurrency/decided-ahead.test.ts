// decided-ahead.test.ts: a caller alone is decided while the database takes the locks. Whatever changed since the last
// decision of this process, the answer is the one that the locked facts give.
import { type MockInstance, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { GateAnswer } from '../../packages/server/src/gate/command.ts';
import { Foresight } from '../../packages/server/src/gate/foresight.ts';
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

describe('a caller alone', () => {
  let installation: Installation;
  let first: Gateway;
  let second: Gateway;
  let confirm: MockInstance<Foresight['confirm']>;
  let next = 0;

  beforeEach(async () => {
    installation = await createInstallation({
      agents: ['agent_a'],
      policy: policyOf([
        { rule_id: 'once', rule_type: 'duplicate_guard', parameters: { window_minutes: 60 } },
      ]),
      budgets: [{ budgetId: 'all', limit: '10.00', period: 'month' }],
    });
    [first, second] = await Promise.all([installation.gateway(), installation.gateway()]);
    confirm = vi.spyOn(Foresight.prototype, 'confirm');
  });
  afterEach(async () => {
    confirm.mockRestore();
    expect(await ledgerFaults(first.database.pool)).toEqual([]);
    expect(await recordFaults(first)).toEqual([]);
    await installation.close();
  });

  const ask = (gateway: Gateway, terms: { vendor?: string; key?: string } = {}): Promise<GateAnswer> => {
    next += 1;
    return gateway.gate.submit(requestOf(installation, 'agent_a', { vendor: `vendor_${next}`, ...terms }));
  };
  /** From the second on, a decision is made ahead. */
  const settle = async (gateway: Gateway): Promise<void> => {
    for (let index = 0; index < 3; index += 1) expect(statusOf(await ask(gateway))).toBe('approved');
    expect(confirm.mock.results.at(-1)?.value).toBe(true);
    confirm.mockClear();
  };
  const confirmed = (): unknown[] => confirm.mock.results.map(({ value }: { value: unknown }) => value);

  it('is decided ahead, and the budget is spent to its end and no further', async () => {
    const statuses: string[] = [];
    for (let index = 0; index < 12; index += 1) statuses.push(statusOf(await ask(first)));
    expect(statuses).toEqual([...Array<string>(10).fill('approved'), 'denied', 'denied']);
    expect(confirmed()).toEqual(Array(11).fill(true));
  });

  it('is decided again when another gateway has spent the budget meanwhile', async () => {
    await settle(first);
    for (let index = 0; index < 7; index += 1) expect(statusOf(await ask(second))).toBe('approved');
    confirm.mockClear();
    expect(statusOf(await ask(first))).toBe('denied');
    expect(confirmed()).toEqual([false]);
  });

  it('never overspends at two gateways in turn', async () => {
    const statuses: string[] = [];
    for (let index = 0; index < 40; index += 1) {
      statuses.push(statusOf(await ask(index % 3 === 0 ? first : second)));
    }
    expect(statuses.filter((status) => status === 'approved')).toHaveLength(10);
  });

  it('finds the duplicate that was accepted meanwhile, here and elsewhere', async () => {
    await settle(first);
    expect(statusOf(await ask(second, { vendor: 'same' }))).toBe('approved');
    expect(statusOf(await ask(first, { vendor: 'same' }))).toBe('denied');
    for (let index = 0; index < 20; index += 1) await ask(first, { vendor: 'same' });
    expect(confirmed()).toContain(false);
  });

  it('replays the answer to a key that is known already', async () => {
    await settle(first);
    const original = await ask(first, { vendor: 'once', key: 'key_1' });
    const replay = await ask(first, { vendor: 'once', key: 'key_1' });
    const reused = await ask(first, { vendor: 'other', key: 'key_1' });
    expect([original, replay].map((answer) => answer.ok && answer.entry.subjectId)).toEqual(
      Array(2).fill(original.ok && original.entry.subjectId),
    );
    expect(replay).toMatchObject({ ok: true, replayed: true });
    expect(reused).toMatchObject({ ok: false, code: 'idempotency_key_reused' });
  });

  it('obeys a limit that was cut, a policy that was tightened and an agent that was suspended meanwhile', async () => {
    await settle(first);
    await second.admin.budgets.changeLimit(OPERATOR, 'all', '3.00');
    expect(statusOf(await ask(first))).toBe('denied');
    await second.admin.budgets.changeLimit(OPERATOR, 'all', '10.00');
    for (let index = 0; index < 20; index += 1) await ask(first, { vendor: `again_${index % 2}` });
    await second.admin.agents.suspend(OPERATOR, 'agent_a', 'test');
    expect(statusOf(await ask(first))).toBe('denied');
  });

  it('counts on what a charge of its own card has moved', async () => {
    await settle(first);
    const opened = await ask(first);
    if (!opened.ok) throw new Error(opened.code);
    const charged = await first.gate.submit({
      caller: NETWORK_CALLER,
      command: {
        kind: 'force_post',
        cardId: cardIdOf(opened.entry.subjectId),
        amountMinor: 100n,
        currency: 'USD',
        merchant: { name: 'vendor', domain: null, merchantId: null, mcc: null, country: null },
      },
    });
    expect(charged.ok).toBe(true);
    confirm.mockClear();
    expect(statusOf(await ask(first))).toBe('approved');
    expect(confirmed()).toEqual([true]);
  });
});
