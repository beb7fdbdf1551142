import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { recomputeDecisions } from '../../packages/server/src/gate/recompute-decisions.ts';
import {
  type Cast,
  type HttpAnswer,
  type HttpGateway,
  SEED_BODY,
  setUpCast,
  startHttpGateway,
} from '../harness/http-gateway.ts';
import { ledgerFaults, recordFaults } from '../harness/installation.ts';

const DAY_MS = 86_400_000;

let gateway: HttpGateway;
let cast: Cast;
beforeEach(async () => {
  gateway = await startHttpGateway();
  cast = await setUpCast(gateway);
});
afterEach(async () => {
  const { pool } = gateway.gateway.database;
  expect(await ledgerFaults(pool)).toEqual([]);
  expect(await recordFaults(gateway.gateway)).toEqual([]);
  expect(await recomputeDecisions(pool)).toMatchObject({ differences: [], otherCore: 0 });
  await gateway.close();
});

const operator = (
  method: 'GET' | 'POST' | 'PUT' | 'PATCH',
  url: string,
  body?: unknown,
): Promise<HttpAnswer> =>
  gateway.call({ method, url, key: gateway.operatorKey, ...(body === undefined ? {} : { body }) });

async function done(answer: Promise<HttpAnswer>): Promise<HttpAnswer['body']> {
  const { status, text, body } = await answer;
  if (status >= 300) throw new Error(text);
  return body;
}

const budgetBody = (budgetId: string, limit: string, more: object = {}): object => ({
  budget_id: budgetId,
  name: budgetId,
  scope: { type: 'organisation' },
  period: 'month',
  currency: 'USD',
  limit,
  ...more,
});

let asked = 0;
async function buy(amount: string, metadata: object = {}): Promise<HttpAnswer['body']> {
  const body = {
    ...SEED_BODY,
    amount,
    intent: `purchase ${(asked += 1)}`,
    metadata: { ...SEED_BODY.metadata, ...metadata },
  };
  const key = cast.agent;
  return done(gateway.call({ method: 'POST', url: '/v1/procurement/requests', key, body }));
}

const reasonsOf = (answer: HttpAnswer['body']): string[] =>
  (answer['decision'].findings as { outcome: string; reason_code: string }[])
    .filter(({ outcome }) => outcome === 'deny')
    .map(({ reason_code: reasonCode }) => reasonCode);

const budget = (id: string): Promise<HttpAnswer['body']> => done(operator('GET', `/v1/budgets/${id}`));

