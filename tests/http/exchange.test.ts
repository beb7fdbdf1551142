import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { parseVerifierKey } from '@countersign/audit';

import { actionOfTerms } from '../../packages/server/src/gate/entry-body.ts';
import { recomputeDecisions } from '../../packages/server/src/gate/recompute-decisions.ts';
import { fingerprintOf } from '../../packages/server/src/gate/resolve-action.ts';
import { verifyDatabase } from '../../packages/server/src/record/verify-database.ts';
import {
  type Cast,
  type HttpAnswer,
  type HttpGateway,
  setUpCast,
  startHttpGateway,
} from '../harness/http-gateway.ts';

let http: HttpGateway;
let cast: Cast;

const RATES = '/v1/exchange-rates';
const DAY_MS = 86_400_000;
/** The day of the test's clock: a Wednesday. */
const TODAY = '2026-11-18';

beforeAll(async () => {
  http = await startHttpGateway();
  cast = await setUpCast(http);
  await operator('POST', '/v1/policies', {
    policy_id: 'pol_abroad',
    name: 'Abroad',
    rules: [{ rule_id: 'r1', rule_type: 'escalate_if', parameters: { amount_above: 90 } }],
  });
  await operator('POST', '/v1/budgets', {
    budget_id: 'berlin_month',
    name: 'Berlin, monthly',
    scope: { type: 'cost_center', id: 'berlin' },
    period: 'month',
    currency: 'EUR',
    limit: '1000.00',
    time_zone: 'Europe/Berlin',
  });
});

afterAll(() => http.close());

async function operator(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH',
  url: string,
  body?: unknown,
): Promise<HttpAnswer> {
  return http.call({ method, url, key: http.operatorKey, ...(body === undefined ? {} : { body }) });
}

async function buy(change: object = {}): Promise<HttpAnswer> {
  return http.call({
    method: 'POST',
    url: '/v1/procurement/requests',
    key: cast.agent,
    body: {
      agent_id: 'agent_ops_042',
      policy_id: 'pol_abroad',
      vendor: 'aws',
      amount: '100.00',
      currency: 'USD',
      intent: 'a purchase in dollars',
      metadata: { category: 'cloud', cost_center: 'berlin' },
      ...change,
    },
  });
}

function faultsOf({ body }: HttpAnswer): { field: string; code: string }[] {
  return body['errors'] as { field: string; code: string }[];
}

async function budget(): Promise<Record<string, unknown>> {
  const { body } = await operator('GET', '/v1/budgets/berlin_month');
  const { pending, committed, spent, available } = body;
  return { pending, committed, spent, available };
}

function close(rate: string, date = TODAY): object {
  return { base: 'EUR', quote: 'USD', rate, date, source: 'ecb' };
}

async function publish(rate: string, change: object = {}): Promise<HttpAnswer> {
  return operator('POST', RATES, { ...close(rate), ...change });
}

