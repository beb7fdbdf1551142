// Charges in another currency than the card's, end to end: what is billed counts, what the merchant asked for is kept, and an
// exchange difference is posted, flagged and alerted.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { parseVerifierKey } from '@countersign/audit';

import { actionOfTerms } from '../../packages/server/src/gate/entry-body.ts';
import { fingerprintOf } from '../../packages/server/src/gate/resolve-action.ts';
import { watchSettlementsOnce } from '../../packages/server/src/jobs/watch-settlements.ts';
import { verifyDatabase } from '../../packages/server/src/record/verify-database.ts';
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
const MERCHANT = { name: 'aws' };

beforeAll(async () => {
  http = await startHttpGateway();
  cast = await setUpCast(http);
});

afterAll(() => http.close());

function operator(method: 'GET' | 'POST' | 'PATCH', url: string, body?: unknown): Promise<HttpAnswer> {
  return http.call({ method, url, key: http.operatorKey, ...(body === undefined ? {} : { body }) });
}

/** The card of a purchase in dollars. */
async function cardFor(amount: string): Promise<{ requestId: string; cardId: string }> {
  const { body } = await http.call({
    method: 'POST',
    url: '/v1/procurement/requests',
    key: cast.agent,
    body: { ...SEED_BODY, amount },
  });
  return { requestId: String(body['request_id']), cardId: String(body['checkout'].card_id) };
}

function charge(cardId: string, body: object): Promise<HttpAnswer> {
  return operator('POST', `/v1/sandbox/cards/${cardId}/authorizations`, { merchant: MERCHANT, ...body });
}

function clear(authorization: HttpAnswer, body: object): Promise<HttpAnswer> {
  const id = String(authorization.body['authorization_id']);
  return operator('POST', `/v1/sandbox/authorizations/${id}/capture`, body);
}

/** 100.00 EUR for so many dollars. */
const euro = (billing_amount: string, amount = '100.00') => ({
  amount,
  currency: 'EUR',
  billing_amount,
  billing_currency: 'USD',
});

async function budget(): Promise<Record<string, unknown>> {
  const { body } = await operator('GET', '/v1/budgets/platform_month');
  const { committed, spent, overrun } = body;
  return { committed, spent, overrun };
}

async function alertsOf(requestId: string): Promise<Record<string, unknown>[]> {
  await http.gateway.sequencer.run();
  const { database, writer, recorder } = http.gateway;
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const options = { database, pool: database.pool, writer, recorder, now: () => http.clock.nowMs, log };
  while ((await watchSettlementsOnce(options)) === 'again');
  const { body } = await operator('GET', '/v1/alerts');
  const alerts = body['data'] as { subject: { id: string } }[];
  return alerts.filter(({ subject }) => subject.id === requestId);
}

