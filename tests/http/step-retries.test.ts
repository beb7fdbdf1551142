// step-retries.test.ts: a step that is sent again with its key is answered as it was, whatever happened since, and
// happens once. Every route that takes a step is here.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  type Cast,
  type HttpAnswer,
  type HttpGateway,
  SEED_BODY,
  setUpCast,
  startHttpGateway,
} from '../harness/http-gateway.ts';

let http: HttpGateway;
let cast: Cast;
let vendors = 0;

beforeAll(async () => {
  http = await startHttpGateway();
  cast = await setUpCast(http);
  await post('/v1/policies', http.operatorKey, {
    policy_id: 'pol_two',
    name: 'Two signatures',
    rules: [
      { rule_id: 't1', rule_type: 'max_amount', parameters: { limit: 10000, currency: 'USD' } },
      { rule_id: 't2', rule_type: 'escalate_if', parameters: { amount_above: 1000 } },
      { rule_id: 't3', rule_type: 'escalate_if', parameters: { amount_above: 2000 } },
    ],
  });
});
afterAll(() => http.close());

function post(url: string, key: string, body?: object, idempotencyKey?: string): Promise<HttpAnswer> {
  const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
  return http.call({ method: 'POST', url, key, headers, ...(body === undefined ? {} : { body }) });
}

async function buy(
  amount = '100.00',
): Promise<{ requestId: string; cardId: string; approvalId: string; vendor: string }> {
  vendors += 1;
  const vendor = `vendor_${vendors}`;
  const body = { ...SEED_BODY, policy_id: 'pol_two', vendor, amount };
  const answer = await post('/v1/procurement/requests', cast.agent, body);
  expect(answer.status).toBe(201);
  const { request_id, checkout, approval } = answer.body;
  return { requestId: request_id, cardId: checkout.card_id, approvalId: approval?.approval_id, vendor };
}

const charge = (vendor: string, amount = '100.00') => ({
  amount,
  currency: 'USD',
  merchant: { name: vendor },
});
const cards = (cardId: string) => `/v1/sandbox/cards/${cardId}`;
const authorizations = (id: unknown) => `/v1/sandbox/authorizations/${String(id)}`;

async function authorize(amount = '100.00'): Promise<{ id: string; requestId: string }> {
  const { cardId, requestId, vendor } = await buy(amount);
  const answer = await post(`${cards(cardId)}/authorizations`, http.operatorKey, charge(vendor, amount));
  expect(answer.body).toMatchObject({ approved: true });
  return { id: answer.body['authorization_id'], requestId };
}

/** Sends it again with its key, with another body and about something else, and expects nothing new of any of them. */
async function expectReplays(
  first: HttpAnswer,
  [url, key, body, idempotencyKey]: readonly [
    url: string,
    key: string,
    body: object | undefined,
    idempotencyKey: string,
  ],
  other: { readonly body: object; readonly url: string },
): Promise<void> {
  expect(first.status).toBeLessThan(300);
  expect(first.headers['idempotent-replayed']).toBeUndefined();
  const before = await entryCount();
  const again = await post(url, key, body, idempotencyKey);
  expect(again.text).toBe(first.text);
  expect(again.status).toBe(first.status);
  expect(again.headers['idempotent-replayed']).toBe('true');
  for (const reused of [
    await post(url, key, other.body, idempotencyKey),
    await post(other.url, key, body, idempotencyKey),
  ]) {
    expect(reused).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused', field: 'Idempotency-Key' },
    });
  }
  expect(await entryCount()).toBe(before);
}

async function entryCount(): Promise<number> {
  const { rows } = await http.gateway.database.pool.query<{ count: bigint }>(
    'SELECT count(*) FROM log_entry',
  );
  return Number(rows[0]?.count);
}