describe('a purchase in dollars on a budget in euro', () => {
  it('is denied without a rate, and says what to do', async () => {
    const denied = await buy();
    expect(denied.body).toMatchObject({
      status: 'denied',
      decision: { reason_code: 'exchange_rate_missing' },
    });
    expect(denied.body['exchange']).toBeUndefined();
    expect(denied.text).toContain('publish an exchange rate from `USD` to `EUR`');
  });

  it('is held, approved, charged in part, settled and refunded, each at the rate of its decision', async () => {
    expect(await publish('1.25')).toMatchObject({ status: 201, body: { published: 1 } });
    const held = await buy();
    expect(held.body).toMatchObject({
      status: 'held',
      exchange: [
        {
          from: 'USD',
          to: 'EUR',
          rate: '0.8',
          date: TODAY,
          source: 'ecb',
          methodology: 'daily_close',
          via: 'inverse',
          stale_since: null,
        },
      ],
    });
    expect(await budget()).toEqual({
      pending: '80.00',
      committed: '0.00',
      spent: '0.00',
      available: '920.00',
    });
    const { findings } = held.body['decision'] as { findings: { control: string; observed: string }[] };
    const room = findings.find(({ control }) => control === 'budget_room');
    expect(room?.observed).toContain('100.00 USD, which is 80.00 EUR at 1 USD = 0.8 EUR');

    await publish('1', { correction: true }); // the dollar rises before it is signed
    const signed = await http.call({
      method: 'POST',
      url: `/v1/approvals/${held.body['approval'].approval_id}/approve`,
      key: cast.approver,
      body: { authorization_reference: 'PO-1' },
    });
    expect(signed.status).toBe(200);
    expect(await budget()).toMatchObject({ pending: '0.00', committed: '100.00' });
    const url = `/v1/procurement/requests/${held.body['request_id']}`;
    const approved = await operator('GET', url);
    expect(approved.body).toMatchObject({ status: 'approved', exchange: [{ rate: '1' }] });

    await publish('1.6', { correction: true }); // and falls before it is charged
    const { card_id } = approved.body['checkout'];
    const charged = await operator('POST', `/v1/sandbox/cards/${card_id}/authorizations`, {
      amount: '100.00',
      currency: 'USD',
      merchant: { name: 'aws' },
    });
    expect(charged.body).toMatchObject({ approved: true });
    expect(await budget()).toMatchObject({ committed: '62.50', spent: '0.00' });

    await publish('2', { correction: true }); // what is posted keeps the rate of the authorization
    const { authorization_id: id } = charged.body;
    const settle = (step: string, body: object): Promise<HttpAnswer> =>
      operator('POST', `/v1/sandbox/authorizations/${id}/${step}`, body);
    await settle('capture', { amount: '33.33', close_authorization: false });
    expect(await budget()).toMatchObject({ committed: '41.66', spent: '20.84' }); // 20.83125, rounded up
    await settle('reverse', { amount: '10.00' });
    expect(await budget()).toMatchObject({ committed: '35.41', spent: '20.84' });
    await settle('capture', { amount: '20.00', close_authorization: true });
    expect(await budget()).toMatchObject({ committed: '0.00', spent: '33.34', available: '966.66' });
    await settle('refund', { amount: '0.01' });
    await settle('refund', {});
    expect(await budget()).toEqual({
      pending: '0.00',
      committed: '0.00',
      spent: '0.00',
      available: '1000.00',
    });
    const shown = await operator('GET', url);
    expect(shown.body).toMatchObject({ exchange: [{ rate: '0.625' }] });
  });

  it('does not fit when its converted amount does not, though the number would', async () => {
    await publish('0.5', { correction: true });
    const denied = await buy({ amount: '600.00' });
    expect(denied.body).toMatchObject({ status: 'denied', decision: { reason_code: 'budget_exceeded' } });
    expect(denied.body['decision'].message).toContain('600.00 USD, which is 1200.00 EUR at 1 USD = 2 EUR');
    await publish('1.25', { correction: true });
  });

  it('is released to the last cent when it is cancelled', async () => {
    const opened = await buy({ amount: '33.33' });
    expect(opened.body).toMatchObject({ status: 'approved' });
    expect(await budget()).toMatchObject({ committed: '26.67' });
    const cancelled = await http.call({
      method: 'POST',
      url: `/v1/procurement/requests/${opened.body['request_id']}/cancel`,
      key: cast.agent,
      body: {},
    });
    expect(cancelled.body).toMatchObject({ status: 'cancelled' });
    expect(await budget()).toMatchObject({ committed: '0.00', available: '1000.00' });
  });

  it('is denied once the rate is stale, to the second: at request, at execution and at the till', async () => {
    const held = await buy();
    const small = await buy({ amount: '50.00' });
    expect([held.body['status'], small.body['status']]).toEqual(['held', 'approved']);
    const began = http.clock.nowMs;
    const staleAt = Date.parse(TODAY) + 5 * DAY_MS;
    // Settings, not time, make it stale: a card or an approval would have run out.
    await operator('PATCH', '/v1/settings', { daily_close_max_age_days: 0 });
    http.clock.nowMs = Date.parse(TODAY) + DAY_MS - 1;
    expect((await buy({ amount: '1.00' })).body['status']).toBe('approved');
    http.clock.nowMs += 1;
    expect((await buy({ amount: '1.01' })).body).toMatchObject({
      status: 'denied',
      decision: { reason_code: 'exchange_rate_stale' },
      exchange: [{ stale_since: '2026-11-19T00:00:00.000Z' }],
    });
    const till = await operator(
      'POST',
      `/v1/sandbox/cards/${small.body['checkout'].card_id}/authorizations`,
      {
        amount: '50.00',
        currency: 'USD',
        merchant: { name: 'aws' },
      },
    );
    expect(till.body).toMatchObject({ approved: false, reason: 'exchange_rate_stale', status: 'denied' });
    const signed = await http.call({
      method: 'POST',
      url: `/v1/approvals/${held.body['approval'].approval_id}/approve`,
      key: cast.approver,
      body: { authorization_reference: 'PO-2' },
    });
    expect(signed.body).toMatchObject({ request: { status: 'denied' } });
    await operator('PATCH', '/v1/settings', { daily_close_max_age_days: 4 });
    expect((await buy({ amount: '1.02' })).body['status']).toBe('approved');
    http.clock.nowMs = staleAt - 1;
    expect((await operator('GET', `${RATES}/applicable?from=USD&to=EUR`)).body['stale_since']).toBeNull();
    http.clock.nowMs = staleAt;
    expect((await operator('GET', `${RATES}/applicable?from=USD&to=EUR`)).body['stale_since']).toBe(
      new Date(staleAt).toISOString(),
    );
    http.clock.nowMs = began;
  });

  it('uses the rate agreed with the vendor, while it is good', async () => {
    await operator('POST', RATES, {
      base: 'USD',
      quote: 'EUR',
      rate: '0.5',
      date: TODAY,
      source: 'contract 7',
      methodology: 'contract',
      supplier: 'aws',
      valid_until: '2026-12-31',
    });
    const bought = await buy({ amount: '10.00' });
    expect(bought.body).toMatchObject({ exchange: [{ rate: '0.5', methodology: 'contract', via: null }] });
    const other = await buy({ amount: '10.00', vendor: 'other' });
    expect(other.body).toMatchObject({ exchange: [{ rate: '0.8', methodology: 'daily_close' }] });
  });

  it('leaves a record that is whole, and decisions that can be made again', async () => {
    await http.gateway.sequencer.run();
    const { pool } = http.gateway.database;
    const recomputed = await recomputeDecisions(pool);
    expect(recomputed.differences).toEqual([]);
    expect(recomputed.checked).toBeGreaterThan(8);
    const report = await verifyDatabase({
      database: http.gateway.database,
      verifierKey: parseVerifierKey(http.gateway.logReader.verifierKey()),
      fingerprintOf: (subject, terms) => fingerprintOf(actionOfTerms(subject, terms)),
    });
    expect(report.differences).toEqual([]);
  });
});

