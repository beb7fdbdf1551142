import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  type Cast,
  type HttpGateway,
  SEED_BODY,
  setUpCast,
  startHttpGateway,
} from '../harness/http-gateway.ts';

let http: HttpGateway;
let cast: Cast;

beforeAll(async () => {
  http = await startHttpGateway();
  cast = await setUpCast(http);
});

afterAll(() => http.close());

const REQUESTS = '/v1/procurement/requests';

async function buy(change: object = {}, headers: Record<string, string> = {}) {
  return http.call({
    method: 'POST',
    url: REQUESTS,
    key: cast.agent,
    body: { ...SEED_BODY, ...change },
    headers,
  });
}

describe('a purchase over HTTP', () => {
  it('is approved with a card, charged, settled and reconciled', async () => {
    const opened = await buy();
    expect(opened.status).toBe(201);
    expect(opened.body).toMatchObject({
      status: 'approved',
      agent_id: 'agent_ops_042',
      policy_id: 'pol_procurement',
      vendor: 'aws',
      amount: '1840.00',
      currency: 'USD',
      intent: 'infra renewal Q3',
      approved_by: 'policy',
      checkout: { status: 'issued', method: 'card' },
      decision: {
        outcome: 'approved',
        reason_code: 'ok',
        policies: [{ policy_id: 'pol_procurement', version: 1 }],
      },
    });
    expect(opened.body['request_id']).toMatch(/^preq_[0-9a-z]{26}$/);
    expect(opened.body['promise']).toMatchObject({ batch_index: 0 });
    expect(opened.body['decision'].findings.length).toBeGreaterThan(3);
    const { card_id, last4 } = opened.body['checkout'];
    const requestUrl = `${REQUESTS}/${opened.body['request_id']}`;

    const shown = await http.call({ method: 'GET', url: requestUrl, key: cast.agent });
    const { promise: _promise, ...withoutPromise } = opened.body;
    expect(shown.body).toEqual({ ...withoutPromise, checkout: { ...withoutPromise['checkout'] } });

    const revealed = await http.call({ method: 'POST', url: `/v1/cards/${card_id}/reveal`, key: cast.agent });
    expect(revealed.status).toBe(200);
    expect(revealed.body['number']).toMatch(new RegExp(`^\\d{12}${last4}$`));
    expect(revealed.headers['cache-control']).toBe('no-store');

    const merchant = { name: 'aws' };
    const charge = { amount: 1840, currency: 'USD', merchant };
    const wrong = await http.call({
      method: 'POST',
      url: `/v1/sandbox/cards/${card_id}/authorizations`,
      key: http.operatorKey,
      body: { ...charge, merchant: { name: 'aws-evil' } },
    });
    expect(wrong).toMatchObject({ status: 201, body: { approved: false, reason: 'merchant_mismatch' } });
    const authorized = await http.call({
      method: 'POST',
      url: `/v1/sandbox/cards/${card_id}/authorizations`,
      key: http.operatorKey,
      body: charge,
    });
    expect(authorized).toMatchObject({
      status: 201,
      body: { approved: true, reason: 'approved', checkout_status: 'charged' },
    });
    const captured = await http.call({
      method: 'POST',
      url: `/v1/sandbox/authorizations/${authorized.body['authorization_id']}/capture`,
      key: http.operatorKey,
    });
    expect(captured).toMatchObject({
      status: 201,
      body: { captured_amount: '1840.00', checkout_status: 'reconciled' },
    });
    const again = await http.call({ method: 'POST', url: `/v1/cards/${card_id}/reveal`, key: cast.agent });
    expect(again).toMatchObject({ status: 409, body: { code: 'card_already_used' } });

    const receipt = { vendor: 'aws', amount: '1840.00', currency: 'USD' };
    const attached = await http.call({
      method: 'POST',
      url: `${requestUrl}/receipts`,
      key: cast.agent,
      body: receipt,
    });
    expect(attached).toMatchObject({ status: 201, body: { ...receipt, flags: [] } });
    const settled = await http.call({ method: 'GET', url: requestUrl, key: cast.auditor });
    expect(settled.body['checkout']).toMatchObject({ status: 'reconciled', settled_amount: '1840.00' });
    const budget = await http.call({
      method: 'GET',
      url: '/v1/budgets/platform_month',
      key: cast.budgetOwner,
    });
    expect(budget.body).toMatchObject({
      limit: '25000.00',
      spent: '1840.00',
      committed: '0.00',
      available: '23160.00',
      period: 'month',
    });

    await http.gateway.sequencer.run();
    const events = await http.call({
      method: 'GET',
      url: '/v1/events',
      key: cast.agent,
      headers: { accept: 'application/json' },
    });
    expect(events.text).toContain(
      `"request_id":"${opened.body['request_id']}","status":"approved","approved_by":"policy","card_id":"${card_id}","amount":1840.00,"vendor":"aws","reconciled_intent":"infra renewal Q3"`,
    );
    const everything = [shown.text, settled.text, events.text, ...http.logged].join('\n');
    expect(everything).not.toContain(revealed.body['number']);
  });

  it('replays the same answer to the same key, and refuses another body', async () => {
    const headers = { 'idempotency-key': 'once' };
    const first = await buy({ amount: '10.00' }, headers);
    const second = await buy({ amount: '10.00' }, headers);
    expect(second.status).toBe(201);
    expect(second.text).toBe(first.text);
    expect(second.headers['idempotent-replayed']).toBe('true');
    expect(first.headers['idempotent-replayed']).toBeUndefined();
    const other = await buy({ amount: '11.00' }, headers);
    expect(other).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused', field: 'Idempotency-Key' },
    });
  });

  it('is denied with every reason and no error', async () => {
    const denied = await buy({ vendor: 'aws-evil.com', amount: '10000.01' });
    expect(denied).toMatchObject({
      status: 201,
      body: { status: 'denied', checkout: { status: 'none', method: null } },
    });
    const findings = denied.body['decision'].findings as { reason_code: string; outcome: string }[];
    const codes = findings.map(({ reason_code }) => reason_code);
    expect(codes).toEqual(expect.arrayContaining(['max_amount_exceeded', 'vendor_not_on_allowlist']));
    const violations = await http.call({ method: 'GET', url: '/v1/violations?limit=1', key: cast.agent });
    expect(violations.body['data']).toHaveLength(1);
    const cursor = String(violations.body['next_cursor']);
    const rest = await http.call({ method: 'GET', url: `/v1/violations?cursor=${cursor}`, key: cast.agent });
    const all = [...violations.body['data'], ...rest.body['data']];
    const ofThis = all.filter((item: { source_id: string }) => item.source_id === denied.body['request_id']);
    expect(new Set(ofThis.map((item: { violation_id: string }) => item.violation_id)).size).toBe(
      ofThis.length,
    );
    expect(ofThis).toHaveLength(findings.filter(({ outcome }) => outcome !== 'pass').length);
    const filtered = await http.call({
      method: 'GET',
      url: '/v1/violations?reason_code=max_amount_exceeded&since=2026-11-18T09:59:00Z&until=2026-11-18T10:01:00Z',
      key: cast.auditor,
    });
    expect(filtered.body['data']).toMatchObject([
      { reason_code: 'max_amount_exceeded', source: 'purchase', rule_id: 'r1', policy_version: 1 },
    ]);
    const later = await http.call({
      method: 'GET',
      url: '/v1/violations?since=2026-11-18T10:01:00Z',
      key: cast.auditor,
    });
    expect(later.body['data']).toEqual([]);
    const others = await http.call({ method: 'GET', url: '/v1/violations', key: cast.otherAgent });
    expect(others.body['data']).toEqual([]);
  });

  it('waits for a human and resumes by itself', async () => {
    const held = await buy({ amount: '3000.00' });
    expect(held.body).toMatchObject({
      status: 'held',
      approval: {
        status: 'pending',
        steps: [{ reason_code: 'escalation_threshold_exceeded', signatures: [] }],
      },
    });
    const { approval_id } = held.body['approval'];
    const waiting = http.call({
      method: 'GET',
      url: `${REQUESTS}/${held.body['request_id']}?wait=30`,
      key: cast.agent,
    });
    const pending = await http.call({
      method: 'GET',
      url: '/v1/approvals?status=pending',
      key: cast.approver,
    });
    expect(pending.body['data']).toMatchObject([
      { approval_id, request: { vendor: 'aws', amount: '3000.00', intent: 'infra renewal Q3' } },
    ]);
    const byAgent = await http.call({
      method: 'POST',
      url: `/v1/approvals/${approval_id}/approve`,
      key: cast.agent,
      body: { authorization_reference: 'x' },
    });
    expect(byAgent).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    const started = performance.now();
    const signed = await http.call({
      method: 'POST',
      url: `/v1/approvals/${approval_id}/approve`,
      key: cast.approver,
      body: { authorization_reference: 'CAB-2291', comment: 'fine' },
    });
    expect(signed).toMatchObject({
      status: 200,
      body: { status: 'approved', request: { status: 'approved' } },
    });
    const resumed = await waiting;
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(resumed.body).toMatchObject({
      request_id: held.body['request_id'],
      status: 'approved',
      approved_by: 'anna',
      checkout: { status: 'issued' },
      approval: {
        status: 'approved',
        steps: [
          { signatures: [{ signed_by: 'anna', authorization_reference: 'CAB-2291', comment: 'fine' }] },
        ],
      },
    });
    const twice = await http.call({
      method: 'POST',
      url: `/v1/approvals/${approval_id}/approve`,
      key: cast.approver,
      body: { authorization_reference: 'y' },
    });
    expect(twice).toMatchObject({ status: 409, body: { code: 'approval_not_pending' } });
  });

  it('is rejected with the reason, and cancelled on demand', async () => {
    const held = await buy({ amount: '3000.01' });
    const { approval_id } = held.body['approval'];
    await http.call({
      method: 'POST',
      url: `/v1/approvals/${approval_id}/reject`,
      key: cast.approver,
      body: { reason: 'not this quarter' },
    });
    const url = `${REQUESTS}/${held.body['request_id']}`;
    const rejected = await http.call({ method: 'GET', url, key: cast.agent });
    expect(rejected.body).toMatchObject({
      status: 'denied',
      approval: { status: 'rejected' },
      decision: {
        outcome: 'denied',
        reason_code: 'approval_rejected',
        message: expect.stringContaining('not this quarter'),
      },
    });
    const approved = await buy({ amount: '5.00' });
    const cancelled = await http.call({
      method: 'POST',
      url: `${REQUESTS}/${approved.body['request_id']}/cancel`,
      key: cast.agent,
    });
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    const twice = await http.call({
      method: 'POST',
      url: `${REQUESTS}/${approved.body['request_id']}/cancel`,
      key: cast.agent,
    });
    expect(twice).toMatchObject({ status: 409, body: { code: 'not_cancellable' } });
  });

  it('belongs to its agent alone', async () => {
    const asOther = await http.call({ method: 'POST', url: REQUESTS, key: cast.otherAgent, body: SEED_BODY });
    expect(asOther).toMatchObject({ status: 403, body: { code: 'agent_mismatch', field: 'agent_id' } });
    const { body } = await buy({ amount: '1.00' });
    const url = `${REQUESTS}/${body['request_id']}`;
    for (const [method, path] of [
      ['GET', url],
      ['POST', `${url}/cancel`],
      ['GET', `${url}/receipts`],
      ['GET', `/v1/cards/${body['checkout'].card_id}`],
      ['POST', `/v1/cards/${body['checkout'].card_id}/reveal`],
    ] as const) {
      expect((await http.call({ method, url: path, key: cast.otherAgent })).status).toBe(404);
    }
    const list = await http.call({
      method: 'GET',
      url: `${REQUESTS}?agent_id=agent_ops_042`,
      key: cast.otherAgent,
    });
    expect(list.body['data']).toEqual([]);
    await http.gateway.sequencer.run();
    const events = await http.call({
      method: 'GET',
      url: '/v1/events',
      key: cast.otherAgent,
      headers: { accept: 'application/json' },
    });
    expect(events.status).toBe(200);
    expect(events.text).not.toContain('preq_');
  });

  it('is listed by filter and page', async () => {
    const first = await http.call({
      method: 'GET',
      url: `${REQUESTS}?limit=2&status=approved`,
      key: cast.auditor,
    });
    expect(first.body['data']).toHaveLength(2);
    const second = await http.call({
      method: 'GET',
      url: `${REQUESTS}?limit=2&status=approved&cursor=${first.body['next_cursor']}`,
      key: cast.auditor,
    });
    const ids = [...first.body['data'], ...second.body['data']].map(
      (item: { request_id: string }) => item.request_id,
    );
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort().reverse()).toEqual(ids);
    const none = await http.call({
      method: 'GET',
      url: `${REQUESTS}?created_after=2027-01-01T00:00:00Z&vendor=aws&checkout_status=none`,
      key: cast.auditor,
    });
    expect(none.body).toEqual({ data: [], next_cursor: null });
  });

  it('takes a fact from its field or the metadata, but not two different ones', async () => {
    const { metadata: _metadata, ...plain } = SEED_BODY;
    const direct = await http.call({
      method: 'POST',
      url: REQUESTS,
      key: cast.agent,
      body: { ...plain, amount: 2, cost_center: 'platform' },
    });
    expect(direct.body).toMatchObject({ status: 'approved', cost_center: 'platform', metadata: {} });
    const both = await buy({ cost_center: 'other' });
    expect(both).toMatchObject({ status: 422, body: { code: 'invalid', field: 'cost_center' } });
  });
});