describe('cost centres under departments', () => {
  beforeEach(async () => {
    await done(operator('PUT', '/v1/cost-centers/group', { name: 'Group' }));
    await done(operator('PUT', '/v1/cost-centers/engineering', { name: 'Engineering', parent_id: 'group' }));
    for (const id of ['platform', 'data'])
      await done(
        operator('POST', '/v1/cost-centers', { cost_center_id: id, name: id, parent_id: 'engineering' }),
      );
  });

  it('refuses circles and unknown parents, and what was active stays', async () => {
    const circle = await operator('PUT', '/v1/cost-centers/group', { name: 'Group', parent_id: 'platform' });
    expect(circle.status).toBe(422);
    expect(circle.body['errors']).toMatchObject([{ field: 'parent_id', code: 'cyclic_hierarchy' }]);
    expect(circle.text).toContain(
      '`group` is part of `platform` is part of `engineering` is part of `group`',
    );
    const itself = await operator('PUT', '/v1/cost-centers/data', { name: 'Data', parent_id: 'data' });
    expect(itself.body['errors']).toMatchObject([{ code: 'cyclic_hierarchy' }]);
    const unknown = await operator('PUT', '/v1/cost-centers/data', { name: 'Data', parent_id: 'dtaa' });
    expect(unknown.body['errors']).toMatchObject([{ field: 'parent_id', code: 'unknown_cost_centre' }]);
    expect(await done(operator('GET', '/v1/cost-centers/data'))).toMatchObject({ parent_id: 'engineering' });
    expect(await done(operator('GET', '/v1/cost-centers/group'))).toMatchObject({ parent_id: null });
  });

  it('let a purchase through only where every level has room, and set it aside in all of them or none', async () => {
    const scope = (id: string): object => ({ scope: { type: 'cost_center', id } });
    await done(operator('POST', '/v1/budgets', budgetBody('of_data', '1000.00', scope('data'))));
    await done(
      operator('POST', '/v1/budgets', budgetBody('of_engineering', '1500.00', scope('engineering'))),
    );
    await done(operator('POST', '/v1/budgets', budgetBody('of_group', '1600.00', scope('group'))));
    expect(await buy('900.00')).toMatchObject({ status: 'approved' });
    const denied = await buy('700.00', { cost_center: 'data' });
    // 1,500 of engineering and 1,600 of the group have 600 and 700 left: the one in between stops it.
    expect(reasonsOf(denied)).toEqual(['budget_exceeded']);
    expect(JSON.stringify(denied['decision'])).toContain('`of_engineering`');
    expect(await budget('of_data')).toMatchObject({ committed: '0.00', available: '1000.00' });
    expect(await buy('600.00', { cost_center: 'data' })).toMatchObject({ status: 'approved' });
    expect(await budget('of_data')).toMatchObject({ committed: '600.00' });
    expect(await budget('of_engineering')).toMatchObject({
      committed: '1500.00',
      available: '0.00',
      hierarchy: { ancestors: ['group'], children: ['data', 'platform'] },
    });
    expect(await budget('of_group')).toMatchObject({ committed: '1500.00', hierarchy: { ancestors: [] } });
  });

  it('follow a cost centre that is placed elsewhere, from the next decision on', async () => {
    const scope = { type: 'cost_center', id: 'engineering' };
    await done(operator('POST', '/v1/budgets', budgetBody('of_engineering', '10.00', { scope })));
    expect(reasonsOf(await buy('20.00'))).toEqual(['budget_exceeded']);
    await done(operator('PUT', '/v1/cost-centers/platform', { name: 'Platform' }));
    expect(await buy('20.00')).toMatchObject({ status: 'approved' });
  });

  it('cover with other dimensions too: each of them must fit', async () => {
    const scope = [
      { type: 'cost_center', id: 'engineering' },
      { type: 'agent', id: 'agent_other' },
    ];
    await done(operator('POST', '/v1/budgets', budgetBody('of_other', '1.00', { scope })));
    expect(await buy('20.00')).toMatchObject({ status: 'approved' });
  });
});

describe('programmes', () => {
  it('are covered through the project that a purchase names', async () => {
    const scope = { type: 'programme', id: 'estate' };
    const early = await operator('POST', '/v1/budgets', budgetBody('of_estate', '100.00', { scope }));
    expect(early.body['errors']).toMatchObject([{ field: 'scope', code: 'unknown_programme' }]);
    await done(operator('PUT', '/v1/projects/roof', { name: 'Roof', programme_id: 'estate' }));
    await done(operator('PUT', '/v1/projects/lifts', { programme_id: 'estate' }));
    await done(operator('POST', '/v1/budgets', budgetBody('of_estate', '100.00', { scope })));
    expect(await buy('60.00', { project: 'roof' })).toMatchObject({ status: 'approved' });
    expect(reasonsOf(await buy('60.00', { project: 'lifts' }))).toEqual(['budget_exceeded']);
    expect(await buy('60.00', { project: 'garden' })).toMatchObject({ status: 'approved' });
    expect(await budget('of_estate')).toMatchObject({ committed: '60.00' });
    await done(operator('PUT', '/v1/projects/lifts', {}));
    expect(await done(operator('GET', '/v1/projects/lifts'))).toMatchObject({
      name: 'lifts',
      programme_id: null,
    });
    expect(await buy('60.00', { project: 'lifts' })).toMatchObject({ status: 'approved' });
  });
});

