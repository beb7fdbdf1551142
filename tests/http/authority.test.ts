// The authority matrix and split orders over HTTP: scenarios A and C of AG-642, with the numbers that the standard has.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import {
  type Cast,
  type HttpAnswer,
  type HttpGateway,
  setUpCast,
  startHttpGateway,
} from '../harness/http-gateway.ts';

let http: HttpGateway;
let cast: Cast;

beforeAll(async () => {
  http = await startHttpGateway();
  cast = await setUpCast(http);
  await operator('POST', '/v1/budgets', {
    budget_id: 'estate',
    name: 'Estate',
    scope: { type: 'agent', id: 'agent_ops_042' },
    period: 'year',
    currency: 'GBP',
    limit: '1000000.00',
    time_zone: 'Europe/London',
  });
  await operator('POST', '/v1/policies', {
    policy_id: 'pol_estate',
    name: 'Estate',
    rules: [{ rule_id: 'r1', rule_type: 'max_amount', parameters: { limit: 500000, currency: 'GBP' } }],
  });
});

afterAll(() => http.close());

async function operator(method: 'POST' | 'PUT' | 'GET', url: string, body?: unknown): Promise<HttpAnswer> {
  const answer = await http.call({
    method,
    url,
    key: http.operatorKey,
    ...(body === undefined ? {} : { body }),
  });
  if (answer.status >= 300) throw new Error(`${url}: ${answer.text}`);
  return answer;
}

const publish = (body: unknown): Promise<HttpAnswer> =>
  http.call({ method: 'PUT', url: '/v1/authority-matrix', key: http.operatorKey, body });

let vendors = 0;

async function buy(change: object = {}): Promise<HttpAnswer> {
  const body = {
    agent_id: 'agent_ops_042',
    policy_id: 'pol_estate',
    vendor: `vendor_${vendors}`,
    amount: '100.00',
    currency: 'GBP',
    intent: 'supplies',
    category: 'maintenance',
    ...change,
  };
  return http.call({ method: 'POST', url: '/v1/procurement/requests', key: cast.agent, body });
}

const show = async (id: string): Promise<HttpAnswer> =>
  http.call({ method: 'GET', url: `/v1/procurement/requests/${id}`, key: cast.auditor });

const findingOf = (answer: HttpAnswer, control: string): Record<string, unknown> =>
  (answer.body['decision'].findings as Record<string, unknown>[]).find(
    (each) => each['control'] === control,
  ) ?? {};

const limit = (amount: string): object => ({ amount, currency: 'GBP' });
const ROW = { agent_id: 'agent_ops_042', category: 'maintenance', autonomous_limit: limit('5000.00') };
const TIERS = [
  { tier: 'manager', limit: limit('20000.00'), approvers: ['anna'] },
  { tier: 'board', limit: limit('70000.00'), approvers: ['anna', 'ben'], quorum: '2 of 2' },
];

beforeEach(() => {
  vendors += 1;
});