describe('publishing rates', () => {
  it('refuses every fault at once, with the row and the reason, and publishes nothing', async () => {
    const before = await operator('GET', RATES);
    const csv = [
      'base,quote,rate,date,source,methodology,valid_until',
      'EUR,CHF,0.9412,2026-11-17,ecb,daily_close,',
      'EUR,SEK,0,2026-11-17,ecb,daily_close,',
      'EUR,SEK,-1,2026-11-17,ecb,daily_close,',
      'EUR,SEK,1e1,2026-11-17,ecb,daily_close,',
      'EUR,XXQ,1,2026-11-17,ecb,daily_close,',
      'EUR,EUR,1,2026-11-17,ecb,daily_close,',
      'EUR,SEK,11.2,2026-11-19,ecb,daily_close,',
      'EUR,CHF,0.95,2026-11-17,ecb,daily_close,',
      'EUR,SEK,11.2,2026-02-30,ecb,daily_close,',
      'EUR,SEK,11.2,2026-11-17,ecb,guess,',
      'EUR,SEK,11.2,2026-11-17,ecb,contract,',
      'EUR,SEK,11.2,2026-11-17,ecb,budget_rate,2026-11-16',
      'EUR,SEK,,2026-11-17,ecb,daily_close,',
      '',
    ].join('\n');
    const refused = await operator('POST', `${RATES}/import`, { csv });
    expect(refused.status).toBe(422);
    expect(faultsOf(refused).map(({ field, code }) => [field, code])).toEqual([
      ['csv[3].rate', 'rate_zero'],
      ['csv[4].rate', 'rate_negative'],
      ['csv[5].rate', 'rate_exponent'],
      ['csv[6].quote', 'unknown_currency'],
      ['csv[7].quote', 'same_currency'],
      ['csv[8].date', 'date_in_future'],
      ['csv[9]', 'duplicate_rate'],
      ['csv[10].date', 'invalid_date'],
      ['csv[11].methodology', 'unknown_methodology'],
      ['csv[12].valid_until', 'required'],
      ['csv[13].valid_until', 'ends_before_start'],
      ['csv[14].rate', 'required'],
    ]);
    expect(refused.text).toContain('row 3: ');
    expect((await operator('GET', RATES)).body).toEqual(before.body);
  });

  it('refuses what was published before unless it is a correction, and corrections of nothing', async () => {
    expect((await publish('1.3')).body['errors']).toMatchObject([{ code: 'duplicate_rate' }]);
    expect((await publish('1.3', { correction: true })).status).toBe(201);
    expect((await publish('1.3', { source: 'bank', correction: true })).body['errors']).toMatchObject([
      { code: 'nothing_to_correct' },
    ]);
  });

  it('takes a file as text/csv, in one entry, and lists what was published, the last first', async () => {
    const csv =
      'base,quote,rate,date,source,methodology\r\nEUR,CHF,0.9412,2026-11-17,ecb,daily_close\r\nEUR,SEK,11.2,2026-11-17,ecb,daily_close\r\n';
    const imported = await http.call({
      method: 'POST',
      url: `${RATES}/import`,
      key: http.operatorKey,
      raw: csv,
      headers: { 'content-type': 'text/csv' },
    });
    expect(imported).toMatchObject({ status: 201, body: { published: 2 } });
    const first = await operator('GET', `${RATES}?limit=1`);
    expect(first.body['data']).toMatchObject([{ quote: 'SEK', rate: '11.2', revision: 1 }]);
    const next = await operator('GET', `${RATES}?limit=1&cursor=${first.body['next_cursor']}`);
    expect(next.body['data']).toMatchObject([{ quote: 'CHF', rate: '0.9412' }]);
    expect((await operator('GET', `${RATES}?quote=chf`)).body['data']).toHaveLength(1);
    const crossed = await operator('GET', `${RATES}/applicable?from=CHF&to=SEK`);
    expect(crossed.body).toMatchObject({ via: 'EUR', rate: '11.8997025074374' });
    expect((await operator('GET', `${RATES}/applicable?from=CHF&to=INR`)).status).toBe(404);
  });

  it('keeps only the newest in the configuration, however long the history', async () => {
    const days = Array.from({ length: 400 }, (_, day) =>
      new Date(Date.parse(TODAY) - day * DAY_MS).toISOString().slice(0, 10),
    );
    const rates = days.map((date, index) => ({
      base: 'EUR',
      quote: 'NOK',
      rate: `11.${index + 1}`,
      date,
      source: 'ecb',
    }));
    expect((await operator('POST', RATES, { rates })).body['published']).toBe(400);
    const { exchange } = await http.gateway.configuration.fresh();
    expect(exchange.book.byKey.get('daily_close|EUR|NOK|')).toMatchObject([{ rate: '11.1', date: TODAY }]);
  });
});

