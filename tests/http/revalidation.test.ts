// Conditions that change between approval and execution, and between execution and the charge: each denies with its reason.
// AG-642 4.8. What an agent was told before counts for nothing when the money moves.
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
let number = 0;

beforeAll(async () => {
  http = await startHttpGateway();
  cast = await setUpCast(http);
});

afterAll(() => http.close());

async function operator(method: 'POST' | 'PUT' | 'PATCH', url: string, body: object): Promise<HttpAnswer> {
  const answer = await http.call({ method, url, key: http.operatorKey, body });
  if (answer.status >= 300) throw new Error(`${url}: ${answer.text}`);
  return answer;
}

const vendor = (): string => `shop${number}.example`;
const today = (): string => new Date(http.clock.nowMs).toISOString().slice(0, 10);
const usd = (amount: string): object => ({ amount, currency: 'USD' });
const matrix = (limit: string, tier = '100000.00'): Promise<HttpAnswer> =>
  operator('PUT', '/v1/authority-matrix', {
    rows: [{ agent_id: '*', autonomous_limit: usd(limit) }],
    tiers: [{ tier: 'all', limit: usd(tier), approvers: ['anna', 'ben'] }],
  });
const policy = (limit: number): Promise<HttpAnswer> =>
  operator('POST', '/v1/policies', {
    policy_id: 'pol_changing',
    name: 'Changing',
    rules: [{ rule_id: 'r1', rule_type: 'max_amount', parameters: { limit, currency: 'USD' } }],
  });
const supplier = (change: object): Promise<HttpAnswer> =>
  operator('PUT', `/v1/suppliers/supplier_${number}`, {
    legal_name: `Example Supplier ${number}`,
    domains: [vendor()],
    standing: 'approved',
    ...change,
  });
/** A correction from the second on. */
let published = 0;
const rate = (value: string): Promise<HttpAnswer> =>
  operator('POST', '/v1/exchange-rates', {
    base: 'EUR',
    quote: 'USD',
    rate: value,
    date: today(),
    source: 'example bank',
    methodology: 'daily_close',
    ...(published++ > 0 ? { correction: true } : {}),
  });

/** What is changed, how it is put back, and the reason that the purchase ends with. */
interface Change {
  readonly what: string;
  readonly before?: () => Promise<unknown>;
  readonly buys?: object;
  readonly change: () => Promise<unknown>;
  readonly restore: () => Promise<unknown>;
  readonly reason: string;
}

const CHANGES: readonly Change[] = [
  {
    what: 'the limit of a rule is lowered',
    change: () => policy(500),
    restore: () => policy(50_000),
    reason: 'max_amount_exceeded',
  },
  {
    what: 'the budget is cut',
    change: () => operator('PATCH', '/v1/budgets/changing', { limit: '10.00' }),
    restore: () => operator('PATCH', '/v1/budgets/changing', { limit: '1000000.00' }),
    reason: 'budget_exceeded',
  },
  {
    what: 'the supplier becomes prohibited',
    before: () => supplier({}),
    change: () => supplier({ standing: 'prohibited' }),
    restore: () => Promise.resolve(),
    reason: 'supplier_prohibited',
  },
  {
    what: 'the supplier is sanctioned',
    before: () => supplier({}),
    change: () => supplier({ sanctions: { flagged: true, list: 'example list', date: '2026-11-01' } }),
    restore: () => Promise.resolve(),
    reason: 'supplier_sanctioned',
  },
  {
    what: 'a sourcing policy prohibits the vendor',
    change: () => operator('PUT', '/v1/sourcing-policies/changing', { prohibited_suppliers: [vendor()] }),
    restore: () => operator('PUT', '/v1/sourcing-policies/changing', {}),
    reason: 'supplier_prohibited',
  },
  {
    what: 'a tender threshold is lowered',
    change: () =>
      operator('PUT', '/v1/sourcing-policies/changing', {
        tender_thresholds: [{ jurisdiction: '*', category: '*', ...usd('500.00') }],
      }),
    restore: () => operator('PUT', '/v1/sourcing-policies/changing', {}),
    reason: 'tender_required',
  },
  {
    what: 'the row of the matrix is gone',
    change: () =>
      operator('PUT', '/v1/authority-matrix', {
        rows: [{ agent_id: 'another', autonomous_limit: usd('1.00') }],
      }),
    restore: () => matrix('1000000.00'),
    reason: 'no_authority',
  },
  {
    what: 'the top tier reaches less far',
    change: () => matrix('1.00', '500.00'),
    restore: () => matrix('1000000.00'),
    reason: 'above_top_tier',
  },
  {
    what: 'the exchange rate makes it too much for the budget',
    before: () => rate('1.10'),
    buys: { currency: 'EUR', policy_id: 'pol_any' },
    change: () => rate('9999.00'),
    restore: () => rate('1.10'),
    reason: 'budget_exceeded',
  },
  {
    what: 'the exchange rate goes stale',
    before: () => rate('1.10'),
    buys: { currency: 'EUR', policy_id: 'pol_any' },
    change: () => Promise.resolve((http.clock.nowMs += 6 * 86_400_000)),
    restore: () => Promise.resolve((http.clock.nowMs -= 6 * 86_400_000)),
    reason: 'exchange_rate_stale',
  },
  {
    what: 'the agent is suspended',
    change: () => operator('POST', '/v1/agents/agent_ops_042/suspend', {}),
    restore: () => operator('POST', '/v1/agents/agent_ops_042/resume', {}),
    reason: 'agent_suspended',
  },
];

