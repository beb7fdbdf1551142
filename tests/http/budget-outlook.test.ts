// Consumption, forecast and the alerts of budgets, end to end: real requests, the job that adds up the log, and the routes.
import { beforeEach, describe, expect, it } from 'vitest';

import {
  type ForecastBudgetsOptions,
  forecastOnce,
} from '../../packages/server/src/jobs/forecast-budgets.ts';
import {
  type Cast,
  type HttpAnswer,
  type HttpGateway,
  SEED_BODY,
  setUpCast,
  startHttpGateway,
} from '../harness/http-gateway.ts';
import { adminContext } from '../harness/test-admin.ts';

const DAY_MS = 86_400_000;

let http: HttpGateway;
let cast: Cast;

beforeEach(async () => {
  http = await startHttpGateway();
  cast = await setUpCast(http);
  return () => http.close();
});

async function post(url: string, body?: unknown, key = http.operatorKey): Promise<HttpAnswer> {
  const answer = await http.call({ method: 'POST', url, key, ...(body === undefined ? {} : { body }) });
  if (answer.status >= 300) throw new Error(`${url}: ${answer.text}`);
  return answer;
}

async function get(url: string, key = http.operatorKey): Promise<HttpAnswer> {
  return http.call({ method: 'GET', url, key });
}

function buy(amount: number): Promise<HttpAnswer> {
  return post('/v1/procurement/requests', { ...SEED_BODY, amount }, cast.agent);
}

function options(): ForecastBudgetsOptions {
  const { database, writer, recorder } = http.gateway;
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  return { database, pool: database.pool, writer, recorder, now: () => http.clock.nowMs, log };
}

async function addUp(): Promise<void> {
  await http.gateway.sequencer.run();
  while ((await forecastOnce(options())) === 'again');
}

async function alerts(kind: string): Promise<Record<string, unknown>[]> {
  return (await get(`/v1/alerts?kind=${kind}`)).body['data'] as Record<string, unknown>[];
}

describe('consumption', () => {
  it('shows what is used now and on each day, held and given back included', async () => {
    await buy(1_000);
    http.clock.nowMs += DAY_MS;
    const held = await buy(3_000);
    await addUp();
    const before = (await get('/v1/budgets/platform_month/consumption')).body;
    expect(before).toMatchObject({
      limit: '25000.00',
      pending: '3000.00',
      committed: '1000.00',
      used: '4000.00',
      remaining: '21000.00',
      used_percent: 16,
      days: [
        { date: '2026-11-18', used: '1000.00', spent: '0.00' },
        { date: '2026-11-19', used: '3000.00', spent: '0.00' },
      ],
    });
    const approvalId = String(held.body['approval'].approval_id);
    await post(`/v1/approvals/${approvalId}/reject`, { reason: 'no' }, cast.approver);
    await addUp();
    const after = (await get('/v1/budgets/platform_month/consumption')).body;
    expect(after).toMatchObject({ used: '1000.00', days: [{ used: '1000.00' }, { used: '0.00' }] });
  });

  it('adds up each transfer once, whatever number of gateways do', async () => {
    for (let amount = 1; amount <= 20; amount += 1) await buy(amount);
    await http.gateway.sequencer.run();
    const second = adminContext(http.gateway.database, http.clock);
    const runs = [1, 2, 3, 4].map((index) =>
      forecastOnce(index % 2 === 0 ? options() : { ...options(), ...second }),
    );
    await Promise.all(runs);
    await addUp();
    await second.writer.close();
    const { rows } = await http.gateway.database.pool.query<{ used: string; balance: string }>(
      `SELECT d.used_minor::text AS used, (p.pending_minor + p.committed_minor + p.spent_minor)::text AS balance
       FROM budget_day d JOIN budget_period p USING (budget_id)`,
    );
    expect(rows).toEqual([{ used: '21000', balance: '21000' }]);
  });

  it('is shown to who owns the budget, and not to who owns another', async () => {
    await post('/v1/budgets', {
      budget_id: 'bobs',
      name: 'Bob’s',
      scope: { type: 'project', id: 'p1' },
      period: 'month',
      currency: 'USD',
      limit: 100,
      owner: 'bob',
    });
    expect((await get('/v1/budgets/bobs/consumption', cast.budgetOwner)).status).toBe(200);
    expect((await get('/v1/budgets/bobs/forecast', cast.budgetOwner)).status).toBe(200);
    expect((await get('/v1/budgets/platform_month/consumption', cast.budgetOwner)).status).toBe(404);
    expect((await get('/v1/budgets/platform_month/forecast', cast.budgetOwner)).status).toBe(404);
    expect((await get('/v1/budgets/none/forecast')).status).toBe(404);
  });
});