describe('a step that is sent again with its key', () => {
  it('authorizes once, also when it was declined', async () => {
    const { cardId, vendor } = await buy();
    const elsewhere = await buy();
    const wrong = [`${cards(cardId)}/authorizations`, http.operatorKey, charge('nobody'), 'a1'] as const;
    const declined = await post(...wrong);
    expect(declined.body).toMatchObject({ approved: false, reason: 'merchant_mismatch', amount: '100.00' });
    const right = [`${cards(cardId)}/authorizations`, http.operatorKey, charge(vendor), 'a2'] as const;
    const approved = await post(...right);
    expect(approved.body).toMatchObject({ approved: true, checkout_status: 'charged' });
    const url = `${cards(elsewhere.cardId)}/authorizations`;
    await expectReplays(declined, wrong, { body: charge(vendor, '99.00'), url });
    await expectReplays(approved, right, { body: charge(vendor, '99.00'), url });
  });

  it('posts by force once', async () => {
    const { cardId, vendor } = await buy();
    const elsewhere = await buy();
    const call = [`${cards(cardId)}/forced-posts`, http.operatorKey, charge(vendor, '7.00'), 'f1'] as const;
    const first = await post(...call);
    expect(first.body).toMatchObject({ approved: true, reason: 'forced_post', captured_amount: '7.00' });
    await post(`${cards(cardId)}/forced-posts`, http.operatorKey, charge(vendor, '8.00'));
    await expectReplays(first, call, {
      body: charge(vendor, '9.00'),
      url: `${cards(elsewhere.cardId)}/forced-posts`,
    });
  });

  it('captures, reverses and refunds once, also all that is left', async () => {
    const one = await authorize();
    const two = await authorize();
    const reverse = [
      `${authorizations(one.id)}/reverse`,
      http.operatorKey,
      { amount: '10.00' },
      'r1',
    ] as const;
    const reversed = await post(...reverse);
    expect(reversed.body).toMatchObject({ reversed_amount: '10.00', closed: false });
    const capture = [`${authorizations(one.id)}/capture`, http.operatorKey, undefined, 'c1'] as const;
    const captured = await post(...capture);
    expect(captured.body).toMatchObject({ captured_amount: '90.00', closed: true });
    const part = [`${authorizations(one.id)}/refund`, http.operatorKey, { amount: '20.00' }, 'p1'] as const;
    const parted = await post(...part);
    expect(parted.body).toMatchObject({ refunded_amount: '20.00' });
    const rest = [`${authorizations(one.id)}/refund`, http.operatorKey, undefined, 'p2'] as const;
    const rested = await post(...rest);
    expect(rested.body).toMatchObject({ refunded_amount: '90.00' });
    const body = { amount: '1.00' };
    await expectReplays(reversed, reverse, { body, url: `${authorizations(two.id)}/reverse` });
    await expectReplays(captured, capture, { body, url: `${authorizations(two.id)}/capture` });
    await expectReplays(parted, part, { body, url: `${authorizations(two.id)}/refund` });
    await expectReplays(rested, rest, { body, url: `${authorizations(two.id)}/refund` });
    const shown = await http.call({
      method: 'GET',
      url: `/v1/procurement/requests/${one.requestId}`,
      key: cast.agent,
    });
    // Nothing is left: the two refunds were posted once each.
    expect(shown.body['checkout'].settled_amount).toBeUndefined();
  });

  it('attaches one receipt', async () => {
    const { requestId, vendor } = await buy();
    const elsewhere = await buy();
    const receipt = { vendor, amount: '99.00', currency: 'USD' };
    const call = [`/v1/procurement/requests/${requestId}/receipts`, cast.agent, receipt, 'rc1'] as const;
    const first = await post(...call);
    expect(first.body).toMatchObject({ ...receipt, flags: ['receipt_amount_differs'] });
    await expectReplays(first, call, {
      body: { ...receipt, amount: '98.00' },
      url: `/v1/procurement/requests/${elsewhere.requestId}/receipts`,
    });
    const list = await http.call({ method: 'GET', url: call[0], key: cast.agent });
    expect(list.body['data']).toEqual([first.body]);
  });

  it('cancels, and is answered as it stood then', async () => {
    const { requestId, cardId, vendor } = await buy();
    const elsewhere = await buy();
    const call = [
      `/v1/procurement/requests/${requestId}/cancel`,
      cast.agent,
      { reason: 'no need' },
      'x1',
    ] as const;
    const first = await post(...call);
    expect(first.body).toMatchObject({ status: 'cancelled', checkout: { card_status: 'cancelled' } });
    await post(`${cards(cardId)}/forced-posts`, http.operatorKey, charge(vendor, '5.00')); // money moves all the same
    await expectReplays(first, call, {
      body: { reason: 'another' },
      url: `/v1/procurement/requests/${elsewhere.requestId}/cancel`,
    });
  });

  it('signs one step, and is answered as it stood then', async () => {
    const { approvalId } = await buy('3000.00');
    const elsewhere = await buy('3000.00');
    const body = { authorization_reference: 'CAB-1', comment: 'fine' };
    const call = [`/v1/approvals/${approvalId}/approve`, cast.approver, body, 's1'] as const;
    const first = await post(...call);
    expect(first.body).toMatchObject({ status: 'pending', request: { status: 'held' } });
    expect(first.body['steps']).toMatchObject([
      { signatures: [{ signed_by: 'anna', authorization_reference: 'CAB-1', comment: 'fine' }] },
      { signatures: [] },
    ]);
    const second = await post(call[0], cast.secondApprover, { authorization_reference: 'CAB-2' }, 's1');
    expect(second.body).toMatchObject({ status: 'approved', request: { status: 'approved' } });
    const url = `/v1/approvals/${elsewhere.approvalId}/approve`;
    await expectReplays(first, call, { body: { authorization_reference: 'CAB-9' }, url });
    const shown = await http.call({ method: 'GET', url: `/v1/approvals/${approvalId}`, key: cast.approver });
    expect(shown.body).toEqual(second.body);
  });

  it('rejects once', async () => {
    const { approvalId } = await buy('3000.00');
    const elsewhere = await buy('3000.00');
    const call = [`/v1/approvals/${approvalId}/reject`, cast.approver, { reason: 'too dear' }, 'j1'] as const;
    const first = await post(...call);
    expect(first.body).toMatchObject({ status: 'rejected', request: { status: 'denied' } });
    const url = `/v1/approvals/${elsewhere.approvalId}/reject`;
    await expectReplays(first, call, { body: { reason: 'too late' }, url });
  });
});