describe('transfers between budgets', () => {
  const transfer = (body: object): Promise<HttpAnswer> =>
    operator('POST', '/v1/budget-transfers', {
      from: 'travel',
      to: 'platform_month',
      currency: 'USD',
      reason: 'Plan changed by Greta',
      ...body,
    });
  beforeEach(async () => {
    const scope = { type: 'cost_center', id: 'travel' };
    await done(operator('POST', '/v1/budgets', budgetBody('travel', '1000.00', { scope })));
  });

  it('move room at once, and the limits of other periods stay as they were', async () => {
    const made = await done(transfer({ amount: '400.00' }));
    expect(made).toMatchObject({ kind: 'transfer', amount: '400.00', reason: 'Plan changed by Greta' });
    expect(await budget('travel')).toMatchObject({
      limit: '600.00',
      transferred: '-400.00',
      available: '600.00',
    });
    expect(await budget('platform_month')).toMatchObject({ limit: '25400.00', transferred: '400.00' });
    expect(await done(operator('GET', `/v1/budget-transfers/${made['transfer_id']}`))).toEqual(made);
    expect(await done(operator('GET', '/v1/budget-transfers?budget_id=travel'))).toMatchObject({
      data: [made],
    });
    expect(await done(operator('GET', '/v1/budget-transfers?budget_id=other'))).toMatchObject({ data: [] });
    const { rows } = await gateway.gateway.database.pool.query<{ body: string }>(
      `SELECT convert_from(body, 'UTF8') AS body FROM log_entry WHERE subject_id = $1`,
      [made['transfer_id']],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.body).not.toContain('Greta');
    gateway.clock.nowMs += 31 * DAY_MS;
    expect(await budget('travel')).toMatchObject({ limit: '1000.00', transferred: '0.00' });
  });

  it('keep what was moved when a limit changes later, and end at nothing', async () => {
    await done(transfer({ amount: '400.00' }));
    await done(operator('PATCH', '/v1/budgets/travel', { limit: '1200.00', reason: 'More trips' }));
    expect(await budget('travel')).toMatchObject({ limit: '800.00', transferred: '-400.00' });
    await done(operator('PATCH', '/v1/budgets/travel', { limit: '100.00' }));
    expect(await budget('travel')).toMatchObject({ limit: '0.00', available: '0.00' });
    const into = await operator('POST', '/v1/budget-transfers', {
      from: 'platform_month',
      to: 'travel',
      amount: '1.00',
      currency: 'USD',
      reason: 'back',
    });
    expect(into.body['errors']).toMatchObject([{ field: 'to', code: 'gave_more_than_its_limit' }]);
    await done(operator('PATCH', '/v1/budgets/travel', { limit: '500.00' }));
    expect(await budget('travel')).toMatchObject({ limit: '100.00' });
  });

  it('are refused with every fault, and nothing moves', async () => {
    const scope = { type: 'cost_center', id: 'paris' };
    await done(operator('POST', '/v1/budgets', budgetBody('paris', '100.00', { scope, currency: 'EUR' })));
    const fieldsOf = (answer: HttpAnswer): [string, string][] =>
      (answer.body['errors'] as { field: string; code: string }[]).map(({ field, code }) => [field, code]);
    expect(fieldsOf(await transfer({ amount: '1000.01' }))).toEqual([['amount', 'insufficient_room']]);
    expect(fieldsOf(await transfer({ amount: '0' }))).toEqual([['amount', 'amount_zero']]);
    expect(fieldsOf(await transfer({ amount: '1', to: 'travel' }))).toEqual([['to', 'same_budget']]);
    expect(fieldsOf(await transfer({ amount: '1', to: 'nowhere' }))).toEqual([['to', 'unknown_budget']]);
    await done(operator('POST', '/v1/budgets/travel/close'));
    expect(fieldsOf(await transfer({ amount: '1', to: 'paris' }))).toEqual([
      ['from', 'budget_closed'],
      ['to', 'currency_differs'],
    ]);
    expect(await budget('platform_month')).toMatchObject({ limit: '25000.00', transferred: '0.00' });
  });

  it('give only what nobody has set aside', async () => {
    await done(operator('PATCH', '/v1/budgets/platform_month', { limit: '2000.00' }));
    await buy('1500.00');
    const back = { from: 'platform_month', to: 'travel' };
    expect((await transfer({ ...back, amount: '500.01' })).status).toBe(422);
    expect((await transfer({ ...back, amount: '500.00' })).status).toBe(201);
    expect(reasonsOf(await buy('0.01'))).toEqual(['budget_exceeded']);
  });

  it('wait for a second person where changes are under control', async () => {
    await gateway.gateway.database.pool.query(
      `UPDATE configuration SET change_control = 'four_eyes', version = version + 1`,
    );
    const answer = await transfer({ amount: '400.00' });
    expect(answer.status).toBe(202);
    expect(await budget('travel')).toMatchObject({ limit: '1000.00', transferred: '0.00' });
    await gateway.gateway.database.pool.query(
      `UPDATE configuration SET change_control = 'single', version = version + 1`,
    );
  });
});

