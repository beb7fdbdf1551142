import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '../../../../tests/harness/test-database.ts';
import {
  agentCaller,
  createTestGate,
  principalCaller,
  purchaseInput,
  seedConfiguration,
  stateAfter,
  type TestGate,
} from '../../../../tests/harness/test-gate.ts';
import { collectingLog } from '../../../../tests/harness/test-log.ts';
import { testLogKey } from '../../../../tests/harness/test-record.ts';
import { EventFeed } from '../record/event-feed.ts';
import { Sequencer } from '../record/sequencer.ts';
import { autoCharge } from './auto-charge.ts';
import type { Job } from './job-loop.ts';
import { sequenceLog } from './sequence-log.ts';

let files: TestDatabase;
let test: TestGate;
let events: EventFeed;
let jobs: Job[];

beforeAll(async () => {
  files = await createTestDatabase();
  await seedConfiguration(await files.open('owner'), {
    agents: [{ agentId: 'agent_ops_042' }],
    principals: [{ principalId: 'finance', roles: ['approver'] }],
    policies: [
      {
        policy_id: 'pol_procurement',
        rules: [{ rule_id: 'r2', rule_type: 'escalate_if', parameters: { amount_above: 2500 } }],
      },
    ],
    budgets: [{ budgetId: 'org', limitMinor: 1_000_000_000n }],
  });
  const database = await files.open();
  test = await createTestGate(database);
  const log = collectingLog();
  const key = testLogKey();
  events = new EventFeed({ pool: database.pool, log, pollMs: 20 });
  const sequencer = new Sequencer({
    database,
    key,
    now: () => Date.now(),
    onIntegrated: () => events.wake(),
  });
  jobs = [
    sequenceLog({ sequencer, log, idleMs: 20 }),
    autoCharge({ pool: database.pool, events, gate: test.gate, log }),
  ];
  await new Promise((resolve) => setTimeout(resolve, 200));
});
afterAll(async () => {
  await Promise.all(jobs.map((job) => job.stop()));
  events.close();
  await test.close();
  await files.drop();
});

async function settled(requestId: string): Promise<unknown> {
  const late = Date.now() + 10_000;
  for (;;) {
    const { rows } = await test.database.pool.query<{ checkout_status: string; settled_minor: bigint }>(
      'SELECT checkout_status, settled_minor FROM purchase_request WHERE request_id = $1',
      [requestId],
    );
    if (rows[0]?.checkout_status === 'reconciled' || Date.now() > late) return rows[0];
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function request(change: Parameters<typeof purchaseInput>[0]) {
  const command = { kind: 'request', input: purchaseInput(change), idempotency: null } as const;
  return stateAfter(await test.gate.submit({ command, caller: agentCaller('agent_ops_042') }));
}

describe('the simulated merchant', () => {
  it('charges a new card in full', async () => {
    const { requestId } = await request({ amountMinor: 184_000n });
    expect(await settled(requestId)).toEqual({ checkout_status: 'reconciled', settled_minor: 184_000n });
  });

  it('charges a card that a signature released', async () => {
    const { requestId, approval } = await request({ amountMinor: 300_000n, vendor: 'aws.amazon.com' });
    const approvalId = approval?.approvalId ?? '';
    const command = { kind: 'sign', approvalId, authorizationReference: 'REF', comment: null } as const;
    await test.gate.submit({ command, caller: principalCaller('finance') });
    expect(await settled(requestId)).toEqual({ checkout_status: 'reconciled', settled_minor: 300_000n });
  });

  it('leaves alone what is paid outside', async () => {
    const { requestId } = await request({ amountMinor: 5_000n, rail: 'cash' });
    const { requestId: after } = await request({ amountMinor: 6_000n });
    await settled(after);
    const { rows } = await test.database.pool.query(
      'SELECT checkout_status FROM purchase_request WHERE request_id = $1',
      [requestId],
    );
    expect(rows).toEqual([{ checkout_status: 'none' }]);
  });
});