describe('regions', () => {
  it('are defined, inherited and refused when they are cyclic or unknown', async () => {
    const regions = [
      { id: 'dach', members: ['de', 'at', 'ch'] },
      { id: 'EMEA', members: ['EU', 'CH', 'GB'] },
    ];
    expect(await operator('PUT', '/v1/jurisdictions', { regions })).toMatchObject({
      status: 200,
      body: { version: 1, regions: [{ id: 'DACH', members: ['DE', 'AT', 'CH'] }, {}] },
    });
    expect((await operator('GET', '/v1/jurisdictions?country=DE')).body['chain']).toEqual([
      'DE',
      'DACH',
      'EU',
      'EMEA',
      '*',
    ]);
    const cyclic = [
      { id: 'ONE', members: ['TWO'] },
      { id: 'TWO', members: ['ONE', 'XX'] },
    ];
    const refused = await operator('PUT', '/v1/jurisdictions', { regions: cyclic });
    expect(refused.status).toBe(422);
    expect(faultsOf(refused).map(({ field }) => field)).toEqual([
      'regions[1].members[1]',
      'regions[0]',
      'regions[1]',
    ]);
    expect((await operator('GET', '/v1/jurisdictions')).body['version']).toBe(1);
  });

  it('cannot be removed or changed while rules name them, whether in force or waiting for their date', async () => {
    const current = (await operator('GET', '/v1/jurisdictions')).body['regions'] as object[];
    const emea = { id: 'EMEA', members: ['EU', 'CH', 'GB'] };
    const dach = { id: 'DACH', members: ['DE', 'AT', 'CH'] };
    const nordics = { id: 'NORDICS', members: ['SE', 'NO'] };
    const refusal = async (regions: object[]): Promise<unknown> => {
      const { status, body, text } = await operator('PUT', '/v1/jurisdictions', { regions });
      if (status === 200) return 'accepted';
      const errors = body['errors'] as { field: string; code: string }[];
      return { at: errors.map(({ field, code }) => `${field} ${code}`), text };
    };
    const limit = { amount: '100.00', currency: 'EUR' };
    const row = (jurisdiction: string) => ({
      agent_id: '*',
      category: '*',
      jurisdiction,
      autonomous_limit: limit,
    });
    const threshold = (jurisdiction: string) => ({
      jurisdiction,
      category: 'cloud',
      amount: '10',
      currency: 'EUR',
    });

    // Nobody names them yet.
    expect(await refusal([dach, emea, nordics])).toBe('accepted');
    const unknown = await operator('PUT', '/v1/authority-matrix', { rows: [row('*'), row('atlantis')] });
    expect(unknown.body).toMatchObject({
      errors: [{ field: 'rows[1].jurisdiction', code: 'unknown_jurisdiction' }],
    });
    await operator('PUT', '/v1/authority-matrix', {
      rows: [
        row('*'),
        row('dach'),
        { ...row('NORDICS'), valid_from: '2026-01-01T00:00:00Z', valid_until: '2026-02-01T00:00:00Z' },
      ],
      effective_from: '2027-01-01T00:00:00Z', // waiting
    });
    expect(await refusal([emea, nordics])).toMatchObject({
      at: ['regions region_in_use'],
      text: expect.stringContaining('authority matrix version `1` at /rows/1') as string,
    });
    const more = { ...dach, members: [...dach.members, 'FR'] };
    expect(await refusal([emea, nordics, more])).toMatchObject({
      at: ['regions[2].members region_in_use'],
      text: expect.stringContaining('it gains FR') as string,
    });
    // Another order of its members is the same region, and so is another one's absence: its row has lapsed.
    expect(await refusal([{ id: 'DACH', members: ['CH', 'AT', 'DE'] }, emea])).toBe('accepted');

    await operator('PUT', '/v1/sourcing-policies/default', { tender_thresholds: [threshold('EMEA')] });
    const changed = await refusal([dach, { ...emea, members: ['EU', 'CH'] }]);
    expect(changed).toMatchObject({
      at: ['regions[1].members region_in_use'],
      text: expect.stringContaining('sourcing policy `default` at /tender_thresholds/0') as string,
    });
    expect(await refusal([dach, { id: 'OUTER', members: ['DACH'] }, emea])).toBe('accepted');
    // The same countries by way of another region: EMEA would come after it, and DACH is no longer the nearer one.
    const far = { id: 'DACH', members: ['INNER'] };
    const inner = { id: 'INNER', members: ['FAR', 'AT', 'CH'] };
    const turned = await refusal([
      far,
      inner,
      { id: 'FAR', members: ['DE'] },
      { id: 'EMEA', members: ['EU', 'CH', 'GB'] },
    ]);
    expect(turned).toMatchObject({
      at: ['regions region_in_use'],
      text: expect.stringContaining('rules for') as string,
    });

    await operator('PUT', '/v1/sourcing-policies/default', { tender_thresholds: [threshold('EU')] });
    expect(await refusal([dach])).toBe('accepted');
    expect(await refusal(current)).toBe('accepted');
  });
});