describe('a forecast', () => {
  it('is refused, saying what is missing, until the history supports it', async () => {
    await buy(1_000);
    await addUp();
    const { body } = await get('/v1/budgets/platform_month/forecast');
    expect(body).toMatchObject({ supported: false, seasonal: null, run_rate: null, exhausted_on: null });
    const codes = (body['missing'] as { code: string }[]).map(({ code }) => code);
    expect(codes).toEqual(['history_too_short', 'too_few_days_with_use', 'horizon_too_long']);
  });

  it('projects use and the day on which it is used up, pending commitments included, and alerts once', async () => {
    // 120 days of 100.00, on the first of a month of 30 days at midnight: 600.00 a month more than the limit that follows.
    await post('/v1/budgets', {
      budget_id: 'small',
      name: 'Small',
      scope: { type: 'project', id: 'steady' },
      period: 'month',
      currency: 'USD',
      limit: 100_000,
    });
    http.clock.nowMs = Date.UTC(2026, 11, 2, 12);
    for (let day = 0; day < 120; day += 1) {
      const metadata = { cost_center: 'platform', category: 'cloud', project: 'steady' };
      await post('/v1/procurement/requests', { ...SEED_BODY, amount: 100, metadata }, cast.agent);
      http.clock.nowMs += DAY_MS;
    }
    await addUp();
    const roomy = (await get('/v1/budgets/small/forecast')).body;
    expect(roomy).toMatchObject({
      supported: true,
      missing: [],
      period_ends_at: '2027-05-01T00:00:00.000Z',
      used: '0.00',
      exhausted_on: null,
      run_rate: { per_day: '100.00', mean_of_days: 91 },
    });
    expect(Number(roomy['seasonal'].projected)).toBeCloseTo(2_950, -1);
    expect(await alerts('budget.exhaustion')).toEqual([]);
    const patched = await http.call({
      method: 'PATCH',
      url: '/v1/budgets/small',
      key: http.operatorKey,
      body: { limit: 2_000 },
    });
    expect(patched.status).toBe(200);
    const metadata = { cost_center: 'platform', category: 'cloud', project: 'steady' };
    await post('/v1/procurement/requests', { ...SEED_BODY, amount: 100, metadata }, cast.agent);
    await addUp();
    const tight = (await get('/v1/budgets/small/forecast')).body;
    // 2,000.00 last for today’s 100.00, its other half day, and nineteen days: the twentieth passes it.
    expect(tight['exhausted_on']).toBe('2027-04-20');
    expect(tight['run_rate'].exhausted_on).toBe('2027-04-20');
    const raised = await alerts('budget.exhaustion');
    expect(raised).toMatchObject([
      {
        subject: { type: 'budget', id: 'small' },
        evidence: { exhausted_on: '2027-04-20', method: 'seasonal', period_ends_on: '2027-04-30' },
      },
    ]);
    await post('/v1/procurement/requests', { ...SEED_BODY, amount: 10, metadata }, cast.agent);
    await addUp();
    expect(await alerts('budget.exhaustion')).toHaveLength(1);
  });
});

