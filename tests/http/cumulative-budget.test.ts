// Scenario B of AG-642: 847 small placements over three platforms, each within the agent's own limit, against one budget
// of 120,000 GBP a quarter. Only the budget stops them, exactly where it is exhausted.
import { afterAll, beforeAll, expect, it } from 'vitest';

import { type HttpAnswer, type HttpGateway, startHttpGateway } from '../harness/http-gateway.ts';
import { ledgerFaults, recordFaults } from '../harness/installation.ts';

const PLATFORMS = ['search-ads', 'social-ads', 'video-ads'] as const;
const PLACEMENTS = 847;
const BUDGET_MINOR = 12_000_000n;
const PER_TRANSACTION_MINOR = 200_000;
const AT_ONCE = 16;

let gateway: HttpGateway;
let agentKey: string;
beforeAll(async () => {
  gateway = await startHttpGateway();
  const post = async (url: string, body?: unknown): Promise<HttpAnswer> => {
    const answer = await gateway.call({
      method: 'POST',
      url,
      key: gateway.operatorKey,
      ...(body === undefined ? {} : { body }),
    });
    if (answer.status !== 201) throw new Error(answer.text);
    return answer;
  };
  await post('/v1/agents', { agent_id: 'marketing', name: 'Marketing' });
  await post('/v1/policies', {
    policy_id: 'advertising',
    name: 'Advertising',
    rules: [
      { rule_id: 'r1', rule_type: 'max_amount', parameters: { limit: '2000.00', currency: 'GBP' } },
      { rule_id: 'r2', rule_type: 'vendor_allowlist', parameters: { vendors: [...PLATFORMS] } },
    ],
  });
  await post('/v1/budgets', {
    budget_id: 'marketing_quarter',
    name: 'Marketing, quarterly',
    scope: { type: 'cost_center', id: 'marketing' },
    period: 'quarter',
    currency: 'GBP',
    limit: '120000.00',
    time_zone: 'Europe/London',
  });
  agentKey = (await post('/v1/agents/marketing/keys')).body['api_key'] as string;
});
afterAll(() => gateway.close());

/** Between 20.00 and 317.81, as placements are; together about 134,600, as in the scenario. */
const amountOf = (index: number): number => 2_000 + ((index * 7_919) % 27_782);

const moneyOf = (minor: number | bigint): string =>
  `${BigInt(minor) / 100n}.${(BigInt(minor) % 100n).toString().padStart(2, '0')}`;

async function place(index: number): Promise<HttpAnswer> {
  return gateway.call({
    method: 'POST',
    url: '/v1/procurement/requests',
    key: agentKey,
    body: {
      agent_id: 'marketing',
      policy_id: 'advertising',
      vendor: PLATFORMS[index % PLATFORMS.length],
      amount: moneyOf(amountOf(index)),
      currency: 'GBP',
      intent: `placement ${index}`,
      metadata: { category: 'advertising', cost_center: 'marketing' },
    },
  });
}

it('847 placements are stopped by the quarterly budget alone, exactly where it is exhausted', async () => {
  let approvedMinor = 0n;
  let wantedMinor = 0n;
  let firstDenied: number | null = null;
  for (let index = 0; index < PLACEMENTS; index += 1) {
    const amountMinor = BigInt(amountOf(index));
    expect(amountMinor).toBeLessThanOrEqual(PER_TRANSACTION_MINOR);
    wantedMinor += amountMinor;
    const { status, body } = await place(index);
    expect(status).toBe(201);
    const fits = approvedMinor + amountMinor <= BUDGET_MINOR;
    expect(body['status'], `placement ${index}`).toBe(fits ? 'approved' : 'denied');
    if (fits) {
      approvedMinor += amountMinor;
      continue;
    }
    firstDenied ??= index;
    const denials = (body['decision'].findings as { outcome: string }[]).filter(
      ({ outcome }) => outcome === 'deny',
    );
    expect(denials).toMatchObject([
      {
        control: 'budget_room',
        reason_code: 'budget_exceeded',
        observed: `${moneyOf(approvedMinor + amountMinor)} GBP`,
        limit: '120000.00 GBP',
        clause: 'AG-642 4.2',
      },
    ]);
  }
  expect(wantedMinor).toBeGreaterThan(BUDGET_MINOR);
  expect(firstDenied).toBeGreaterThan(0);
  const { body } = await gateway.call({
    method: 'GET',
    url: '/v1/budgets/marketing_quarter',
    key: gateway.operatorKey,
  });
  expect(body).toMatchObject({
    committed: moneyOf(approvedMinor),
    available: moneyOf(BUDGET_MINOR - approvedMinor),
    overrun: '0.00',
  });
  expect(BUDGET_MINOR - approvedMinor).toBeLessThan(2_000n); // not even the smallest placement fits any more
}, 60_000);

it('and none gets past it when they are placed at once', async () => {
  await gateway.call({
    method: 'PATCH',
    url: '/v1/budgets/marketing_quarter',
    key: gateway.operatorKey,
    body: { limit: '140000.00' },
  });
  let approvedMinor = 0n;
  const caller = async (start: number): Promise<void> => {
    for (let index = start; index < 300; index += AT_ONCE) {
      const { body } = await place(PLACEMENTS + index);
      if (body['status'] === 'approved') approvedMinor += BigInt(amountOf(PLACEMENTS + index));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, start) => caller(start)));
  const { body } = await gateway.call({
    method: 'GET',
    url: '/v1/budgets/marketing_quarter',
    key: gateway.operatorKey,
  });
  expect(approvedMinor).toBeGreaterThan(0n);
  expect(Number(body['available'])).toBeGreaterThanOrEqual(0);
  expect(Number(body['available'])).toBeLessThan(20);
  expect(await ledgerFaults(gateway.gateway.database.pool)).toEqual([]);
  expect(await recordFaults(gateway.gateway)).toEqual([]);
}, 60_000);
