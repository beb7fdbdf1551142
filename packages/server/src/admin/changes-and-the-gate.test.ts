import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createTestAdmin, OPERATOR, type TestAdmin } from '../../../../tests/harness/test-admin.ts';
import { createTestGate, purchaseInput, type TestGate } from '../../../../tests/harness/test-gate.ts';
import type { GateAnswer, PurchaseInput } from '../gate/command.ts';

// A gate whose configuration is cached has to notice every change that was acknowledged before it decides.
describe('an acknowledged change binds the next decision', () => {
  let test: TestAdmin;
  let gate: TestGate;
  let keyId: string;

  beforeEach(async () => {
    test = await createTestAdmin();
    const { admin } = test;
    await admin.policies.publish(OPERATOR, policyWithLimit(5_000));
    await admin.agents.create(OPERATOR, { agentId: 'agent_ops_042', name: 'Ops' });
    ({ keyId } = await admin.keys.create(OPERATOR, { agentId: 'agent_ops_042' }));
    const budget = { budgetId: 'b_all', name: 'All', period: 'month', currency: 'USD', limit: '10000' };
    await admin.budgets.create(OPERATOR, { ...budget, scope: { type: 'organisation' } });
    gate = await createTestGate(test.database);
  });
  afterEach(async () => {
    await gate.close();
    await test.close();
  });

  async function buy(change: Partial<PurchaseInput> = {}): Promise<string> {
    const answer: GateAnswer = await gate.gate.submit({
      command: { kind: 'request', input: purchaseInput(change), idempotency: null },
      caller: { kind: 'agent', agentId: 'agent_ops_042', keyId },
    });
    return answer.ok ? (answer.purchase?.status ?? 'none') : answer.code;
  }

  it('a lower limit, before the first use of the period and after it', async () => {
    await test.admin.budgets.changeLimit(OPERATOR, 'b_all', '1000');
    expect(await buy({ amountMinor: 100_001n })).toBe('denied');
    expect(await buy({ amountMinor: 60_000n })).toBe('approved');
    expect((await test.admin.budgets.get('b_all')).current).toMatchObject({
      limit: '1000.00',
      committed: '600.00',
    });

    expect((await test.admin.budgets.changeLimit(OPERATOR, 'b_all', '500')).current).toMatchObject({
      available: '-100.00',
      overrun: '100.00',
    });
    expect(await buy({ amountMinor: 1n })).toBe('denied');
    await test.admin.budgets.changeLimit(OPERATOR, 'b_all', '700');
    expect(await buy({ amountMinor: 10_001n })).toBe('denied');
    expect(await buy({ amountMinor: 10_000n })).toBe('approved');
  });

  it('a closed budget', async () => {
    expect(await buy({ amountMinor: 100n })).toBe('approved');
    await test.admin.budgets.close(OPERATOR, 'b_all');
    expect(await buy({ amountMinor: 200n })).toBe('denied');
  });

  it('a stricter policy', async () => {
    expect(await buy({ amountMinor: 90_000n })).toBe('approved');
    await test.admin.policies.publish(OPERATOR, policyWithLimit(800));
    expect(await buy({ amountMinor: 90_001n })).toBe('denied');
    expect(await buy({ amountMinor: 80_000n })).toBe('approved');
  });

  it('a lower cap of an agent, in the period that is under way', async () => {
    await test.admin.policies.publish(OPERATOR, policyWithCap(1_000));
    expect(await buy({ amountMinor: 60_000n })).toBe('approved');
    await test.admin.policies.publish(OPERATOR, policyWithCap(700));
    expect(await buy({ amountMinor: 10_001n })).toBe('denied');
    expect(await buy({ amountMinor: 10_000n })).toBe('approved');
  });

  it('a disabled principal, whose key was read before', async () => {
    await test.admin.principals.create(OPERATOR, { principalId: 'anna', name: 'Anna', roles: ['approver'] });
    const key = await test.admin.keys.create(OPERATOR, { principalId: 'anna' });
    await gate.configuration.load();
    expect(gate.configuration.current.keyIds.has(key.keyId)).toBe(true);
    await test.admin.principals.disable(OPERATOR, 'anna');
    const answer = await gate.gate.submit({
      command: { kind: 'reject', approvalId: 'apr_none', reason: 'no' },
      caller: { kind: 'principal', principalId: 'anna', roles: ['approver'], email: null, keyId: key.keyId },
    });
    expect(answer.ok).toBe(false);
    expect((await gate.configuration.fresh()).keyIds.has(key.keyId)).toBe(false);
  });

  it('a suspended agent, and one that goes on', async () => {
    await test.admin.agents.suspend(OPERATOR, 'agent_ops_042');
    expect(await buy({ amountMinor: 100n })).toBe('denied');
    await test.admin.agents.resume(OPERATOR, 'agent_ops_042');
    expect(await buy({ amountMinor: 100n })).toBe('approved');
  });

  it('a revoked key', async () => {
    expect(await buy({ amountMinor: 100n })).toBe('approved');
    await test.admin.keys.revoke(OPERATOR, keyId);
    expect(await buy({ amountMinor: 200n })).toBe('key_revoked');
  });

  it('a template can be published, bound and bought under', async () => {
    const file = new URL('../../../../fixtures/policies/vendor_spend_policy.json', import.meta.url);
    await test.admin.policies.publish(OPERATOR, JSON.parse(await readFile(file, 'utf8')));
    const bindings = { policies: ['vendor_spend_policy'], defaultPolicy: 'vendor_spend_policy' };
    await test.admin.agents.update(OPERATOR, 'agent_ops_042', { bindings });
    const merchant = { domain: null, mcc: null, country: 'US' };
    expect(await buy({ policyId: 'pol_procurement', merchant })).toBe('denied');
    expect(await buy({ policyId: null, amountMinor: 300_000n, merchant })).toBe('held');
  });
});

function policyWithLimit(limit: number): object {
  const rule = { rule_id: 'r1', rule_type: 'max_amount', parameters: { limit, currency: 'USD' } };
  return { policy_id: 'pol_procurement', name: 'Procurement', rules: [rule] };
}

function policyWithCap(limit: number): object {
  const rule = {
    rule_id: 'r1',
    rule_type: 'agent_cap',
    parameters: { limit, currency: 'USD', period: 'month' },
  };
  return { policy_id: 'pol_procurement', name: 'Procurement', rules: [rule] };
}