describe('a budget', () => {
  it('alerts at 50, 80 and 100 % of its use, each once, and again when its limit has changed', async () => {
    await post('/v1/policies', {
      policy_id: 'pol_procurement',
      name: 'Wide',
      rules: [{ rule_id: 'limit', rule_type: 'max_amount', parameters: { limit: 30_000, currency: 'USD' } }],
    });
    const levels = async (): Promise<unknown[]> => {
      await addUp();
      const raised = await alerts('budget.usage');
      return raised.map((alert) => (alert['evidence'] as { level_percent: number }).level_percent).reverse();
    };
    await buy(12_499);
    expect(await levels()).toEqual([]);
    await buy(1);
    expect(await levels()).toEqual([50]);
    await buy(2);
    expect(await levels()).toEqual([50]);
    await buy(12_498);
    expect(await levels()).toEqual([50, 100]);
    await http.call({
      method: 'PATCH',
      url: '/v1/budgets/platform_month',
      key: http.operatorKey,
      body: { limit: 30_000 },
    });
    await buy(5);
    expect(await levels()).toEqual([50, 100, 80]);
  });
});

describe('a budget whose allocation another system keeps', () => {
  const SNAPSHOT = {
    allocated: '1000.00',
    committed_elsewhere: '100.00',
    actual_elsewhere: '200.00',
    currency: 'USD',
    source: 'erp',
  };

  async function send(change: object = {}): Promise<void> {
    http.clock.nowMs += 1_000;
    const as_of = new Date(http.clock.nowMs).toISOString();
    const answer = await http.call({
      method: 'PUT',
      url: '/v1/budgets/erp/snapshot',
      key: http.operatorKey,
      body: { ...SNAPSHOT, as_of, ...change },
    });
    expect(answer.status, answer.text).toBe(200);
  }

  async function levels(): Promise<unknown[]> {
    await addUp();
    const raised = (await alerts('budget.usage')) as {
      subject: { id: string };
      evidence: { level_percent: number };
    }[];
    const own = raised.filter(({ subject }) => subject.id === 'erp');
    return own.map(({ evidence }) => evidence.level_percent).reverse();
  }

  beforeEach(async () => {
    await post('/v1/budgets', {
      budget_id: 'erp',
      name: 'In the ERP',
      scope: { type: 'project', id: 'erp' },
      period: 'month',
      currency: 'USD',
      allocation: { external: { freshness_seconds: 86_400 } },
    });
  });

  it('is measured by the allocation and what was used elsewhere too, and a snapshot alone alerts', async () => {
    const buyOn = (amount: number) =>
      post(
        '/v1/procurement/requests',
        { ...SEED_BODY, amount, metadata: { ...SEED_BODY.metadata, project: 'erp' } },
        cast.agent,
      );
    await send();
    expect(await levels()).toEqual([]); // 300.00 of 1,000.00
    expect((await buyOn(199.99)).body['status']).toBe('approved');
    expect(await levels()).toEqual([]); // though more than a quarter of what was left of it is gone
    await buyOn(0.01);
    expect(await levels()).toEqual([50]);
    const { body } = await get('/v1/budgets/erp/consumption');
    expect(body).toMatchObject({
      limit: '1000.00',
      committed: '200.00',
      used_elsewhere: '300.00',
      used: '500.00',
      remaining: '500.00',
      used_percent: 50,
      allocation_as_of: new Date(http.clock.nowMs).toISOString(),
    });
    await send({ actual_elsewhere: '499.99' });
    expect(await levels()).toEqual([50]);
    await send({ actual_elsewhere: '500.00' });
    expect(await levels()).toEqual([50, 80]);
    await send({ allocated: '2000.00' });
    expect(await levels()).toEqual([50, 80]); // 500.00 of 2,000.00
  });

  it('is neither foretold nor alerted where nothing reliable was said of its period', async () => {
    const unknown = { limit: null, remaining: null, used_percent: null, exhausted_on: null };
    expect((await get('/v1/budgets/erp/forecast')).body).toMatchObject(unknown);
    await send({ actual_elsewhere: '900.01' }); // more than was allocated: contradictory
    expect(await levels()).toEqual([]);
    expect((await get('/v1/budgets/erp/forecast')).body).toMatchObject(unknown);
    await send({ actual_elsewhere: '900.00' });
    expect(await levels()).toEqual([100]);
    http.clock.nowMs = Date.UTC(2026, 11, 1, 12); // another period
    expect((await get('/v1/budgets/erp/forecast')).body).toMatchObject(unknown);
  });
});
