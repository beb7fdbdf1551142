// purchase-path.test.ts: the path of a purchase through the real gate and database, from request to reconciled, and
// every end it can come to. After each story the ledger is recomputed from its transfers.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import type { Merchant } from '@countersign/core';

import type { Database } from '../../packages/server/src/db/connect.ts';
import { cardIdOf } from '../../packages/server/src/ids.ts';
import { type TestDatabase, createTestDatabase } from '../harness/test-database.ts';
import {
  NETWORK_CALLER,
  type TestGate,
  accepted,
  agentCaller,
  createTestGate,
  principalCaller,
  purchaseInput,
  seedConfiguration,
  stateAfter,
} from '../harness/test-gate.ts';

const AGENT = agentCaller('agent_ops_042');
const FINANCE = principalCaller('finance', 'finance@example.com');
const CFO = principalCaller('cfo', 'cfo@example.com');
const AWS: Merchant = { name: 'aws', domain: null, merchantId: null, mcc: null, country: null };

let testDatabase: TestDatabase;
let owner: Database;
let test: TestGate;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  owner = await testDatabase.open('owner');
  await seedConfiguration(owner, {
    agents: [{ agentId: 'agent_ops_042', owner: 'owner@example.com' }],
    principals: [
      { principalId: 'finance', roles: ['approver'], email: 'finance@example.com' },
      { principalId: 'cfo', roles: ['approver'], email: 'cfo@example.com' },
    ],
    policies: [
      {
        policy_id: 'pol_procurement',
        rules: [
          { rule_id: 'r1', rule_type: 'max_amount', parameters: { limit: 10000, currency: 'USD' } },
          { rule_id: 'r2', rule_type: 'escalate_if', parameters: { amount_above: 2500 } },
          { rule_id: 'r3', rule_type: 'escalate_if', parameters: { amount_above: 5000 } },
        ],
      },
    ],
    budgets: [{ budgetId: 'org', limitMinor: 10_000_000n }],
  });
  test = await createTestGate(await testDatabase.open());
});

afterEach(async () => {
  const { rows } = await owner.pool.query(`
    SELECT period_id FROM budget_period AS period
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(CASE WHEN to_account = 'pending' THEN amount_minor WHEN from_account = 'pending' THEN -amount_minor END), 0) AS pending,
             coalesce(sum(CASE WHEN to_account = 'committed' THEN amount_minor WHEN from_account = 'committed' THEN -amount_minor END), 0) AS committed,
             coalesce(sum(CASE WHEN to_account = 'spent' THEN amount_minor WHEN from_account = 'spent' THEN -amount_minor END), 0) AS spent,
             coalesce(sum(CASE WHEN from_account = 'external' AND to_account = 'available' THEN amount_minor WHEN to_account = 'external' THEN -amount_minor END), 0) AS limit_sum,
             coalesce(sum(CASE WHEN to_account = 'overrun' THEN amount_minor END), 0) AS overrun
      FROM transfer WHERE transfer.period_id = period.period_id) AS sums
    WHERE (pending, committed, spent, limit_sum, overrun)
      IS DISTINCT FROM (pending_minor, committed_minor, spent_minor, limit_minor, overrun_minor)`);
  expect(rows).toEqual([]);
});

afterAll(async () => {
  await test.close();
  await testDatabase.drop();
});

async function request(
  change: Parameters<typeof purchaseInput>[0] = {},
): ReturnType<TestGate['gate']['submit']> {
  return test.gate.submit({
    command: { kind: 'request', input: purchaseInput(change), idempotency: null },
    caller: AGENT,
  });
}

async function balances(): Promise<{ pending: bigint; committed: bigint; spent: bigint; overrun: bigint }> {
  const { rows } = await owner.pool.query<{
    pending: bigint;
    committed: bigint;
    spent: bigint;
    overrun: bigint;
  }>(
    `SELECT pending_minor AS pending, committed_minor AS committed, spent_minor AS spent, overrun_minor AS overrun
     FROM budget_period WHERE budget_id = 'org'`,
  );
  return rows[0] ?? { pending: 0n, committed: 0n, spent: 0n, overrun: 0n };
}

