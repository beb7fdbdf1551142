import { afterEach, describe, expect, it } from 'vitest';

import { parseVerifierKey } from '@countersign/audit';

import { fingerprintOf } from '../../packages/server/src/gate/resolve-action.ts';
import { actionOfTerms } from '../../packages/server/src/gate/entry-body.ts';
import { recomputeDecisions } from '../../packages/server/src/gate/recompute-decisions.ts';
import { verifyDatabase } from '../../packages/server/src/record/verify-database.ts';
import { ledgerFaults, policyOf, recordFaults } from '../harness/installation.ts';
import { OPERATOR } from '../harness/test-admin.ts';
import { stateAfter } from '../harness/test-gate.ts';
import { type ApprovalsWorld, HOUR_MS, approvalsWorld, holdAbove, outcome } from './approvals-world.ts';

const NAMED = { approvers: ['ann', 'ben', 'cat'] };

let world: ApprovalsWorld;

afterEach(async () => {
  const { gateway } = world;
  expect(await ledgerFaults(gateway.database.pool)).toEqual([]);
  expect(await recordFaults(gateway)).toEqual([]);
  const report = await verifyDatabase({
    database: gateway.database,
    verifierKey: parseVerifierKey(gateway.logReader.verifierKey()),
    fingerprintOf: (subject, terms) => fingerprintOf(actionOfTerms(subject, terms)),
  });
  expect(report.differences).toEqual([]);
  expect((await recomputeDecisions(gateway.database.pool)).differences).toEqual([]);
  await world.close();
});

async function delegate(
  principalId: string,
  delegateId: string,
  fromMs: number,
  untilMs: number,
): Promise<string> {
  const { delegationId } = await world.gateway.admin.delegations.create(OPERATOR, {
    principalId,
    delegateId,
    from: new Date(fromMs).toISOString(),
    until: new Date(untilMs).toISOString(),
    reason: 'annual leave',
  });
  return delegationId;
}

describe('two of three', () => {
  it('is two different people, whatever their keys are, and then it goes straight to checkout', async () => {
    world = await approvalsWorld([holdAbove(10, { ...NAMED, quorum: 2 })]);
    const { ask, sign, installation, gateway } = world;
    const held = await ask();
    expect(held.approval?.steps).toMatchObject([{ quorum: 2, approvers: ['ann', 'ben', 'cat'] }]);
    expect(outcome(await sign(held, 'dan'))).toBe('not_an_approver_of_this_step');
    expect(outcome(await sign(held, 'ann'))).toBe('held');
    expect(outcome(await sign(held, 'ann'))).toBe('already_signed');
    const { keyId } = await gateway.admin.keys.create(OPERATOR, { principalId: 'ann' });
    expect(outcome(await sign(held, { ...installation.person('ann'), keyId }))).toBe('already_signed');
    const done = stateAfter(await sign(held, 'cat'));
    expect(done).toMatchObject({ status: 'approved', approvedBy: 'cat', checkoutStatus: 'issued' });
    expect(outcome(await sign(held, 'ben'))).toBe('approval_not_pending');
    expect((await world.details('approval.signed')).map(({ signed_by: by, step }) => [by, step])).toEqual([
      ['ann', 0],
    ]);
  });

  it('is signed by both at the same moment in two gateways, and by nobody a second time', async () => {
    world = await approvalsWorld([holdAbove(10, { ...NAMED, quorum: 2 })]);
    const second = await world.installation.gateway();
    const held = await world.ask();
    const answers = await Promise.all([
      world.sign(held, 'ann'),
      world.sign(held, 'ann', { gateway: second }),
      world.sign(held, 'ben', { gateway: second }),
    ]);
    expect(answers.map(outcome).filter((each) => each === 'approved')).toHaveLength(1);
    expect(answers.map(outcome).filter((each) => each === 'held')).toHaveLength(1);
    expect(['already_signed', 'approval_not_pending']).toContain(
      answers.map(outcome).find((each) => each !== 'approved' && each !== 'held'),
    );
  });

  it('is signed in order and in parallel as the rules say, and rejected by any of them', async () => {
    world = await approvalsWorld([
      holdAbove(10, { approvers: ['ann'], order: 0 }, 'r_first'),
      holdAbove(10, { approvers: ['ben'], order: 1 }, 'r_one'),
      holdAbove(10, { approvers: ['cat'], order: 1 }, 'r_other'),
    ]);
    const { ask, sign, installation, gateway } = world;
    const held = await ask();
    expect(outcome(await sign(held, 'cat'))).toBe('not_an_approver_of_this_step');
    expect(outcome(await sign(held, 'ann'))).toBe('held');
    expect(outcome(await sign(held, 'cat'))).toBe('held');
    expect(outcome(await sign(held, 'ben'))).toBe('approved');
    const other = await ask();
    const rejected = await gateway.gate.submit({
      command: { kind: 'reject', approvalId: other.approval?.approvalId ?? '', reason: 'not this year' },
      caller: installation.person('cat'), // whose turn has not come
    });
    expect(stateAfter(rejected)).toMatchObject({ status: 'denied', approval: { status: 'rejected' } });
  });
});