describe('a step that was refused', () => {
  it('leaves its key free', async () => {
    const { id } = await authorize();
    const refund = [`${authorizations(id)}/refund`, http.operatorKey, { amount: '30.00' }, 'early'] as const;
    expect(await post(...refund)).toMatchObject({ status: 409, body: { code: 'nothing_to_refund' } });
    await post(`${authorizations(id)}/capture`, http.operatorKey);
    const posted = await post(...refund);
    expect(posted).toMatchObject({ status: 201, body: { refunded_amount: '30.00' } });
    expect(posted.headers['idempotent-replayed']).toBeUndefined();
    expect((await post(...refund)).text).toBe(posted.text);
  });

  it('leaves its key free when it was forbidden or its target was not there', async () => {
    const missing = `${authorizations('auth_00000000000000000000000000')}/refund`;
    expect(await post(missing, http.operatorKey, { amount: '1.00' }, 'k')).toMatchObject({ status: 404 });
    const { approvalId } = await buy('3000.00');
    const url = `/v1/approvals/${approvalId}/approve`;
    const body = { authorization_reference: 'CAB-1' };
    expect((await post(url, cast.approver, body)).status).toBe(200);
    expect(await post(url, cast.approver, body, 'k')).toMatchObject({ body: { code: 'already_signed' } });
    const { approvalId: next } = await buy('1500.00');
    const signed = await post(`/v1/approvals/${next}/approve`, cast.approver, body, 'k');
    expect(signed).toMatchObject({ status: 200, body: { status: 'approved' } });
    expect(signed.headers['idempotent-replayed']).toBeUndefined();
  });
});
