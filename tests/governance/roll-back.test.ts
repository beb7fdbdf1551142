// Every controlled resource under `four_eyes`: an emergency change of it is rolled back by a second person, and decisions see
// the former version again. What cannot be rolled back stands in the table of docs/concepts/change-control.md, with the reason.
import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { parseVerifierKey } from '@countersign/audit';
import { jurisdictionChain } from '@countersign/core';

import { actionOfTerms } from '../../packages/server/src/gate/entry-body.ts';
import { recomputeDecisions } from '../../packages/server/src/gate/recompute-decisions.ts';
import { fingerprintOf } from '../../packages/server/src/gate/resolve-action.ts';
import { verifyDatabase } from '../../packages/server/src/record/verify-database.ts';
import { type HttpAnswer, type HttpGateway, startHttpGateway } from '../harness/http-gateway.ts';
import changeTable from './change-table.json' with { type: 'json' };

let http: HttpGateway;
let olga: string;
let pavel: string;
let agent: string;
let number = 0;

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH';

async function send(
  method: Method,
  url: string,
  key: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<HttpAnswer> {
  return http.call({ method, url, key, headers, ...(body === undefined ? {} : { body }) });
}

async function accepted(answer: Promise<HttpAnswer>): Promise<HttpAnswer> {
  const found = await answer;
  if (found.status >= 300) throw new Error(found.text);
  return found;
}

const post = (url: string, body?: unknown) => accepted(send('POST', url, http.operatorKey, body));
const put = (url: string, body: unknown) => accepted(send('PUT', url, http.operatorKey, body));

/** What a new purchase comes to: its status and, unless all is well, why. A vendor of its own unless one is named. */
async function outcome(change: object = {}): Promise<string> {
  const { body, text, status } = await send('POST', '/v1/procurement/requests', agent, {
    agent_id: 'buyer',
    policy_id: 'pol',
    vendor: `vendor${(number += 1)}`,
    amount: '50.00',
    currency: 'USD',
    intent: `purchase ${number}`,
    project: `project${number}`,
    category: 'other',
    ...change,
  });
  if (status !== 201) throw new Error(text);
  const { reason_code: reason } = body['decision'] as { reason_code: string };
  return `${String(body['status'])} ${reason}`;
}

const policy = (limit: number) => ({
  policy_id: 'pol',
  name: 'Limits',
  rules: [{ rule_id: 'r1', rule_type: 'max_amount', parameters: { limit, currency: 'USD' } }],
});
const usd = (amount: string) => ({ amount, currency: 'USD' });
const matrix = (limit: string) => ({ rows: [{ agent_id: '*', autonomous_limit: usd(limit) }] });
const sourcing = (amount: string) => ({
  tender_thresholds: [
    { category: 'threshold', ...usd(amount) },
    { category: 'works', ...usd('1.00') },
  ],
});
const VALIDITY = { valid_from: '2026-01-01T00:00:00Z', valid_until: '2027-12-31T00:00:00Z' };
const tender = (ceiling: string) => ({
  winner: 'winner.example',
  category: 'works',
  ceiling: usd(ceiling),
  ...VALIDITY,
});
const framework = (ceiling: string) => ({
  supplier: 'framed.example',
  call_off_ceiling: usd(ceiling),
  ...VALIDITY,
});
const supplier = (standing: string) => ({ legal_name: 'Example Supplies Ltd', standing });
const rate = (value: string, date: string) => ({
  base: 'EUR',
  quote: 'USD',
  rate: value,
  date,
  source: 'ecb',
});
const csv = (value: string, correction: string) =>
  `base,quote,rate,date,source,methodology,correction\nGBP,USD,${value},2026-11-18,ecb,daily_close,${correction}\n`;

const configuration = () => http.gateway.configuration.fresh();

async function rateOf(currency: string): Promise<unknown> {
  const answer = await send('GET', `/v1/exchange-rates/applicable?from=${currency}&to=USD`, http.operatorKey);
  return answer.body['rate'];
}

interface Case {
  readonly method: Method;
  /** As in change-table.json. */
  readonly path: string;
  readonly params?: Readonly<Record<string, string>>;
  /** What was in force before the emergency. */
  before(): Promise<unknown>;
  readonly body: unknown;
  /** What decisions see of it. */
  seen(): Promise<unknown>;
}

const CASES: readonly Case[] = [
  {
    method: 'POST',
    path: '/v1/policies',
    before: () => post('/v1/policies', policy(10_000)),
    body: policy(5),
    seen: () => outcome(),
  },
  {
    method: 'PUT',
    path: '/v1/authority-matrix',
    before: () => put('/v1/authority-matrix', matrix('1000.00')),
    body: matrix('5.00'),
    seen: () => outcome(),
  },
  {
    method: 'PUT',
    path: '/v1/sourcing-policies/{sourcing_policy_id}',
    params: { sourcing_policy_id: 'default' },
    before: () => put('/v1/sourcing-policies/default', sourcing('500.00')),
    body: sourcing('5.00'),
    seen: () => outcome({ category: 'threshold' }),
  },
  {
    method: 'PUT',
    path: '/v1/tenders/{tender_reference}',
    params: { tender_reference: 'T-1' },
    before: () => put('/v1/tenders/T-1', tender('1000.00')),
    body: tender('20.00'),
    seen: () => outcome({ vendor: 'winner.example', category: 'works', tender_reference: 'T-1' }),
  },
  {
    method: 'PUT',
    path: '/v1/frameworks/{framework_id}',
    params: { framework_id: 'fw' },
    before: () => put('/v1/frameworks/fw', framework('1000.00')),
    body: framework('20.00'),
    seen: () => outcome({ vendor: 'framed.example', commitment_type: 'call_off', framework_id: 'fw' }),
  },
  {
    method: 'PUT',
    path: '/v1/suppliers/{supplier_id}',
    params: { supplier_id: 'supplies' },
    before: () => put('/v1/suppliers/supplies', supplier('suspended')),
    body: supplier('approved'),
    seen: () => outcome({ vendor: 'supplies' }),
  },
  {
    method: 'POST',
    path: '/v1/exchange-rates',
    before: () => post('/v1/exchange-rates', rate('1.25', '2026-11-18')),
    body: { ...rate('9', '2026-11-18'), correction: true },
    seen: () => rateOf('EUR'),
  },
  {
    method: 'POST',
    path: '/v1/exchange-rates/import',
    before: () => post('/v1/exchange-rates/import', { csv: csv('1.5', '') }),
    body: { csv: csv('9', 'true') },
    seen: () => rateOf('GBP'),
  },
  {
    method: 'PUT',
    path: '/v1/jurisdictions',
    before: () => put('/v1/jurisdictions', { regions: [{ id: 'DACH', members: ['DE', 'AT', 'CH'] }] }),
    body: { regions: [{ id: 'DACH', members: ['AT', 'CH'] }] },
    seen: async () => jurisdictionChain('DE', http.clock.nowMs, (await configuration()).regions),
  },
  {
    method: 'PUT',
    path: '/v1/velocity',
    before: () => put('/v1/velocity', { sensitivity: 'high' }),
    body: { sensitivity: 'off' },
    seen: async () => (await http.gateway.admin.velocity.get()).settings,
  },
  {
    method: 'PATCH',
    path: '/v1/budgets/{budget_id}',
    params: { budget_id: 'all' },
    before: () => Promise.resolve(), // with the limit it was created with
    body: { limit: '1.00', reason: 'Spending is stopped today' },
    seen: () => outcome(),
  },
  {
    method: 'PUT',
    path: '/v1/projects/{project_id}',
    params: { project_id: 'roof' },
    before: () => put('/v1/projects/roof', { name: 'Roof', programme_id: 'estate' }),
    body: { name: 'Roof', programme_id: null },
    seen: async () => (await configuration()).programmes.get('roof'),
  },
  {
    method: 'PATCH',
    path: '/v1/entities/{entity_id}',
    params: { entity_id: 'subsidiary' },
    before: () =>
      post('/v1/entities', {
        entity_id: 'subsidiary',
        name: 'Example Subsidiary',
        country: 'FR',
        base_currency: 'EUR',
        time_zone: 'Europe/Paris',
      }),
    body: { country: 'DE' },
    seen: async () => (await configuration()).entities.get('subsidiary')?.country,
  },
  {
    method: 'PUT',
    path: '/v1/cost-centers/{cost_center_id}',
    params: { cost_center_id: 'platform' },
    before: async () => {
      await put('/v1/cost-centers/engineering', { name: 'Engineering' });
      await put('/v1/cost-centers/platform', { name: 'Platform', parent_id: 'engineering' });
    },
    body: { name: 'Platform' },
    seen: async () => (await configuration()).costCenterAncestors.get('platform'),
  },
  {
    method: 'PATCH',
    path: '/v1/agents/{agent_id}',
    params: { agent_id: 'other' },
    before: () => post('/v1/agents', { agent_id: 'other', name: 'Other', bindings: { policies: ['pol'] } }),
    body: { bindings: {} },
    seen: async () => (await configuration()).agents.get('other')?.bindings,
  },
];

const routeOf = ({ method, path }: Case): string => `${method} ${path}`;
const urlOf = ({ path, params = {} }: Case): string =>
  Object.entries(params).reduce((url, [name, value]) => url.replace(`{${name}}`, value), path);

beforeAll(async () => {
  http = await startHttpGateway();
  for (const id of ['olga', 'pavel']) await post('/v1/operators', { operator_id: id, name: id });
  const keyOf = async (url: string) => (await post(`${url}/keys`)).body['api_key'] as string;
  [olga, pavel] = [await keyOf('/v1/operators/olga'), await keyOf('/v1/operators/pavel')];
  await post('/v1/agents', { agent_id: 'buyer', name: 'Buyer' });
  agent = await keyOf('/v1/agents/buyer');
  const scope = { type: 'agent', id: 'buyer' };
  const budget = {
    budget_id: 'all',
    name: 'All',
    scope,
    period: 'lifetime',
    currency: 'USD',
    limit: '100000.00',
  };
  await post('/v1/budgets', budget);
  for (const each of CASES) await each.before();
  await accepted(send('PATCH', '/v1/settings', http.operatorKey, { change_control: 'four_eyes' }));
});
afterAll(() => http.close());

describe('an emergency change', () => {
  it.each(CASES.map((each) => [routeOf(each), each] as const))(
    'by %s is rolled back by a second person',
    async (_, each) => {
      http.clock.nowMs += 1_000;
      const before = await each.seen();
      const emergency = { 'emergency-reason': 'It could not wait for anybody' };
      const made = await accepted(send(each.method, urlOf(each), olga, each.body, emergency));
      const changeId = String(made.headers['emergency-change-id']);
      expect(await each.seen()).not.toEqual(before);
      const { body: change } = await send('GET', `/v1/changes/${changeId}`, pavel);
      expect(change).toMatchObject({ status: 'unreviewed_emergency', emergency: { can_roll_back: true } });
      const fields = (change['difference'] as { field: string }[]).map(({ field }) => field);
      expect(fields.filter((field) => field !== '/version' && !field.endsWith('_sha256'))).not.toEqual([]);

      http.clock.nowMs += 1_000;
      const url = `/v1/changes/${changeId}/roll-back`;
      const own = await send('POST', url, olga, { reason: 'Back' });
      expect(own).toMatchObject({ status: 403, body: { code: 'own_change' } });
      const rolledBack = await send('POST', url, pavel, { reason: 'It was not needed' });
      expect(rolledBack.status, rolledBack.text).toBe(200);
      expect(rolledBack.body['change']).toMatchObject({ status: 'rolled_back', reviewer: 'pavel' });
      expect(await each.seen()).toEqual(before);
    },
  );

  it('of a matrix that waits for its date is rolled back before it, and after it', async () => {
    const emergency = { 'emergency-reason': 'It could not wait for anybody' };
    http.clock.nowMs = Date.now(); // the database's clock says which matrices are worth loading
    const effective = new Date(http.clock.nowMs + 3_600_000).toISOString();
    for (const waitMs of [0, 7_200_000]) {
      const body = { ...matrix('5.00'), effective_from: effective };
      const made = await accepted(send('PUT', '/v1/authority-matrix', olga, body, emergency));
      const changeId = String(made.headers['emergency-change-id']);
      http.clock.nowMs += waitMs;
      expect(await outcome()).toBe(waitMs === 0 ? 'approved ok' : 'denied above_top_tier');
      await accepted(send('POST', `/v1/changes/${changeId}/roll-back`, pavel, { reason: 'Not needed' }));
      expect(await outcome()).toBe('approved ok');
    }
    http.clock.nowMs += 7_200_000;
    expect(await outcome()).toBe('approved ok');
    const past = { ...matrix('5.00'), effective_from: '2026-01-01T00:00:00Z' };
    expect(await send('PUT', '/v1/authority-matrix', olga, past, emergency)).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'effective_from', code: 'never_in_force' }] },
    });
  });

  it('that corrects one rate and adds another has nothing to bring back for the new one', async () => {
    const rates = [{ ...rate('7', '2026-11-18'), correction: true }, rate('8', '2026-11-17')];
    const emergency = { 'emergency-reason': 'It could not wait for anybody' };
    const made = await accepted(send('POST', '/v1/exchange-rates', olga, { rates }, emergency));
    const url = `/v1/changes/${String(made.headers['emergency-change-id'])}/roll-back`;
    expect(await send('POST', url, pavel, { reason: 'Back' })).toMatchObject({
      status: 409,
      body: { code: 'nothing_to_roll_back' },
    });
  });
});