describe('an approved purchase', () => {
  it('is issued a card, charged, settled and reconciled, and its budget posted', async () => {
    const before = await balances();
    const answer = accepted(await request({ amountMinor: 184_001n }));
    expect(answer.entry.type).toBe('purchase.approved');
    const state = stateAfter(answer);
    expect(state).toMatchObject({ status: 'approved', checkoutStatus: 'issued', approvedBy: 'policy' });
    expect((await balances()).committed - before.committed).toBe(184_001n);

    const cardId = cardIdOf(state.requestId);
    const charged = await test.gate.submit({
      command: { kind: 'authorize', cardId, amountMinor: 184_001n, currency: 'USD', merchant: AWS },
      caller: NETWORK_CALLER,
    });
    expect(stateAfter(charged)).toMatchObject({ checkoutStatus: 'charged', card: { status: 'used' } });
    const authorizationId = accepted(charged).createdId ?? '';
    const captured = await test.gate.submit({
      command: { kind: 'capture', authorizationId, amountMinor: 184_001n, closeAuthorization: true },
      caller: NETWORK_CALLER,
    });
    expect(stateAfter(captured)).toMatchObject({
      checkoutStatus: 'reconciled',
      reservedMinor: 0n,
      settledMinor: 184_001n,
    });
    const after = await balances();
    expect(after.committed).toBe(before.committed);
    expect(after.spent - before.spent).toBe(184_001n);
  });

  it('declines a second use, a wrong merchant and too much, and stays alive', async () => {
    const state = stateAfter(await request({ amountMinor: 100_000n }));
    const cardId = cardIdOf(state.requestId);
    const authorize = async (amountMinor: bigint, merchant: Merchant): Promise<string | undefined> =>
      stateAfter(
        await test.gate.submit({
          command: { kind: 'authorize', cardId, amountMinor, currency: 'USD', merchant },
          caller: NETWORK_CALLER,
        }),
      ).authorizations.at(-1)?.reason;
    expect(await authorize(100_000n, { ...AWS, name: 'aws-evil' })).toBe('merchant_mismatch');
    expect(await authorize(100_001n, AWS)).toBe('amount_exceeds_card_limit');
    expect(await authorize(100_000n, AWS)).toBe('approved');
    expect(await authorize(1n, AWS)).toBe('card_already_used');
  });
});

describe('a held purchase', () => {
  it('needs two people in order, and goes straight to checkout with the second', async () => {
    const before = await balances();
    const held = stateAfter(await request({ amountMinor: 600_000n }));
    expect(held.status).toBe('held');
    expect(held.approval?.steps.map((step) => step.ruleId)).toEqual(['r2', 'r3']);
    expect((await balances()).pending - before.pending).toBe(600_000n);
    const approvalId = held.approval?.approvalId ?? '';
    const sign = { kind: 'sign', approvalId, authorizationReference: 'REF-1', comment: null } as const;
    const owners = await test.gate.submit({
      command: sign,
      caller: { ...principalCaller('somebody', 'OWNER@example.com'), keyId: 'key_cfo' } as typeof CFO,
    });
    expect(owners).toMatchObject({ ok: false, code: 'self_approval' });
    const first = await test.gate.submit({ command: sign, caller: FINANCE });
    expect(stateAfter(first).status).toBe('held');
    expect(await test.gate.submit({ command: sign, caller: FINANCE })).toMatchObject({
      ok: false,
      code: 'already_signed',
    });
    const second = await test.gate.submit({ command: sign, caller: CFO });
    expect(stateAfter(second)).toMatchObject({
      status: 'approved',
      checkoutStatus: 'issued',
      approvedBy: 'cfo',
    });
    const after = await balances();
    expect(after.pending).toBe(before.pending);
    expect(after.committed - before.committed).toBe(600_000n);
  });

  it('is denied and releases when rejected, and when nobody signs in time', async () => {
    const before = await balances();
    const rejected = stateAfter(await request({ amountMinor: 300_000n }));
    const answer = await test.gate.submit({
      command: { kind: 'reject', approvalId: rejected.approval?.approvalId ?? '', reason: 'not needed' },
      caller: FINANCE,
    });
    expect(stateAfter(answer)).toMatchObject({ status: 'denied', approval: { status: 'rejected' } });
    const expired = stateAfter(await request({ amountMinor: 300_001n, expiresInSeconds: 60 }));
    const expire = {
      command: { kind: 'expire', requestId: expired.requestId },
      caller: NETWORK_CALLER,
    } as const;
    expect(await test.gate.submit(expire)).toMatchObject({ ok: false, code: 'not_expired' });
    test.clock.nowMs += 60_000;
    expect(stateAfter(await test.gate.submit(expire)).status).toBe('expired');
    expect(await balances()).toEqual(before);
  });
});