describe('the authority matrix', () => {
  it('leaves an agent bound by policy and budget alone until one is published', async () => {
    expect((await buy({ amount: '18400.00' })).body['status']).toBe('approved');
  });

  it('stops scenario A: 18,400 GBP against an own authority of 5,000', async () => {
    expect((await publish({ rows: [ROW], tiers: TIERS })).status).toBe(200);
    const within = await buy({ amount: '5000.00' });
    expect(within.body['status']).toBe('approved');
    const above = await buy({ vendor: 'hvac_filters', amount: '18400.00' });
    expect(above.body['status']).toBe('held');
    expect(findingOf(above, 'authority_limit')).toMatchObject({
      outcome: 'hold',
      reason_code: 'above_autonomous_limit',
      observed: '18400.00 GBP',
      limit: '5000.00 GBP',
      clause: 'AG-642 4.5',
    });
    const approvalId = above.body['approval'].approval_id as string;
    const sign = (key: string): Promise<HttpAnswer> =>
      http.call({
        method: 'POST',
        url: `/v1/approvals/${approvalId}/approve`,
        key,
        body: { authorization_reference: 'PO-1' },
      });
    expect((await sign(cast.secondApprover)).status).toBe(403);
    expect((await sign(cast.approver)).body['status']).toBe('approved');
    const shown = await show(above.body['request_id'] as string);
    expect(shown.body).toMatchObject({ status: 'approved', checkout: { status: 'issued' } });
  });

  it('routes to the lowest tier that covers the value, and denies what none does', async () => {
    const board = await buy({ amount: '20000.01' });
    expect(board.body['approval'].steps).toMatchObject([
      { tier: 'board', quorum: 2, approvers: ['anna', 'ben'] },
    ]);
    expect((await buy({ vendor: 'another', amount: '70000.01' })).body).toMatchObject({ status: 'denied' });
  });

  it('gives no authority without a row: another category, another agent', async () => {
    const other = await buy({ category: 'travel' });
    expect(other.body['status']).toBe('denied');
    expect(findingOf(other, 'authority_limit')).toMatchObject({
      outcome: 'deny',
      reason_code: 'no_authority',
    });
  });

  it('lets a row lapse by itself', async () => {
    const until = new Date(http.clock.nowMs + 1000).toISOString();
    await publish({ rows: [{ ...ROW, valid_until: until }], tiers: TIERS });
    expect((await buy()).body['status']).toBe('approved');
    http.clock.nowMs += 1000;
    expect((await buy()).body['status']).toBe('denied');
    await publish({ rows: [ROW], tiers: TIERS });
  });

  it('refuses contradictions with the row and the reason, and keeps what was in force', async () => {
    const { version } = (await operator('GET', '/v1/authority-matrix')).body;
    const bad = await publish({
      rows: [
        ROW,
        { ...ROW, row_id: 'again' },
        { ...ROW, agent_id: 'x', autonomous_limit: { amount: 1, currency: 'ZZZ' } },
      ],
      tiers: [{ tier: 'a', limit: limit('1.00'), approvers: ['nobody'], quorum: 2 }],
    });
    expect(bad.status).toBe(422);
    const errors = bad.body['errors'] as { field: string }[];
    expect(errors.map((error) => error.field)).toEqual(
      expect.arrayContaining(['rows[2].autonomous_limit.currency', 'tiers[0].quorum']),
    );
    const overlap = await publish({ rows: [ROW, { ...ROW, row_id: 'again' }] });
    expect(overlap.body['errors'][0]).toMatchObject({ field: 'rows[1]', code: 'overlapping_rows' });
    const nobody = await publish({
      rows: [ROW],
      tiers: [{ tier: 'a', limit: limit('9.00'), approvers: ['nobody'] }],
    });
    expect(nobody.body['errors'][0]).toMatchObject({
      field: 'tiers[0].approvers[0]',
      code: 'unknown_approver',
    });
    expect((await operator('GET', '/v1/authority-matrix')).body).toMatchObject({ version });
  });

  it('comes in as CSV and goes out as CSV', async () => {
    const rows = 'agent_id,category,jurisdiction,amount,currency\nagent_ops_042,maintenance,*,5000.00,GBP\n';
    const tiers =
      'tier,amount,currency,approvers,quorum\nmanager,20000.00,GBP,anna,1\nboard,70000.00,GBP,anna;ben,2 of 2\n';
    expect(await publish({ rows_csv: rows, tiers_csv: tiers })).toMatchObject({
      status: 200,
      body: { row_count: 1, tier_count: 2 },
    });
    const out = await operator('GET', '/v1/authority-matrix?format=tiers_csv');
    expect(out.text).toContain('board,,,70000.00,GBP,anna;ben,2 of 2');
    const bad = await publish({ rows_csv: `${rows}agent_ops_042,it,*,many,GBP\n` });
    expect(bad.body['errors'][0]).toMatchObject({ field: 'rows[1].autonomous_limit.amount' });
  });
});