describe('a delegate', () => {
  it('signs on behalf from the first millisecond to the last, and leaves both names', async () => {
    world = await approvalsWorld([holdAbove(10, { approvers: ['ann'] })]);
    const { ask, sign, installation } = world;
    const fromMs = installation.clock.nowMs + HOUR_MS;
    await delegate('ann', 'dan', fromMs, fromMs + HOUR_MS);
    const [first, second, third] = [await ask(), await ask(), await ask()];
    const at = async (ms: number, state = first): Promise<string> => {
      installation.clock.nowMs = ms;
      return outcome(await sign(state, 'dan'));
    };
    expect(await at(fromMs - 1)).toBe('not_an_approver_of_this_step');
    expect(await at(fromMs)).toBe('approved');
    expect(await at(fromMs + HOUR_MS - 1, second)).toBe('approved');
    expect(await at(fromMs + HOUR_MS, third)).toBe('not_an_approver_of_this_step');
    const { rows } = await world.gateway.database.pool.query(
      'SELECT principal_id, on_behalf_of, authority_id FROM approval_signature',
    );
    expect(rows).toEqual([
      { principal_id: 'dan', on_behalf_of: 'ann', authority_id: 'ann' },
      { principal_id: 'dan', on_behalf_of: 'ann', authority_id: 'ann' },
    ]);
  });

  it('counts with whom they act for as one', async () => {
    world = await approvalsWorld([holdAbove(10, { ...NAMED, quorum: 2 })]);
    const { ask, sign, installation } = world;
    const nowMs = installation.clock.nowMs;
    await delegate('ann', 'dan', nowMs, nowMs + HOUR_MS);
    await delegate('ben', 'dan', nowMs, nowMs + HOUR_MS);
    const held = await ask();
    expect(outcome(await sign(held, 'ann'))).toBe('held');
    expect(outcome(await sign(held, 'dan', { onBehalfOf: 'ann' }))).toBe('already_signed');
    expect(outcome(await sign(held, 'dan', { onBehalfOf: 'cat' }))).toBe('not_a_delegate');
    expect(outcome(await sign(held, 'dan'))).toBe('approved'); // for ben
    const other = await ask();
    expect(outcome(await sign(other, 'dan'))).toBe('held');
    expect(outcome(await sign(other, 'dan'))).toBe('already_signed'); // for ben too
    expect(outcome(await sign(other, 'ann'))).toBe('already_signed');
    expect(outcome(await sign(other, 'cat'))).toBe('approved');
  });

  it('passes nothing on, and stops at once in every gateway when it is revoked', async () => {
    world = await approvalsWorld([holdAbove(10, { approvers: ['ann'] })]);
    const { ask, sign, installation, gateway } = world;
    const second = await installation.gateway();
    const nowMs = installation.clock.nowMs;
    const delegationId = await delegate('ann', 'dan', nowMs, nowMs + HOUR_MS);
    await delegate('dan', 'eve', nowMs, nowMs + HOUR_MS);
    const held = await ask();
    expect(outcome(await sign(held, 'eve'))).toBe('not_an_approver_of_this_step');
    await gateway.admin.delegations.revoke(OPERATOR, { principalId: 'ann', delegationId });
    expect(outcome(await sign(held, 'dan', { gateway: second }))).toBe('not_an_approver_of_this_step');
    expect(outcome(await sign(held, 'ann'))).toBe('approved');
  });

  it('has no authority of somebody who may not approve any more', async () => {
    world = await approvalsWorld([holdAbove(10, { approvers: ['ann'] })]);
    const { ask, sign, installation, gateway } = world;
    const nowMs = installation.clock.nowMs;
    await delegate('ann', 'dan', nowMs, nowMs + HOUR_MS);
    const held = await ask();
    await gateway.admin.principals.disable(OPERATOR, 'ann');
    expect(outcome(await sign(held, 'dan'))).toBe('not_an_approver_of_this_step');
  });

  it.each([
    ['ann', 'ann owns the agent and lets dan sign for her'],
    ['dan', 'dan owns the agent and signs for ann'],
  ])('is never the owner of the agent, nor their hand: %s', async (owner) => {
    world = await approvalsWorld([holdAbove(10, { approvers: ['ann'] })], { owner });
    const { ask, sign, installation } = world;
    const nowMs = installation.clock.nowMs;
    await delegate('ann', 'dan', nowMs, nowMs + HOUR_MS);
    expect(outcome(await sign(await ask(), 'dan'))).toBe('self_approval');
  });

  it.each([
    [{ delegateId: 'ann' }, 'self_delegation'],
    [{ delegateId: 'nobody' }, 'unknown_principal'],
    [{ until: '2026-11-18T00:00:00Z' }, 'empty_period'],
    [{ from: '2020-01-01T00:00:00Z', until: '2021-01-01T00:00:00Z' }, 'in_the_past'],
    [{ from: 'tomorrow' }, 'invalid_instant'],
  ])('is refused where it could not act: %j', async (change, code) => {
    world = await approvalsWorld([holdAbove(10)]);
    const input = {
      principalId: 'ann',
      delegateId: 'dan',
      from: '2026-11-20T00:00:00Z',
      until: '2026-12-01T00:00:00Z',
      ...change,
    };
    const creating = world.gateway.admin.delegations.create(OPERATOR, input);
    await expect(creating).rejects.toSatisfy(
      (error: { code?: string; faults?: { code: string }[] }) =>
        error.code === code || error.faults?.[0]?.code === code,
    );
  });
});

describe('a rule that changed before the last signature', () => {
  it('asks for the step of the new rule besides, and keeps what was signed', async () => {
    world = await approvalsWorld([holdAbove(10, { approvers: ['ann'] })]);
    const { ask, sign, gateway } = world;
    const held = await ask();
    const rules = [holdAbove(10, { approvers: ['ann'] }), holdAbove(10, { ...NAMED, quorum: 2 }, 'r_more')];
    await gateway.admin.policies.publish(OPERATOR, policyOf(rules));
    const still = stateAfter(await sign(held, 'ann'));
    expect(still.status).toBe('held');
    expect(still.approval?.steps.map(({ quorum, signatures }) => [quorum, signatures.length])).toEqual([
      [1, 1],
      [2, 0],
    ]);
    expect(outcome(await sign(held, 'ann'))).toBe('already_signed');
    expect(outcome(await sign(held, 'ben'))).toBe('held');
    expect(outcome(await sign(held, 'cat'))).toBe('approved');
  });
});
