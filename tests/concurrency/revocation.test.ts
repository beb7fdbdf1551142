import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { GateAnswer } from '../../packages/server/src/gate/command.ts';
import type { Gateway } from '../../packages/server/src/main.ts';
import type { Caller } from '../../packages/server/src/record/caller.ts';
import {
  type Installation,
  createInstallation,
  ledgerFaults,
  policyOf,
  requestOf,
  statusOf,
} from '../harness/installation.ts';
import { OPERATOR } from '../harness/test-admin.ts';

const ROUNDS = 20;

// What is revoked at one gateway binds every decision that starts at the other after the acknowledgement, however busy
// that one is, and although its configuration is cached.
describe('an acknowledged revocation', () => {
  let installation: Installation;
  let here: Gateway;
  let there: Gateway;
  let asked: number;

  beforeEach(async () => {
    installation = await createInstallation({
      agents: ['agent_a', 'agent_b'],
      people: ['ann'],
      policy: policyOf([{ rule_id: 'r_hold', rule_type: 'escalate_if', parameters: { amount_above: 10 } }]),
      budgets: [{ budgetId: 'all', limit: '1000000.00' }],
    });
    [here, there] = await Promise.all([installation.gateway(), installation.gateway()]);
    asked = 0;
  });
  afterEach(async () => {
    expect(await ledgerFaults(here.database.pool)).toEqual([]);
    await installation.close();
  });

  const ask = (change: Parameters<typeof requestOf>[2] & { caller?: Caller } = {}): Promise<GateAnswer> => {
    asked += 1;
    const { caller, ...input } = change;
    const request = requestOf(installation, 'agent_a', { vendor: `vendor_${asked}`, ...input });
    return there.gate.submit(caller === undefined ? request : { ...request, caller });
  };

  /** Keeps the other gateway busy while `revoke` is under way, and gives what it decides right afterwards. */
  async function afterRevoking(
    revoke: () => Promise<unknown>,
    decide: () => Promise<GateAnswer>,
  ): Promise<string[]> {
    const load = { isOver: false };
    const busy = Promise.all(
      Array.from({ length: 6 }, async () => {
        while (!load.isOver) await ask();
      }),
    );
    await revoke();
    const decided = await Promise.all([decide(), decide()]);
    load.isOver = true;
    await busy;
    return decided.map(statusOf);
  }

  it('of a key', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { keyId } = await here.admin.keys.create(OPERATOR, { agentId: 'agent_a' });
      const caller: Caller = { kind: 'agent', agentId: 'agent_a', keyId };
      expect(statusOf(await ask({ caller }))).toBe('approved');
      const statuses = await afterRevoking(
        () => here.admin.keys.revoke(OPERATOR, keyId),
        () => ask({ caller }),
      );
      expect(statuses).toEqual(['key_revoked', 'key_revoked']);
    }
  });

  it('of an agent', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const statuses = await afterRevoking(
        () => here.admin.agents.suspend(OPERATOR, 'agent_a'),
        () => ask(),
      );
      expect(statuses).toEqual(['denied', 'denied']);
      await here.admin.agents.resume(OPERATOR, 'agent_a');
      expect(statusOf(await ask())).toBe('approved');
    }
  });

  it('by a tighter policy', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const tight = {
        rule_id: 'r_tight',
        rule_type: 'max_amount',
        parameters: { limit: '0.50', currency: 'USD' },
      };
      const statuses = await afterRevoking(
        () => here.admin.policies.publish(OPERATOR, policyOf([tight])),
        () => ask(),
      );
      expect(statuses).toEqual(['denied', 'denied']);
      await here.admin.policies.publish(OPERATOR, policyOf([]));
      expect(statusOf(await ask())).toBe('approved');
    }
  });

  it('by a limit that is cut, also in a period that nobody has used yet', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const budgetId = `cut_${round}`;
      const scope = { type: 'cost_center', id: `centre_${round}` };
      const budget = { budgetId, name: budgetId, scope, period: 'month', currency: 'USD' };
      await here.admin.budgets.create(OPERATOR, { ...budget, limit: '100.00' });
      await ask(); // the other gateway has the old limit in its cache now
      const cut = (): Promise<unknown> => here.admin.budgets.changeLimit(OPERATOR, budgetId, '0.50');
      const decide = (): Promise<GateAnswer> => ask({ costCenter: `centre_${round}` });
      if (round % 2 === 0) {
        expect(await afterRevoking(cut, decide)).toEqual(['denied', 'denied']);
      } else {
        await cut(); // while the other gateway has nothing to do, so that nothing has made its cache anew
        expect(statusOf(await decide())).toBe('denied');
      }
    }
    const { rows } = await here.database.pool.query<{ limit: bigint }>(
      `SELECT DISTINCT limit_minor AS limit FROM budget_period WHERE budget_id LIKE 'cut%'`,
    );
    expect(rows).toEqual([{ limit: 50n }]);
  });

  it('of an approver', async () => {
    for (let round = 0; round < 5; round += 1) {
      const principalId = `signer_${round}`;
      await here.admin.principals.create(OPERATOR, { principalId, name: principalId, roles: ['approver'] });
      const { keyId } = await here.admin.keys.create(OPERATOR, { principalId });
      const held = await ask({ amountMinor: 2_000n });
      const approvalId = held.ok ? (held.purchase?.approval?.approvalId ?? '') : '';
      const sign = {
        command: { kind: 'sign' as const, approvalId, authorizationReference: 'REF', comment: null },
        caller: { ...installation.person('ann'), principalId, keyId },
      };
      const statuses = await afterRevoking(
        () => here.admin.principals.disable(OPERATOR, principalId),
        () => there.gate.submit(sign),
      );
      expect(statuses).toEqual(['key_revoked', 'key_revoked']);
    }
  });

  it('keeps decisions going while the configuration changes all the time', async () => {
    const load = { isOver: false };
    const changes = (async () => {
      while (!load.isOver) {
        await here.admin.policies.publish(OPERATOR, policyOf([]));
      }
    })();
    const started = performance.now();
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask()));
    load.isOver = true;
    await changes;
    expect(answers.map(statusOf)).toEqual(answers.map(() => 'approved'));
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