describe('split orders', () => {
  const roof = { vendor: 'roofer', cost_center: 'estate_7' };
  const parts = [
    { ...roof, amount: '22500.00', intent: 'roof repair: materials' },
    { ...roof, amount: '22000.00', intent: 'roof repair: labour' },
    { ...roof, amount: '22500.00', intent: 'roof repair: scaffolding and equipment hire' },
  ];

  it('stop scenario C at the second order, and hold the first with it', async () => {
    await publish({
      rows: [{ ...ROW, autonomous_limit: limit('25000.00') }],
      tiers: [{ tier: 'procurement', limit: limit('100000.00'), approvers: ['anna'] }],
    });
    const first = await buy(parts[0]);
    expect(first.body).toMatchObject({ status: 'approved', checkout: { status: 'issued' } });
    const second = await buy(parts[1]);
    expect(second.body['status']).toBe('held');
    expect(findingOf(second, 'authority_limit')).toMatchObject({
      reason_code: 'split_order_detected',
      clause: 'AG-642 4.4',
      observed: '44500.00 GBP',
      limit: '25000.00 GBP',
      related_request_ids: [first.body['request_id']],
    });
    const frozen = await show(first.body['request_id'] as string);
    expect(frozen.body).toMatchObject({ status: 'held', checkout: { card_status: 'frozen' } });
    const third = await buy(parts[2]);
    expect(findingOf(third, 'authority_limit')).toMatchObject({ observed: '67000.00 GBP' });
    const charge = await http.call({
      method: 'POST',
      url: `/v1/sandbox/cards/${first.body['checkout'].card_id}/authorizations`,
      key: http.operatorKey,
      body: { amount: 22500, currency: 'GBP', merchant: { name: 'roofer' } },
    });
    expect(charge.body).toMatchObject({ approved: false });
    const approved = await http.call({
      method: 'POST',
      url: `/v1/approvals/${frozen.body['approval'].approval_id}/approve`,
      key: cast.approver,
      body: { authorization_reference: 'PO-2' },
    });
    expect(approved.status).toBe(200);
    expect((await show(first.body['request_id'] as string)).body).toMatchObject({
      status: 'approved',
      checkout: { card_status: 'active' },
    });
  });

  it('do not add up what only shares the supplier, or is a small part', async () => {
    for (const amount of ['12000.00', '12000.00', '12000.00']) {
      const answer = await buy({
        vendor: 'wholesaler',
        cost_center: `cc_${vendors++}`,
        amount,
        intent: 'gravel',
      });
      expect(answer.body['status']).toBe('approved');
    }
    for (let index = 0; index < 12; index += 1) {
      const answer = await buy({
        vendor: 'stationer',
        cost_center: 'office',
        amount: '2400.00',
        intent: `paper ${index}`,
      });
      expect(answer.body['status']).toBe('approved');
    }
  });

  it('add up everything of one project, whatever its size', async () => {
    const small = { vendor: 'gardener', project: 'park', amount: '2400.00', intent: 'plants' };
    for (let index = 0; index < 10; index += 1) expect((await buy(small)).body['status']).toBe('approved');
    const eleventh = await buy(small);
    expect(findingOf(eleventh, 'authority_limit')).toMatchObject({
      reason_code: 'split_order_detected',
      observed: '26400.00 GBP',
    });
  });

  it('forget what was cancelled, and take it as a signal', async () => {
    const half = { vendor: 'glazier', project: 'windows', amount: '20000.00', intent: 'windows' };
    const first = await buy(half);
    await http.call({
      method: 'POST',
      url: `/v1/procurement/requests/${first.body['request_id']}/cancel`,
      key: cast.agent,
      body: {},
    });
    expect((await buy(half)).body['status']).toBe('approved');
  });
});

describe('a matrix that waits for its date', () => {
  it('leaves the one before it in force until then, also where the database’s clock is ahead', async () => {
    http.clock.nowMs = Date.now() - 3_600_000;
    const rows = (amount: string) => [{ agent_id: 'agent_ops_042', autonomous_limit: limit(amount) }];
    expect((await publish({ rows: rows('100.00') })).status).toBe(200);
    const soon = new Date(http.clock.nowMs + 1_800_000).toISOString();
    expect((await publish({ rows: rows('500.00'), effective_from: soon })).status).toBe(200);
    const outcomeOf = async (amount: string): Promise<unknown> =>
      (await buy({ vendor: `vendor_${vendors++}`, amount, category: `c${vendors}` })).body['status'];
    expect([await outcomeOf('100.00'), await outcomeOf('100.01')]).toEqual(['approved', 'denied']);
    http.clock.nowMs += 1_800_000;
    expect([await outcomeOf('500.00'), await outcomeOf('500.01')]).toEqual(['approved', 'denied']);
  });
});
