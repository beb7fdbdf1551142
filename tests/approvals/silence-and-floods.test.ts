import { afterEach, describe, expect, it } from 'vitest';

import type { GateAnswer } from '../../packages/server/src/gate/command.ts';
import { recomputeDecisions } from '../../packages/server/src/gate/recompute-decisions.ts';
import { nudgeOnce, watchHabits } from '../../packages/server/src/jobs/watch-approvals.ts';
import type { Gateway } from '../../packages/server/src/main.ts';
import { raiseAlert } from '../../packages/server/src/record/raise-alert.ts';
import { ledgerFaults, recordFaults, requestOf } from '../harness/installation.ts';
import { OPERATOR } from '../harness/test-admin.ts';
import { accepted, stateAfter } from '../harness/test-gate.ts';
import { collectingLog } from '../harness/test-log.ts';
import { type ApprovalsWorld, HOUR_MS, approvalsWorld, holdAbove, outcome } from './approvals-world.ts';

let world: ApprovalsWorld;

afterEach(async () => {
  const { gateway } = world;
  expect(await ledgerFaults(gateway.database.pool)).toEqual([]);
  expect(await recordFaults(gateway)).toEqual([]);
  expect((await recomputeDecisions(gateway.database.pool)).differences).toEqual([]);
  await world.close();
});

function jobOf(gateway: Gateway): Parameters<typeof nudgeOnce>[0] {
  const { pool } = gateway.database;
  const { gate, configuration, writer, recorder } = gateway;
  const now = (): number => world.installation.clock.nowMs;
  return {
    pool,
    gate,
    configuration,
    raise: (alert) => raiseAlert({ writer, recorder, pool, now }, alert),
    log: collectingLog(),
    now,
  };
}

describe('an approval that nobody signs', () => {
  it('is reminded of once for each time it is due, although two gateways look', async () => {
    world = await approvalsWorld([holdAbove(10, { remind_after_minutes: 60 })]);
    const { installation, gateway, ask } = world;
    const second = await installation.gateway();
    const startMs = installation.clock.nowMs;
    const held = [await ask(), await ask(), await ask()];
    const nudges = async (): Promise<number> => {
      const counts = await Promise.all(
        [gateway, second, gateway, second].map((each) => nudgeOnce(jobOf(each))),
      );
      return counts.reduce((sum, count) => sum + count, 0);
    };
    installation.clock.nowMs = startMs + HOUR_MS - 1;
    expect(await nudges()).toBe(0);
    installation.clock.nowMs = startMs + HOUR_MS;
    expect(await nudges()).toBe(3);
    expect(await nudges()).toBe(0);
    installation.clock.nowMs = startMs + 5 * HOUR_MS; // nobody looked for a while: one reminder, not four
    expect(await nudges()).toBe(3);
    expect(await nudges()).toBe(0);
    const reminders = (await world.details('approval.reminded')).map((each) => each['reminder']);
    expect(reminders).toEqual([1, 1, 1, 2, 2, 2]);
    await world.sign(held[0] ?? fail(), 'ann');
    installation.clock.nowMs = startMs + 6 * HOUR_MS;
    expect(await nudges()).toBe(2); // what was signed is silent no more
  });

  it('is reminded of after half of its time by default, as the installation is set', async () => {
    world = await approvalsWorld([holdAbove(10)]);
    const { installation, gateway, ask } = world;
    const startMs = installation.clock.nowMs;
    const { approval } = await ask();
    const validForMs = (approval?.expiresAtMs ?? 0) - startMs;
    await gateway.admin.settings.update(OPERATOR, { reminder_percent: 25 });
    await ask();
    await gateway.admin.settings.update(OPERATOR, { reminder_percent: 0 });
    await ask();
    const { rows } = await gateway.database.pool.query<{ due: Date | null }>(
      'SELECT next_due_at AS due FROM approval ORDER BY approval_id',
    );
    expect(rows.map(({ due }) => (due === null ? null : due.getTime() - startMs))).toEqual([
      validForMs / 2,
      validForMs / 4,
      null,
    ]);
  });

  it('may be signed by those it is escalated to, and not before', async () => {
    const routing = { approvers: ['ann'], escalate_after_minutes: 120, escalate_to: ['cat'] };
    world = await approvalsWorld([holdAbove(10, routing)]);
    const { installation, gateway, ask, sign } = world;
    const startMs = installation.clock.nowMs;
    const held = await ask();
    installation.clock.nowMs = startMs + 2 * HOUR_MS - 1;
    expect(await nudgeOnce(jobOf(gateway))).toBe(0);
    expect(outcome(await sign(held, 'cat'))).toBe('not_an_approver_of_this_step');
    installation.clock.nowMs += 1;
    expect(outcome(await sign(held, 'cat'))).toBe('not_an_approver_of_this_step'); // due, and not on the record yet
    expect(await nudgeOnce(jobOf(gateway))).toBe(1);
    expect(await world.details('approval.escalated')).toMatchObject([
      { step: 0, escalated_to: ['cat'], silent_since: new Date(startMs).toISOString() },
    ]);
    expect(outcome(await sign(held, 'dan'))).toBe('not_an_approver_of_this_step');
    expect(outcome(await sign(held, 'cat'))).toBe('approved');
  });

  it('still expires, escalated or not, and its money is released', async () => {
    const routing = { approvers: ['ann'], escalate_after_minutes: 60, escalate_to: ['cat'] };
    world = await approvalsWorld([holdAbove(10, routing)]);
    const { installation, gateway, ask, sign } = world;
    const held = await ask();
    installation.clock.nowMs = held.approval?.expiresAtMs ?? 0;
    expect(await nudgeOnce(jobOf(gateway))).toBe(0);
    expect(outcome(await sign(held, 'ann'))).toBe('approval_expired');
    const command = { kind: 'expire', requestId: held.requestId } as const;
    const expired = await gateway.gate.submit({
      command,
      caller: { kind: 'system', name: 'expire-purchases' },
    });
    expect(stateAfter(expired)).toMatchObject({ status: 'expired', reservedMinor: 0n });
  });
});

