import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { GateAnswer } from '../../packages/server/src/gate/command.ts';
import { cardIdOf } from '../../packages/server/src/ids.ts';
import { followOnce } from '../../packages/server/src/jobs/follow-stops.ts';
import type { Gateway } from '../../packages/server/src/main.ts';
import { recomputeDecisions } from '../../packages/server/src/gate/recompute-decisions.ts';
import {
  type Installation,
  createInstallation,
  ledgerFaults,
  recordFaults,
  requestOf,
  statusOf,
} from '../harness/installation.ts';
import { OPERATOR } from '../harness/test-admin.ts';
import { NETWORK_CALLER } from '../harness/test-gate.ts';

const FENCE = { intent: 'wooden fence', metadata: {} };
const LIMIT = { amount: '100.00', currency: 'USD' };

// Parts of one economic transaction, in whatever order and through whichever gateway they come, never add up to more than
// an agent may spend alone. AG-642 4.4.
describe('parts of one transaction', () => {
  let installation: Installation;
  let first: Gateway;
  let second: Gateway;

  beforeEach(async () => {
    installation = await createInstallation({
      agents: ['agent_a', 'agent_b'],
      people: ['ann', 'bob'],
      budgets: [{ budgetId: 'all', limit: '1000000.00' }],
    });
    [first, second] = await Promise.all([installation.gateway(), installation.gateway()]);
    await first.admin.authorityMatrices.publish(OPERATOR, {
      rows: [{ agent_id: '*', autonomous_limit: LIMIT }],
      tiers: [{ tier: 'all', limit: { amount: '500.00', currency: 'USD' }, approvers: ['ann', 'bob'] }],
    });
  });
  afterEach(async () => {
    expect(await ledgerFaults(first.database.pool)).toEqual([]);
    expect(await recordFaults(first)).toEqual([]);
    const { checked, differences } = await recomputeDecisions(first.database.pool);
    expect(differences).toEqual([]);
    expect(checked).toBeGreaterThan(0);
    await installation.close();
  });

  const ask = (gateway: Gateway, amountMinor: bigint, change: object = {}): Promise<GateAnswer> =>
    gateway.gate.submit(
      requestOf(installation, 'agent_a', { vendor: 'roofer', project: 'roof', amountMinor, ...change }),
    );
  const stateOf = async (answer: GateAnswer): Promise<string> => {
    if (!answer.ok) return answer.code;
    const { rows } = await first.database.pool.query<{ status: string }>(
      'SELECT status FROM countersign.purchase_request WHERE request_id = $1',
      [answer.entry.subjectId],
    );
    return rows[0]?.status ?? 'none';
  };
  const authorize = (answer: GateAnswer, amountMinor: bigint): Promise<GateAnswer> => {
    if (!answer.ok) throw new Error(answer.message);
    return first.gate.submit({
      caller: NETWORK_CALLER,
      command: {
        kind: 'authorize',
        cardId: cardIdOf(answer.entry.subjectId),
        amountMinor,
        currency: 'USD',
        merchant: { name: 'roofer', domain: null, merchantId: null, mcc: null, country: null },
      },
    });
  };

  it('asked for at the same time at two gateways, are approved up to the limit and no further', async () => {
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, index) => ask(index % 2 === 0 ? first : second, 2_500n)),
    );
    const approvedAtFirst = answers.filter((answer) => statusOf(answer) === 'approved').length;
    expect(approvedAtFirst).toBe(4);
    const states = await Promise.all(answers.map(stateOf));
    expect(states.filter((state) => state === 'approved')).toEqual([]);
  });

  it('asked for one after the other at two gateways, each deciding ahead, are added up all the same', async () => {
    for (let index = 0; index < 4; index += 1) {
      // Alone, twice each: what a gateway remembers of the group is out of date every time.
      const gateway = index % 2 === 0 ? first : second;
      expect(statusOf(await ask(gateway, 2_500n))).toBe('approved');
    }
    for (const gateway of [first, second]) expect(statusOf(await ask(gateway, 2_500n))).toBe('held');
  });

  it('wait with the one that is stopped, and cannot be charged meanwhile', async () => {
    const part = await ask(first, 9_000n);
    expect(statusOf(part)).toBe('approved');
    const next = await ask(second, 9_000n);
    expect(statusOf(next)).toBe('held');
    expect(await stateOf(part)).toBe('held');
    const charge = await authorize(part, 9_000n);
    expect(charge.ok && charge.entry.type).toBe('authorization.declined');
  });

  it('cannot be charged even where nobody came to freeze them', async () => {
    const part = await ask(first, 9_000n);
    // A gateway that dies between the commit and the freezing: its own decisions are all that is left of it.
    const dying = await installation.gateway();
    const { submit } = dying.gate;
    dying.gate.submit = function (request) {
      return request.command.kind === 'revalidate'
        ? Promise.reject(new Error('dead'))
        : submit.call(this, request);
    };
    expect(statusOf(await ask(dying, 9_000n))).toBe('held');
    expect(await stateOf(part)).toBe('approved');
    const charge = await authorize(part, 9_000n);
    expect(charge.ok && charge.entry.body['detail']).toMatchObject({ reason: 'approval_required' });
    expect(await stateOf(part)).toBe('held');
  });

  it('are frozen by the job where the gateway that stopped the other died', async () => {
    const part = await ask(first, 9_000n);
    const dying = await installation.gateway();
    const { submit } = dying.gate;
    dying.gate.submit = function (request) {
      return request.command.kind === 'revalidate'
        ? Promise.reject(new Error('dead'))
        : submit.call(this, request);
    };
    await ask(dying, 9_000n);
    expect(await stateOf(part)).toBe('approved');
    const job = { pool: first.database.pool, gate: first.gate };
    expect(await followOnce(job)).toBeGreaterThan(0);
    expect(await stateOf(part)).toBe('held');
    expect(await followOnce(job)).toBe(0);
  });

  it('go on when a human has signed, each by itself', async () => {
    const part = await ask(first, 6_000n);
    const next = await ask(second, 6_000n);
    for (const answer of [part, next]) {
      if (!answer.ok) throw new Error(answer.message);
      const signed = await first.gate.submit({
        caller: installation.person('ann'),
        command: {
          kind: 'sign',
          approvalId: `apr${answer.entry.subjectId.slice(4)}`,
          authorizationReference: 'PO-1',
          comment: null,
        },
      });
      expect(signed.ok).toBe(true);
      expect(await stateOf(answer)).toBe('approved');
    }
    const charge = await authorize(part, 6_000n);
    expect(charge.ok && charge.entry.type).toBe('authorization.approved');
  });

  it('do not count after they were cancelled, and count again when they are cleared all the same', async () => {
    const part = await ask(first, 9_000n);
    if (!part.ok) throw new Error(part.message);
    const cancel = { kind: 'cancel', requestId: part.entry.subjectId, reason: null } as const;
    await first.gate.submit({ command: cancel, caller: installation.callerOf('agent_a') });
    const again = await ask(second, 9_000n);
    expect(statusOf(again)).toBe('approved');
    const merchant = { name: 'roofer', domain: null, merchantId: null, mcc: null, country: null };
    const clearing = { kind: 'force_post', amountMinor: 9_000n, currency: 'USD', merchant } as const;
    await first.gate.submit({
      command: { ...clearing, cardId: cardIdOf(part.entry.subjectId) },
      caller: NETWORK_CALLER,
    });
    expect(statusOf(await ask(first, 1_500n))).toBe('held');
  });

  it('are another matter for another supplier, and for another project and cost centre', async () => {
    expect(statusOf(await ask(first, 9_000n))).toBe('approved');
    expect(statusOf(await ask(first, 9_000n, { vendor: 'painter' }))).toBe('approved');
    expect(
      statusOf(await ask(first, 9_000n, { project: 'fence', costCenter: 'garden', privateText: FENCE })),
    ).toBe('approved');
  });
});
