import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '../../../../tests/harness/test-database.ts';
import {
  agentCaller,
  createTestGate,
  purchaseInput,
  seedConfiguration,
  stateAfter,
  type TestGate,
} from '../../../../tests/harness/test-gate.ts';
import { collectingLog } from '../../../../tests/harness/test-log.ts';
import type { GateRequest } from '../gate/command.ts';
import { expireOnce } from './expire-purchases.ts';

const DAY_MS = 86_400_000;
let files: TestDatabase;
let test: TestGate;

beforeAll(async () => {
  files = await createTestDatabase();
  await seedConfiguration(await files.open('owner'), {
    agents: [{ agentId: 'agent_ops_042' }],
    policies: [
      {
        policy_id: 'pol_procurement',
        rules: [{ rule_id: 'r2', rule_type: 'escalate_if', parameters: { amount_above: 2500 } }],
      },
    ],
    budgets: [{ budgetId: 'org', limitMinor: 1_000_000_000n, period: 'lifetime' }],
  });
  test = await createTestGate(await files.open(), { approvalValidForMs: DAY_MS });
});
afterAll(async () => {
  await test.close();
  await files.drop();
});
beforeEach(async () => {
  test.clock.nowMs += 365 * DAY_MS;
  await expire();
});

function expire(
  options: { batchMax?: number; gate?: { submit: TestGate['gate']['submit'] } } = {},
): Promise<number> {
  const now = (): number => test.clock.nowMs;
  return expireOnce({ pool: test.database.pool, gate: test.gate, log: collectingLog(), now, ...options });
}

async function request(change: Parameters<typeof purchaseInput>[0]): Promise<string> {
  const command = { kind: 'request', input: purchaseInput(change), idempotency: null } as const;
  return stateAfter(await test.gate.submit({ command, caller: agentCaller('agent_ops_042') })).requestId;
}

async function statusOf(requestId: string): Promise<unknown> {
  const { rows } = await test.database.pool.query<{ status: string; reserved_minor: bigint }>(
    'SELECT status, reserved_minor FROM purchase_request WHERE request_id = $1',
    [requestId],
  );
  return rows[0];
}

describe('a request that runs out', () => {
  it.each([
    ['held without its signature', { amountMinor: 300_000n }, DAY_MS],
    ['approved and never charged', { amountMinor: 1_000n }, 7 * DAY_MS],
    ['left to be paid outside', { amountMinor: 1_000n, rail: 'cash' }, 400 * DAY_MS],
  ])('%s is ended, and not before', async (_, change, afterMs) => {
    const requestId = await request(change);
    test.clock.nowMs += Math.min(afterMs, DAY_MS) - 1;
    expect(await expire()).toBe(0);
    test.clock.nowMs += afterMs;
    expect(await expire()).toBe(1);
    expect(await statusOf(requestId)).toEqual({ status: 'expired', reserved_minor: 0n });
    expect(await expire()).toBe(0);
  });

  it('does not wait for others that the gate refuses', async () => {
    const requests: string[] = [];
    for (let number = 1; number <= 7; number += 1)
      requests.push(await request({ amountMinor: 300_000n + BigInt(number) }));
    test.clock.nowMs += DAY_MS;
    const submit = async (sent: GateRequest) =>
      sent.command.kind === 'expire' && requests.slice(0, 3).includes(sent.command.requestId)
        ? ({ ok: false, code: 'not_expired', message: '' } as const)
        : test.gate.submit(sent);
    expect(await expire({ batchMax: 2, gate: { submit } })).toBe(4);
    expect(await expire({ batchMax: 2 })).toBe(3);
  });
});