describe('a merchant that charges in another currency', () => {
  it('is declined without a billing amount, or with one in another currency than the card’s', async () => {
    const { cardId } = await cardFor('110.00');
    const unbilled = await charge(cardId, { amount: '100.00', currency: 'EUR' });
    expect(unbilled.body).toMatchObject({ approved: false, reason: 'currency_mismatch', amount: '100.00' });
    expect(unbilled.body['billing_amount']).toBeUndefined();
    const elsewhere = await charge(cardId, { ...euro('100.00'), billing_currency: 'CHF' });
    expect(elsewhere.body).toMatchObject({ approved: false, reason: 'currency_mismatch' });
  });

  it('fits the card to the cent of what is billed, not of what it asks', async () => {
    const { cardId } = await cardFor('110.00');
    const above = await charge(cardId, euro('110.01'));
    expect(above.body).toMatchObject({
      approved: false,
      reason: 'amount_exceeds_card_limit',
      amount: '100.00',
      currency: 'EUR',
      billing_amount: '110.01',
      billing_currency: 'USD',
      exchange_rate: '1.1001',
    });
    const yen = { amount: '16500', currency: 'JPY', billing_amount: '110.00', billing_currency: 'usd' };
    const fits = await charge(cardId, yen);
    expect(fits.body).toMatchObject({
      approved: true,
      amount: '16500',
      currency: 'JPY',
      billing_amount: '110.00',
    });
    const { body } = await operator('GET', `/v1/cards/${cardId}`);
    expect(body['authorizations']).toMatchObject([
      {
        approved: false,
        amount: '100.00',
        currency: 'EUR',
        billing_amount: '110.01',
        exchange_rate: '1.1001',
      },
      { approved: true, amount: '16500', currency: 'JPY', exchange_rate: '0.00666666666666667' },
    ]);
    await clear(fits, {});
  });

  it('gives back what a better rate leaves over, and raises no alert', async () => {
    const before = await budget();
    const { requestId, cardId } = await cardFor('110.00');
    const authorization = await charge(cardId, euro('110.00'));
    const cleared = await clear(authorization, euro('108.00'));
    expect(cleared.body).toMatchObject({
      amount: '100.00',
      billing_amount: '110.00',
      captured_amount: '108.00',
      checkout_status: 'reconciled',
    });
    const spent = Number(before['spent']) + 108;
    expect(await budget()).toEqual({ ...before, spent: spent.toFixed(2) });
    expect(await alertsOf(requestId)).toEqual([]);
  });

  it('posts more than was authorized when the rate fell, flags it, raises overrun and an alert', async () => {
    const { requestId, cardId } = await cardFor('110.00');
    const authorization = await charge(cardId, euro('110.00'));
    const { body: standing } = await operator('GET', '/v1/budgets/platform_month');
    const limit = Number(standing['spent']) + Number(standing['committed']);
    await operator('PATCH', '/v1/budgets/platform_month', { limit: limit.toFixed(2) });
    const cleared = await clear(authorization, euro('112.50'));
    expect(cleared).toMatchObject({
      status: 201,
      body: { captured_amount: '112.50', checkout_status: 'settled' },
    });
    expect(await budget()).toMatchObject({ overrun: '2.50' });
    const raised = await alertsOf(requestId);
    expect(raised).toMatchObject([
      {
        kind: 'settlement.exchange_difference',
        severity: 'critical',
        evidence: {
          authorized: '110.00',
          posted: '112.50',
          beyond_reservation: '2.50',
          overrun: true,
          authorized_rate: '1.1',
          cleared_rate: '1.125',
        },
      },
    ]);
    expect(await alertsOf(requestId)).toEqual(raised); // once
    await operator('PATCH', '/v1/budgets/platform_month', { limit: '25000.00' });
  });

  it('is posted by force too, and heard', async () => {
    const { requestId, cardId } = await cardFor('50.00');
    const url = `/v1/sandbox/cards/${cardId}/forced-posts`;
    const forced = await operator('POST', url, { ...euro('33.00', '30.00'), merchant: MERCHANT });
    expect(forced.body).toMatchObject({ amount: '30.00', currency: 'EUR', captured_amount: '33.00' });
    expect(await alertsOf(requestId)).toMatchObject([{ kind: 'settlement.forced', severity: 'warning' }]);
    const refused = await operator('POST', url, { amount: '30.00', currency: 'EUR', merchant: MERCHANT });
    expect(refused).toMatchObject({ status: 422, body: { code: 'currency_mismatch' } });
  });

  it('is refused where its amounts contradict each other or say half', async () => {
    const { cardId } = await cardFor('110.00');
    const fieldOf = ({ status, body }: HttpAnswer): unknown => [
      status,
      (body['errors'] as { field: string }[])[0]?.field,
    ];
    const half = { amount: '100.00', currency: 'EUR' };
    expect(fieldOf(await charge(cardId, { ...half, billing_amount: '110.00' }))).toEqual([
      422,
      'billing_currency',
    ]);
    expect(fieldOf(await charge(cardId, { ...half, billing_currency: 'USD' }))).toEqual([
      422,
      'billing_amount',
    ]);
    const same = { amount: '100.00', currency: 'USD', billing_amount: '99.00', billing_currency: 'USD' };
    expect(fieldOf(await charge(cardId, same))).toEqual([422, 'billing_amount']);
    const authorization = await charge(cardId, euro('110.00'));
    const unsaid = await clear(authorization, { billing_amount: '110.00', billing_currency: 'USD' });
    expect(fieldOf(unsaid)).toEqual([422, 'amount']);
    expect(await clear(authorization, half)).toMatchObject({
      status: 422,
      body: { code: 'currency_mismatch' },
    });
    expect(await clear(authorization, { amount: '110.00' })).toMatchObject({ status: 201 });
  });

  it('leaves rows that the log says', async () => {
    await http.gateway.sequencer.run();
    const verify = () =>
      verifyDatabase({
        database: http.gateway.database,
        verifierKey: parseVerifierKey(http.gateway.logReader.verifierKey()),
        fingerprintOf: (subject, terms) => fingerprintOf(actionOfTerms(subject, terms)),
      });
    expect((await verify()).differences).toEqual([]);
    const { pool } = http.gateway.database;
    const { rowCount } = await pool.query(
      `UPDATE card_authorization SET merchant_amount = replace(merchant_amount::text, '10000', '10001')::json
       WHERE merchant_amount IS NOT NULL AND merchant_amount->>'amount_minor' = '10000'`,
    );
    const { differences } = await verify();
    expect(differences.map(({ table, column }) => `${table}.${column}`)).toEqual(
      Array.from({ length: rowCount ?? 0 }, () => 'card_authorization.merchant_amount'),
    );
    expect(rowCount).toBeGreaterThan(3); // declined ones too
  });
});