describe('a refused step', () => {
  it('leaves nothing behind, its free text included, and does not disturb the others of its batch', async () => {
    const held = stateAfter(await request({ amountMinor: 300_101n }));
    const approvalId = held.approval?.approvalId ?? '';
    const notes = async (): Promise<string[]> =>
      (
        await owner.pool.query<{ body: string }>('SELECT body FROM note WHERE request_id = $1', [
          held.requestId,
        ])
      ).rows.map((row) => row.body);
    const reject = (reason: string): ReturnType<TestGate['gate']['submit']> =>
      test.gate.submit({ command: { kind: 'reject', approvalId, reason }, caller: FINANCE });
    const answers = await Promise.all([reject('first'), reject('second'), reject('third')]);
    expect(answers.map((answer) => answer.ok)).toEqual([true, false, false]);
    expect(await notes()).toEqual(['first']);
  });
});

describe('idempotency', () => {
  it('replays the same answer for the same key, also within one batch, and refuses another body', async () => {
    const submit = (amountMinor: bigint, hash: string): ReturnType<typeof test.gate.submit> =>
      test.gate.submit({
        command: {
          kind: 'request',
          input: purchaseInput({ amountMinor }),
          idempotency: { key: 'once', bodyHash: Buffer.from(hash.padEnd(32)) },
        },
        caller: AGENT,
      });
    const [first, second, other] = await Promise.all([
      submit(700n, 'a'),
      submit(700n, 'a'),
      submit(800n, 'b'),
    ]);
    const third = await submit(700n, 'a');
    expect(accepted(first).replayed).toBe(false);
    for (const replay of [second, third]) {
      expect(accepted(replay)).toMatchObject({ replayed: true });
      expect(accepted(replay).entry.body).toEqual(accepted(first).entry.body);
      expect(accepted(replay).entry.promise).toEqual(accepted(first).entry.promise);
    }
    expect(other).toMatchObject({ ok: false, code: 'idempotency_key_reused' });
  });
});

describe('a refund', () => {
  it('credits the budget period that was charged', async () => {
    const before = await balances();
    const state = stateAfter(await request({ amountMinor: 5_000n }));
    const cardId = cardIdOf(state.requestId);
    const charged = accepted(
      await test.gate.submit({
        command: { kind: 'authorize', cardId, amountMinor: 5_000n, currency: 'USD', merchant: AWS },
        caller: NETWORK_CALLER,
      }),
    );
    const authorizationId = charged.createdId ?? '';
    await test.gate.submit({
      command: { kind: 'capture', authorizationId, amountMinor: 5_000n, closeAuthorization: true },
      caller: NETWORK_CALLER,
    });
    await test.gate.submit({
      command: { kind: 'refund', authorizationId, amountMinor: 2_000n },
      caller: NETWORK_CALLER,
    });
    expect((await balances()).spent - before.spent).toBe(3_000n);
  });
});