describe('a check', () => {
  const ask = (change: object) =>
    http.call({
      method: 'POST',
      url: '/v1/checks',
      key: cast.agent,
      body: {
        agent_id: 'agent_ops_042',
        policy_id: 'pol_procurement',
        action_type: 'refund',
        amount: 49.9,
        currency: 'usd',
        counterparty: 'cust_8841',
        ...change,
      },
    });

  it('answers allow, escalate and block with the amount as an exact number', async () => {
    const allowed = await ask({});
    expect(allowed.status).toBe(200);
    expect(allowed.body).toMatchObject({
      decision: 'allow',
      reason_code: null,
      violated_rule_id: null,
      policy_version: 1,
    });
    expect(allowed.text).toContain('"amount":49.90,');
    expect(allowed.body['latency_ms']).toBeGreaterThan(0);
    expect(await ask({ amount: '2500.01' })).toMatchObject({
      body: {
        decision: 'escalate',
        reason_code: 'escalation_threshold_exceeded',
        violated_rule_id: 'r2',
        violated_rule_description: 'Finance signs',
      },
    });
    const blocked = await ask({ amount: 10000.01 });
    expect(blocked.body).toMatchObject({
      decision: 'block',
      reason_code: 'max_amount_exceeded',
      violated_rule_id: 'r1',
    });
    const read = await http.call({
      method: 'GET',
      url: `/v1/checks/${blocked.body['check_id']}`,
      key: cast.agent,
    });
    expect(read.body).toEqual({ ...blocked.body, latency_ms: null });
    expect(read.text).toContain('"amount":10000.01,');
    expect(
      (
        await http.call({
          method: 'GET',
          url: `/v1/checks/${blocked.body['check_id']}`,
          key: cast.otherAgent,
        })
      ).status,
    ).toBe(404);
  });

  it('replays by the key in its body', async () => {
    const first = await ask({ idempotency_key: 'refund-1' });
    const second = await ask({ idempotency_key: 'refund-1' });
    expect(second.body['check_id']).toBe(first.body['check_id']);
    expect(second.headers['idempotent-replayed']).toBe('true');
    expect(await ask({ idempotency_key: 'refund-1', amount: 1 })).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    });
  });

  it('names what is wrong with its evidence', async () => {
    expect(await ask({ metadata: { days_since_purchase: -1 } })).toMatchObject({
      status: 422,
      body: { field: 'metadata.days_since_purchase' },
    });
    expect(await ask({ metadata: { discount_percent: 'a lot' } })).toMatchObject({
      status: 422,
      body: { field: 'metadata.discount_percent' },
    });
    expect(await ask({ policy_id: 'pol_nowhere' })).toMatchObject({
      status: 422,
      body: { code: 'policy_not_found', field: 'policy_id' },
    });
    expect(await ask({ payment_method: 'pigeon' })).toMatchObject({
      status: 422,
      body: { field: 'payment_method' },
    });
  });
});