describe('every controlled operation', () => {
  it('is rolled back above, or says in the table why it cannot be', () => {
    const page = readFileSync(new URL('../../docs/concepts/change-control.md', import.meta.url), 'utf8');
    const section = page.slice(page.indexOf('### What cannot be rolled back'));
    const rows = [...section.matchAll(/^\| `((?:POST|PUT|PATCH) [^`]+)` +\| (\S.*?) +\|$/gm)];
    const excused = rows.map(([, route = '']) => route);
    expect(rows.every(([, , reason = '']) => reason.length > 20)).toBe(true);
    const controlled = Object.entries(changeTable).flatMap(([route, kind]) =>
      kind === 'controlled' ? [route] : [],
    );
    expect([...CASES.map(routeOf), ...excused].toSorted()).toEqual(controlled.toSorted());
  });
});

describe('the record of all this', () => {
  it('is whole, and its decisions can be made again', async () => {
    const { gateway } = http;
    while ((await gateway.sequencer.run()).outcome === 'appended');
    const { differences } = await verifyDatabase({
      database: gateway.database,
      verifierKey: parseVerifierKey(gateway.logReader.verifierKey()),
      fingerprintOf: (subject, terms) => fingerprintOf(actionOfTerms(subject, terms)),
    });
    expect(differences).toEqual([]);
    expect((await recomputeDecisions(gateway.database.pool)).differences).toEqual([]);
  });
});