async function buy(change: Change): Promise<HttpAnswer> {
  await change.before?.();
  return http.call({
    method: 'POST',
    url: '/v1/procurement/requests',
    key: cast.agent,
    body: {
      agent_id: 'agent_ops_042',
      policy_id: 'pol_changing',
      vendor: vendor(),
      amount: '1000.00',
      currency: 'USD',
      intent: `thing ${number}`,
      category: 'cloud',
      // Long enough that nothing but the change can end it.
      expires_in: 90 * 86_400,
      ...change.buys,
    },
  });
}

const show = async (opened: HttpAnswer): Promise<HttpAnswer> =>
  http.call({
    method: 'GET',
    url: `/v1/procurement/requests/${opened.body['request_id']}`,
    key: cast.auditor,
  });

const denials = (answer: HttpAnswer): string[] =>
  (answer.body['decision'].findings as { outcome: string; reason_code: string }[])
    .filter(({ outcome }) => outcome === 'deny')
    .map(({ reason_code: reason }) => reason);

beforeAll(async () => {
  await policy(50_000);
  await operator('POST', '/v1/policies', {
    policy_id: 'pol_any',
    name: 'Any currency',
    rules: [{ rule_id: 'r1', rule_type: 'blocked_categories', parameters: { categories: ['personal'] } }],
  });
  await operator('POST', '/v1/budgets', {
    budget_id: 'changing',
    name: 'Changing',
    scope: { type: 'agent', id: 'agent_ops_042' },
    period: 'lifetime',
    currency: 'USD',
    limit: '1000000.00',
  });
});

beforeEach(() => {
  number += 1;
});

describe('a purchase that is held, when', () => {
  it.each(CHANGES)('$what, is denied at the signature', async (change) => {
    await matrix('1.00');
    const opened = await buy(change);
    expect(opened.body['status']).toBe('held');
    await change.change();
    const signed = await http.call({
      method: 'POST',
      url: `/v1/approvals/${opened.body['approval'].approval_id}/approve`,
      key: cast.approver,
      body: { authorization_reference: 'PO-1' },
    });
    expect([signed.status, signed.text]).toEqual([200, expect.any(String)]);
    const shown = await show(opened);
    await change.restore();
    expect(shown.body['status']).toBe('denied');
    expect(denials(shown)).toContain(change.reason);
    expect(shown.body['checkout'].card_id).toBeUndefined();
  });
});

describe('a purchase that is approved, when', () => {
  it.each(CHANGES)('$what, is declined at the till and ends', async (change) => {
    await matrix('1000000.00');
    const opened = await buy(change);
    expect([opened.body['status'], opened.body['checkout'].status]).toEqual(['approved', 'issued']);
    const { card_id: cardId } = opened.body['checkout'];
    await change.change();
    const charged = await http.call({
      method: 'POST',
      url: `/v1/sandbox/cards/${cardId}/authorizations`,
      key: http.operatorKey,
      body: {
        amount: '1000.00',
        currency: opened.body['currency'],
        merchant: { name: vendor(), domain: vendor() },
      },
    });
    const shown = await show(opened);
    await change.restore();
    expect(charged.body).toMatchObject({ approved: false });
    expect(charged.body['reason']).toBe(change.reason);
    expect(shown.body).toMatchObject({ status: 'denied', checkout: { card_status: 'cancelled' } });
  });
});