/** One for each scope instead: with a common one its lock alone would keep gateways apart. */
async function closeCommonBudget(scopes: readonly { type: string; id: string }[]): Promise<void> {
  const { budgets } = world.gateway.admin;
  await budgets.close(OPERATOR, 'all');
  for (const scope of scopes) {
    const { id } = scope;
    const budget = {
      budgetId: id,
      name: id,
      scope,
      period: 'lifetime',
      currency: 'USD',
      limit: '1000000.00',
    };
    await budgets.create(OPERATOR, budget);
  }
}

function fail(): never {
  throw new Error('it was asked for');
}

describe('a flood of requests that wait for a human', () => {
  const LIMIT = 5;

  async function flood(count: number, gateways: readonly Gateway[], offset = 0): Promise<GateAnswer[]> {
    return Promise.all(
      Array.from({ length: count }, (_, index) => {
        const gateway = gateways[index % gateways.length] ?? world.gateway;
        const agentId = index % 3 === 0 ? 'agent_b' : 'agent_a';
        // A budget for each gateway: only the agent's own guard is between them.
        const costCenter = `center_${index % gateways.length}`;
        const change = { vendor: `flood_${offset + index}`, amountMinor: 100_000n, costCenter };
        return gateway.gate.submit(requestOf(world.installation, agentId, change));
      }),
    );
  }

  async function heldOf(agentId: string): Promise<number> {
    const { rows } = await world.gateway.database.pool.query<{ count: bigint }>(
      `SELECT count(*) FROM purchase_request WHERE agent_id = $1 AND status = 'held'`,
      [agentId],
    );
    return Number(rows[0]?.count);
  }

  it('stops at the limit of each agent, exactly, in two gateways at the same time', async () => {
    world = await approvalsWorld([holdAbove(10)], { agents: ['agent_a', 'agent_b', 'agent_c'] });
    const { installation, gateway, ask, sign } = world;
    await gateway.admin.settings.update(OPERATOR, { pending_approvals_max: LIMIT });
    await closeCommonBudget(['center_0', 'center_1', 'platform'].map((id) => ({ type: 'cost_center', id })));
    const gateways = [gateway, await installation.gateway({ batchSizeMax: 4 })];
    const answers = await flood(60, gateways);
    expect([await heldOf('agent_a'), await heldOf('agent_b')]).toEqual([LIMIT, LIMIT]);
    const statuses = answers.map((answer) => stateAfter(answer).status);
    expect(statuses.filter((status) => status === 'held')).toHaveLength(2 * LIMIT);
    expect(statuses.filter((status) => status === 'denied')).toHaveLength(60 - 2 * LIMIT);
    const denied = accepted(answers[statuses.indexOf('denied')] ?? fail());
    expect(denied.findings?.find((finding) => finding.outcome === 'deny')).toMatchObject({
      control: 'pending_approvals',
      reasonCode: 'too_many_pending_approvals',
      observed: `${LIMIT} pending`,
      limit: `${LIMIT} pending`,
    });
    // Others, and what needs nobody, are not held up by it.
    expect((await ask(100n, 'agent_a')).status).toBe('approved');
    expect((await ask(100_000n, 'agent_c')).status).toBe('held');
    // A place that becomes free is taken once, whoever asks.
    const waiting = answers.map(stateAfter).filter((state) => state.status === 'held');
    const signed = waiting.find((state) => state.action.agentId === 'agent_a') ?? fail();
    expect(outcome(await sign(signed, 'ann'))).toBe('approved');
    const more = (await flood(30, gateways, 1_000)).map((answer) => stateAfter(answer).status);
    expect(more.filter((status) => status === 'held')).toHaveLength(1);
    expect(await heldOf('agent_a')).toBe(LIMIT);
  });

  it('has no limit where the installation sets none', async () => {
    world = await approvalsWorld([holdAbove(10)], { agents: ['agent_a', 'agent_b'] });
    await world.gateway.admin.settings.update(OPERATOR, { pending_approvals_max: 0 });
    const statuses = (await flood(90, [world.gateway])).map((answer) => stateAfter(answer).status);
    expect(new Set(statuses)).toEqual(new Set(['held']));
  });
});