describe('carry-over', () => {
  const monthly = (carryOver: unknown): Promise<HttpAnswer['body']> =>
    done(operator('POST', '/v1/budgets', budgetBody('carrying', '1000.00', { carry_over: carryOver })));

  it('moves what is unused into the next period, once, and logs it', async () => {
    await monthly('unused');
    await buy('300.00');
    gateway.clock.nowMs += 31 * DAY_MS;
    await buy('1600.00');
    expect(await budget('carrying')).toMatchObject({
      carry_over: 'unused',
      limit: '1700.00',
      carried_over: '700.00',
      committed: '1600.00',
      available: '100.00',
    });
    expect(reasonsOf(await buy('100.01'))).toEqual(['budget_exceeded']);
    const { data } = await done(operator('GET', '/v1/budget-transfers?budget_id=carrying'));
    expect(data).toMatchObject([{ kind: 'carry_over', amount: '700.00', from: 'carrying', to: 'carrying' }]);
  });

  it.each([
    [{ unused_up_to: { amount: '50.00' } }, '50.00'],
    [{ unused_up_to: { percent: 10 } }, '100.00'],
    ['none', '0.00'],
  ])('%j carries at most that', async (rule, carried) => {
    await monthly(rule);
    await buy('300.00');
    gateway.clock.nowMs += 31 * DAY_MS;
    await buy('1.00');
    expect(await budget('carrying')).toMatchObject({ carry_over: rule, carried_over: carried });
  });

  it('counts periods in which nobody bought anything', async () => {
    await monthly('unused');
    await buy('300.00');
    gateway.clock.nowMs += 3 * 31 * DAY_MS; // the middle of February: December and January were never opened
    await buy('1.00');
    expect(await budget('carrying')).toMatchObject({ carried_over: '2700.00', limit: '3700.00' });
  });

  it('goes by the limit and the rule that held in each period, opened late or not', async () => {
    await monthly('unused');
    gateway.clock.nowMs += 31 * DAY_MS; // December
    await done(operator('PATCH', '/v1/budgets/carrying', { limit: '200.00' }));
    expect(await budget('carrying')).toMatchObject({ limit: '1200.00', carried_over: '1000.00' });
    await done(
      operator('PATCH', '/v1/budgets/carrying', { carry_over: { unused_up_to: { amount: '150.00' } } }),
    );
    gateway.clock.nowMs += 31 * DAY_MS; // January
    await buy('1.00');
    expect(await budget('carrying')).toMatchObject({ limit: '350.00', carried_over: '150.00' });
  });

  it('leaves what is released late in the old period: it is not carried over again', async () => {
    await monthly('unused');
    const first = await buy('300.00');
    gateway.clock.nowMs += 13 * DAY_MS; // December
    await buy('1.00');
    expect(await budget('carrying')).toMatchObject({ carried_over: '700.00', limit: '1700.00' });
    await done(
      gateway.call({
        method: 'POST',
        url: `/v1/procurement/requests/${first['request_id'] as string}/cancel`,
        key: cast.agent,
      }),
    );
    expect(await budget('carrying')).toMatchObject({ carried_over: '700.00', committed: '1.00' });
    const { rows } = await gateway.gateway.database.pool.query<{ limit: bigint; used: bigint }>(
      `SELECT limit_minor AS limit, pending_minor + committed_minor + spent_minor AS used
       FROM budget_period WHERE budget_id = 'carrying' ORDER BY starts_at LIMIT 1`,
    );
    expect(rows).toEqual([{ limit: 30_000n, used: 0n }]);
  });

  it('credits a late refund to the period of now, beside what was carried over', async () => {
    await monthly('unused');
    const first = await buy('300.00');
    const till = (path: string, body: object): Promise<HttpAnswer['body']> =>
      done(operator('POST', `/v1/sandbox/${path}`, body));
    const cardId = first['checkout'].card_id as string;
    const charge = { amount: '300.00', currency: 'USD', merchant: { name: 'aws' } };
    const { authorization_id: id } = await till(`cards/${cardId}/authorizations`, charge);
    await till(`authorizations/${id as string}/capture`, {});
    gateway.clock.nowMs += 13 * DAY_MS; // December
    await till(`authorizations/${id as string}/refund`, { amount: '120.00' });
    expect(await budget('carrying')).toMatchObject({
      carried_over: '700.00',
      limit: '1700.00',
      spent: '-120.00',
      available: '1820.00',
    });
    gateway.clock.nowMs += 31 * DAY_MS; // January: what was never allocated in December is not carried into it
    await buy('1.00');
    expect(await budget('carrying')).toMatchObject({ carried_over: '1700.00', limit: '2700.00' });
  });

  it('is refused where there is no next period', async () => {
    const answer = await operator(
      'POST',
      '/v1/budgets',
      budgetBody('ever', '1.00', { period: 'lifetime', carry_over: 'unused' }),
    );
    expect(answer.body['errors']).toMatchObject([{ field: 'carry_over', code: 'no_next_period' }]);
  });
});