describe('somebody who signs faster than anybody reads', () => {
  it('is told to wait, across gateways and exactly', async () => {
    const agents = ['agent_a', 'agent_b'];
    world = await approvalsWorld([holdAbove(10)], { agents });
    const { installation, gateway, ask, sign } = world;
    await gateway.admin.settings.update(OPERATOR, { signatures_per_minute_max: 4 });
    // A budget for each gateway: only the signer's own guard is between them.
    await closeCommonBudget(agents.map((id) => ({ type: 'agent', id })));
    const second = await installation.gateway();
    await ask(100n, 'agent_b', second); // it has connected: from here on both are equally fast
    const held = [];
    for (let index = 0; index < 12; index += 1) held.push(await ask(100_000n, agents[index % 2]));
    installation.clock.nowMs += 1_000;
    const answers = await Promise.all(
      held.map((state, index) => sign(state, 'ann', { gateway: index % 2 === 0 ? gateway : second })),
    );
    expect(answers.filter((answer) => outcome(answer) === 'approved')).toHaveLength(4);
    const refused = answers.filter((answer) => !answer.ok);
    expect(new Set(refused.map(outcome))).toEqual(new Set(['signing_too_fast']));
    expect(refused[0]).toMatchObject({ retryAfterSeconds: 60 });
    const left = held[answers.findIndex((answer) => !answer.ok)] ?? fail();
    expect(outcome(await sign(left, 'ben'))).toBe('approved'); // who is somebody else
    const another = held[answers.findLastIndex((answer) => !answer.ok)] ?? fail();
    installation.clock.nowMs += 59_999;
    expect(outcome(await sign(another, 'ann'))).toBe('signing_too_fast');
    installation.clock.nowMs += 1;
    expect(outcome(await sign(another, 'ann'))).toBe('approved');
  });
});

describe('rubber-stamping', () => {
  it('is an alert a day for each approver it is seen of, with what was seen', async () => {
    world = await approvalsWorld([holdAbove(10)]);
    const { installation, gateway, ask, sign } = world;
    await gateway.admin.settings.update(OPERATOR, {
      rubber_stamp_decisions_min: 5,
      signatures_per_minute_max: 0,
    });
    for (let index = 0; index < 5; index += 1) {
      const state = await ask();
      await sign(state, 'ann'); // unread
      if (index < 4) await sign(await ask(), 'ben'); // unread too, but too few to tell
    }
    const second = await installation.gateway();
    const counts = await Promise.all([gateway, second].map((each) => watchHabits(jobOf(each))));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(await watchHabits(jobOf(gateway))).toBe(0);
    const { rows } = await gateway.database.pool.query(
      'SELECT kind, subject_type, subject_id, evidence FROM alert',
    );
    expect(rows).toMatchObject([
      {
        kind: 'approvals.rubber_stamping',
        subject_type: 'approver',
        subject_id: 'ann',
        evidence: { decisions: 5, approved: 5, unopened: 5, peak_per_hour: 5, median_seconds: null },
      },
    ]);
    installation.clock.nowMs += 24 * HOUR_MS;
    expect(await watchHabits(jobOf(gateway))).toBe(1);
    installation.clock.nowMs += 30 * 24 * HOUR_MS;
    expect(await watchHabits(jobOf(gateway))).toBe(0); // of the last week there is nothing to say
  });
});