describe('an allocation that is kept in another system', () => {
  const at = (secondsAgo: number): string => new Date(gateway.clock.nowMs - secondsAgo * 1000).toISOString();
  const send = (change: object = {}): Promise<HttpAnswer> =>
    operator('PUT', '/v1/budgets/erp/snapshot', {
      allocated: '1000.00',
      committed_elsewhere: '300.00',
      actual_elsewhere: '200.00',
      currency: 'USD',
      as_of: at(1),
      source: 'erp',
      ...change,
    });
  beforeEach(async () => {
    const body = budgetBody('erp', '0', { allocation: { external: { freshness_seconds: 60 } } });
    const refusal = await operator('POST', '/v1/budgets', body);
    expect(refusal.body['errors']).toMatchObject([{ field: 'limit', code: 'external_allocation' }]);
    await done(operator('POST', '/v1/budgets', { ...body, limit: undefined }));
  });

  it('allows what is left of it, from its newest snapshot', async () => {
    expect(await done(send())).toMatchObject({ limit: '500.00', available: '500.00' });
    expect(await buy('400.00')).toMatchObject({ status: 'approved' });
    expect(reasonsOf(await buy('101.00'))).toEqual(['budget_exceeded']);
    await done(send({ actual_elsewhere: '100.00', as_of: at(0) }));
    expect(await buy('101.00')).toMatchObject({ status: 'approved' });
    expect(await budget('erp')).toMatchObject({
      limit: '600.00',
      committed: '501.00',
      allocation: { external: { freshness_seconds: 60 } },
      allocation_snapshot: {
        state: 'current',
        allocated: '1000.00',
        actual_elsewhere: '100.00',
        age_seconds: 0,
      },
    });
  });

  it('denies what it does not know: no snapshot, a stale one, one of another period', async () => {
    const [nothing] = (await buy('1.00'))['decision'].findings as object[];
    expect(nothing).toMatchObject({
      control: 'budget_allocation',
      reason_code: 'budget_indeterminate',
      observed: 'no snapshot',
      limit: 'at most 60 s old',
      clause: 'AG-642 4.7',
    });
    await done(send());
    gateway.clock.nowMs += 59_000;
    expect(await buy('1.00')).toMatchObject({ status: 'approved' });
    gateway.clock.nowMs += 1;
    const stale = await buy('1.00');
    expect(reasonsOf(stale)).toEqual(['budget_stale']);
    expect(stale['decision'].findings).toContainEqual(expect.objectContaining({ observed: '60.001 s old' }));
    expect((await budget('erp'))['allocation_snapshot']).toMatchObject({
      state: 'stale',
      age_seconds: 60.001,
    });
    gateway.clock.nowMs = Date.UTC(2026, 11, 1, 0, 0, 30);
    await done(send({ as_of: '2026-11-30T23:59:59Z' }));
    expect(reasonsOf(await buy('1.00'))).toContain('budget_indeterminate');
    await done(send({ as_of: '2026-12-01T00:00:10Z' }));
    expect(await buy('1.00')).toMatchObject({ status: 'approved' });
  });

  it.each<[string, () => object]>([
    ['currency_differs', () => ({ currency: 'EUR', as_of: at(0) })],
    ['as_of_in_the_future', () => ({ as_of: at(-6) })],
    ['period_differs', () => ({ as_of: at(0), period_starts_at: '2026-10-01T00:00:00Z' })],
    ['used_above_allocated', () => ({ as_of: at(0), actual_elsewhere: '700.01' })],
    ['older_than_the_last', () => ({ as_of: at(2) })],
    ['disagrees_at_the_same_moment', () => ({ source: 'data_warehouse', allocated: '999.00' })],
  ])('denies after a snapshot with %s, until a consistent one comes', async (contradiction, change) => {
    await done(send());
    expect(await buy('1.00')).toMatchObject({ status: 'approved' });
    expect((await done(send(change())))['allocation_snapshot']).toMatchObject({
      state: 'indeterminate',
      contradictions: [contradiction],
    });
    const denied = await buy('1.00');
    expect(reasonsOf(denied)).toEqual(['budget_indeterminate']);
    expect(denied['decision'].findings).toContainEqual(
      expect.objectContaining({ observed: `1 s old; ${contradiction}`, limit: 'at most 60 s old' }),
    );
    if (contradiction === 'disagrees_at_the_same_moment') {
      await done(send()); // who spoke first says it again: that settles nothing
      expect(reasonsOf(await buy('1.00'))).toEqual(['budget_indeterminate']);
    }
    await done(send({ as_of: at(0) }));
    expect(await buy('1.00')).toMatchObject({ status: 'approved' });
  });

  it('is decided again at the signature and at the till', async () => {
    await done(send({ allocated: '9000.00', as_of: at(0) }));
    const held = await buy('2600.00');
    expect(held).toMatchObject({ status: 'held' });
    const approved = await buy('100.00');
    gateway.clock.nowMs += 61_000;
    await done(
      gateway.call({
        method: 'POST',
        url: `/v1/approvals/${held['approval'].approval_id as string}/approve`,
        key: cast.approver,
        body: { authorization_reference: 'REF-1' },
      }),
    );
    const after = await done(
      gateway.call({
        method: 'GET',
        url: `/v1/procurement/requests/${held['request_id'] as string}`,
        key: cast.agent,
      }),
    );
    expect(after).toMatchObject({ status: 'denied' });
    expect(reasonsOf(after)).toEqual(['budget_stale']);
    const charge = await done(
      operator('POST', `/v1/sandbox/cards/${approved['checkout'].card_id as string}/authorizations`, {
        amount: '100.00',
        currency: 'USD',
        merchant: { name: 'aws' },
      }),
    );
    expect(charge).toMatchObject({ approved: false, reason: 'budget_stale' });
  });

  it('repeats the last snapshot without an entry, and takes none for other budgets', async () => {
    const first = await done(send());
    const count = async (): Promise<number> =>
      (await gateway.gateway.database.pool.query('SELECT FROM budget_snapshot')).rowCount ?? 0;
    expect(await done(send())).toEqual(first);
    expect(await count()).toBe(1);
    const internal = await operator('PUT', '/v1/budgets/platform_month/snapshot', {
      allocated: '1',
      currency: 'USD',
      as_of: at(0),
      source: 'erp',
    });
    expect(internal.body['errors']).toMatchObject([{ code: 'internal_allocation' }]);
    for (const change of [{ limit: '5.00' }, { carry_over: 'unused' }]) {
      const refusal = await operator('PATCH', '/v1/budgets/erp', change);
      expect(refusal.body['errors']).toMatchObject([{ code: 'external_allocation' }]);
    }
  });
});
