import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { parseVerifierKey } from '@countersign/audit';

import { actionOfTerms } from '../../packages/server/src/gate/entry-body.ts';
import { fingerprintOf } from '../../packages/server/src/gate/resolve-action.ts';
import { verifyDatabase } from '../../packages/server/src/record/verify-database.ts';
import { recomputeDecisions } from '../../packages/server/src/gate/recompute-decisions.ts';
import { type HttpAnswer, type HttpGateway, startHttpGateway } from '../harness/http-gateway.ts';
import { ledgerFaults, recordFaults } from '../harness/installation.ts';

let http: HttpGateway;
let agent: string;
let operators: { mia: string; noa: string };
let anna: string;
let number = 0;

const REQUESTS = '/v1/procurement/requests';
const DAY_MS = 86_400_000;

beforeAll(async () => {
  http = await startHttpGateway();
  const key = http.operatorKey;
  const post = async (url: string, body?: object): Promise<HttpAnswer> => {
    const answer = await http.call({ method: 'POST', url, key, ...(body === undefined ? {} : { body }) });
    if (answer.status !== 201) throw new Error(`${url}: ${answer.text}`);
    return answer;
  };
  const keyOf = async (url: string): Promise<string> => (await post(`${url}/keys`)).body['api_key'] as string;
  await post('/v1/entities', {
    entity_id: 'housing',
    name: 'Example housing authority',
    country: 'GB',
    base_currency: 'GBP',
    time_zone: 'Europe/London',
  });
  await post('/v1/agents', {
    agent_id: 'repairs',
    name: 'Repairs',
    team: 'estates',
    entity_id: 'housing',
    owner: 'owen@example.com',
  });
  await post('/v1/operators', { operator_id: 'mia', name: 'Mia' });
  await post('/v1/operators', { operator_id: 'noa', name: 'Noa' });
  await post('/v1/approvers', { approver_id: 'anna', name: 'Anna', email: 'anna@example.com' });
  await post('/v1/policies', {
    policy_id: 'pol',
    name: 'Estates',
    rules: [{ rule_id: 'max', rule_type: 'max_amount', parameters: { limit: 1000000, currency: 'GBP' } }],
  });
  await post('/v1/budgets', {
    budget_id: 'estates',
    name: 'Estates',
    scope: { type: 'team', id: 'estates' },
    period: 'lifetime',
    currency: 'GBP',
    limit: '10000000.00',
  });
  agent = await keyOf('/v1/agents/repairs');
  operators = { mia: await keyOf('/v1/operators/mia'), noa: await keyOf('/v1/operators/noa') };
  anna = await keyOf('/v1/approvers/anna');
});

afterAll(async () => {
  const { pool } = http.gateway.database;
  expect(await ledgerFaults(pool)).toEqual([]);
  expect(await recordFaults(http.gateway)).toEqual([]);
  const report = await recomputeDecisions(pool);
  expect(report.differences).toEqual([]);
  expect(report.checked).toBeGreaterThan(30);
  const { database, logReader } = http.gateway;
  const audited = await verifyDatabase({
    database,
    verifierKey: parseVerifierKey(logReader.verifierKey()),
    fingerprintOf: (subject, terms) => fingerprintOf(actionOfTerms(subject, terms)),
  });
  expect(audited.differences).toEqual([]);
  await http.close();
});

/** Each test has a category, a supplier and a project of its own, so that none is related to another's. */
function fresh(): { category: string; vendor: string; project: string } {
  number += 1;
  return { category: `cat${number}`, vendor: `roofers${number}.example`, project: `estate${number}` };
}

async function put(url: string, body: object): Promise<HttpAnswer> {
  const answer = await http.call({ method: 'PUT', url, key: operators.mia, body });
  expect(answer.status, answer.text).toBe(200);
  return answer;
}

function buy(body: object): Promise<HttpAnswer> {
  return http.call({
    method: 'POST',
    url: REQUESTS,
    key: agent,
    body: { agent_id: 'repairs', policy_id: 'pol', currency: 'GBP', intent: `work ${number}`, ...body },
  });
}

function charge(bought: HttpAnswer, vendor: string): Promise<HttpAnswer> {
  const { amount } = bought.body;
  return http.call({
    method: 'POST',
    url: `/v1/sandbox/cards/${bought.body['checkout'].card_id}/authorizations`,
    key: http.operatorKey,
    body: { amount, currency: 'GBP', merchant: { domain: vendor } },
  });
}

/** A policy of its own for each test: they add up, so a category keeps them apart. */
async function threshold(category: string, amount: string, more: object = {}): Promise<void> {
  await put(`/v1/sourcing-policies/for-${category}`, {
    tender_thresholds: [{ jurisdiction: 'GB', category, amount, currency: 'GBP' }],
    on_missing: 'ignore',
    ...more,
  });
}

const inDays = (days: number): string => new Date(http.clock.nowMs + days * DAY_MS).toISOString();

function reasonsOf(answer: HttpAnswer): string[] {
  const { findings } = answer.body['decision'] as { findings: { outcome: string; reason_code: string }[] };
  return findings.filter(({ outcome }) => outcome !== 'pass').map(({ reason_code: reason }) => reason);
}

async function waiverFor(body: object): Promise<string> {
  const asked = await http.call({
    method: 'POST',
    url: '/v1/sourcing-waivers',
    key: operators.mia,
    body: { valid_until: inDays(30), reason: 'The roof is open.', ...body },
  });
  expect(asked.status, asked.text).toBe(201);
  return asked.body['waiver_id'] as string;
}

function decideWaiver(waiverId: string, verb: string, key: string): Promise<HttpAnswer> {
  return http.call({ method: 'POST', url: `/v1/sourcing-waivers/${waiverId}/${verb}`, key });
}

describe('a tender threshold', () => {
  it('lets the threshold itself pass and denies one minor unit above it', async () => {
    const { category, vendor } = fresh();
    await threshold(category, '25000.00');
    const at = await buy({ vendor, category, amount: '25000.00', cost_center: 'a' });
    expect(at.body['status'], at.text).toBe('approved');
    const other = fresh();
    const above = await buy({ vendor: other.vendor, category, amount: '25000.01', cost_center: 'b' });
    expect(above.body).toMatchObject({ status: 'denied', decision: { reason_code: 'tender_required' } });
    expect(above.body['decision'].findings[0].next_step).toBeTruthy();
  });

  it('stops the second of three parts of one roof, for the sum (scenario C)', async () => {
    const { category, vendor, project } = fresh();
    await threshold(category, '25000.00');
    const part = (amount: string, intent: string) =>
      buy({ vendor, category, project, amount, intent, cost_center: 'roofs' });
    const materials = await part('22500.00', 'materials for the roof of the estate');
    expect(materials.body['status'], materials.text).toBe('approved');
    const labour = await part('22000.00', 'labour for the roof of the estate');
    expect(labour.body).toMatchObject({
      status: 'denied',
      decision: { reason_code: 'split_order_detected' },
    });
    const { findings } = labour.body['decision'] as { findings: { control: string }[] };
    const finding = findings.find(({ control }) => control === 'tender_threshold');
    expect(finding).toMatchObject({
      outcome: 'deny',
      clause: 'AG-642 4.4',
      observed: '44500.00 GBP',
      related_request_ids: [materials.body['request_id']],
    });
  });

  it('compares the estimated contract value where it is larger, and net where it says so', async () => {
    const { category, vendor } = fresh();
    await threshold(category, '25000.00');
    const contract = await buy({ vendor, category, amount: '10.00', estimated_contract_value: '25000.01' });
    expect(reasonsOf(contract)).toEqual(['tender_required']);
    const second = fresh();
    await put(`/v1/sourcing-policies/for-${second.category}`, {
      tender_thresholds: [
        { jurisdiction: 'GB', category: second.category, amount: '25000', currency: 'GBP', basis: 'net' },
      ],
      on_missing: 'ignore',
    });
    const details = (net: string) => ({
      category: second.category,
      vendor: second.vendor,
      amount: '30000.00',
      amount_details: { net },
    });
    expect((await buy(details('1.00'))).body['status']).toBe('denied');
    expect((await buy(details('25000.01'))).body['status']).toBe('denied');
    expect((await buy(details('25000.00'))).body['status']).toBe('approved');
  });

  it('does not add up a repetition that is explained', async () => {
    const { category, vendor, project } = fresh();
    await threshold(category, '100.00', {
      repetition: [{ category, up_to: { amount: '60.00', currency: 'GBP' }, reason: 'A hotel, each night.' }],
    });
    const night = () => buy({ vendor, category, project, amount: '60.00' });
    expect([(await night()).body['status'], (await night()).body['status']]).toEqual([
      'approved',
      'approved',
    ]);
    const suite = await buy({ vendor, category, project, amount: '60.01' });
    expect(suite.body['status']).toBe('approved');
    const again = await buy({ vendor, category, project, amount: '60.02' });
    expect(reasonsOf(again)).toEqual(['split_order_detected']);
  });
});

describe('a tender', () => {
  it('covers up to its ceiling, its winner alone, and while it is valid', async () => {
    const { category, vendor } = fresh();
    await threshold(category, '25000.00');
    const tender = { winner: vendor, category, ceiling: { amount: '60000.00', currency: 'GBP' } };
    const validity = { valid_from: inDays(-1), valid_until: inDays(1) };
    await put(`/v1/tenders/T-${category}`, { ...tender, ...validity });
    const tendered = (amount: string, more: object = {}) =>
      buy({ vendor, category, amount, tender_reference: `T-${category}`, cost_center: 'x', ...more });
    expect((await tendered('40000.00')).body).toMatchObject({
      status: 'approved',
      tender_reference: `T-${category}`,
    });
    expect(reasonsOf(await tendered('20000.01'))).toContain('tender_ceiling_exceeded');
    expect((await tendered('20000.00')).body['status']).toBe('approved');
    expect(reasonsOf(await tendered('0.01'))).toContain('tender_ceiling_exceeded');
    expect(reasonsOf(await tendered('30000.00', { vendor: 'other.example' }))).toContain('tender_invalid');
    expect(reasonsOf(await tendered('1.00', { tender_reference: 'T-unknown' }))).toContain('tender_invalid');
    // What was awarded beyond it is recorded, and acts at once.
    await put(`/v1/tenders/T-${category}`, {
      ...tender,
      ceiling: { amount: '60001.00', currency: 'GBP' },
      ...validity,
    });
    expect((await tendered('1.00')).body['status']).toBe('approved');
    const other = await http.call({
      method: 'PUT',
      url: `/v1/tenders/T-${category}`,
      key: operators.mia,
      body: { ...tender, ceiling: { amount: '1.00', currency: 'EUR' }, ...validity },
    });
    expect(other).toMatchObject({ status: 422, body: { errors: [{ code: 'currency_fixed' }] } });
  });

  it('that ends to the millisecond before the charge declines it and ends the purchase', async () => {
    const { category, vendor } = fresh();
    await threshold(category, '25000.00');
    const endMs = http.clock.nowMs + 1_000;
    await put(`/v1/tenders/T-${category}`, {
      winner: vendor,
      ceiling: { amount: '90000.00', currency: 'GBP' },
      valid_from: inDays(-1),
      valid_until: new Date(endMs).toISOString(),
    });
    const tendered = () => buy({ vendor, category, amount: '26000.00', tender_reference: `T-${category}` });
    const [first, second] = [await tendered(), await tendered()];
    http.clock.nowMs = endMs - 1;
    expect((await charge(first, vendor)).body).toMatchObject({ approved: true });
    http.clock.nowMs = endMs;
    expect((await charge(second, vendor)).body).toMatchObject({ approved: false, reason: 'tender_invalid' });
    const shown = await http.call({
      method: 'GET',
      url: `${REQUESTS}/${second.body['request_id']}`,
      key: agent,
    });
    expect(shown.body['status']).toBe('denied');
  });
});

describe('a waiver', () => {
  it('is never decided by its author, and covers nothing before', async () => {
    const { category, vendor } = fresh();
    await threshold(category, '25000.00');
    const waiverId = await waiverFor({ supplier: vendor, up_to: { amount: '30000.00', currency: 'GBP' } });
    const own = await decideWaiver(waiverId, 'approve', operators.mia);
    expect(own).toMatchObject({ status: 403, body: { code: 'own_change' } });
    expect(reasonsOf(await buy({ vendor, category, amount: '30000.00' }))).toEqual(['tender_required']);
    expect((await decideWaiver(waiverId, 'approve', anna)).body).toMatchObject({
      status: 'approved',
      created_by: 'mia',
      decided_by: 'anna',
    });
    expect((await decideWaiver(waiverId, 'approve', anna)).status).toBe(409);
    expect(reasonsOf(await buy({ vendor, category, amount: '30000.01' }))).toEqual(['tender_required']);
    const covered = await buy({ vendor, category, amount: '30000.00' });
    expect(covered.body['status'], covered.text).toBe('approved');
    expect(reasonsOf(await buy({ vendor, category, amount: '25000.01' }))).toEqual(['tender_required']);
  });

  it('is not used up by what needs none', async () => {
    const { category, vendor } = fresh();
    await threshold(category, '100.00');
    const waiverId = await waiverFor({ supplier: vendor, up_to: { amount: '150.00', currency: 'GBP' } });
    await decideWaiver(waiverId, 'approve', operators.noa);
    const small = await buy({ vendor, category, amount: '100.00', cost_center: 'one' });
    expect(small.body['status']).toBe('approved');
    expect((await buy({ vendor, category, amount: '150.00', cost_center: 'two' })).body['status']).toBe(
      'approved',
    );
  });

  it('that is revoked before the charge declines it', async () => {
    const { category, vendor } = fresh();
    await threshold(category, '100.00');
    const waiverId = await waiverFor({ supplier: vendor, up_to: { amount: '150.00', currency: 'GBP' } });
    await decideWaiver(waiverId, 'approve', operators.noa);
    const bought = await buy({ vendor, category, amount: '150.00', waiver_id: waiverId });
    expect(bought.body, bought.text).toMatchObject({ status: 'approved', waiver_id: waiverId });
    expect((await decideWaiver(waiverId, 'revoke', operators.mia)).body['status']).toBe('revoked');
    expect((await charge(bought, vendor)).body).toMatchObject({ approved: false, reason: 'tender_required' });
  });

  it('lapses by itself', async () => {
    const { category, vendor } = fresh();
    await threshold(category, '100.00');
    const endMs = http.clock.nowMs + 500;
    const waiverId = await waiverFor({
      supplier: vendor,
      up_to: { amount: '1000.00', currency: 'GBP' },
      valid_until: new Date(endMs).toISOString(),
    });
    await decideWaiver(waiverId, 'approve', operators.noa);
    http.clock.nowMs = endMs - 1;
    expect((await buy({ vendor, category, amount: '150.00' })).body['status']).toBe('approved');
    http.clock.nowMs = endMs;
    expect(reasonsOf(await buy({ vendor, category, amount: '151.00' }))).toEqual(['tender_required']);
    const shown = await http.call({ method: 'GET', url: `/v1/sourcing-waivers/${waiverId}`, key: anna });
    expect(shown.body['status']).toBe('lapsed');
  });
});

describe('a framework agreement', () => {
  const framework = (vendor: string, category: string, more: object = {}) => ({
    supplier: vendor,
    categories: [category],
    call_off_ceiling: { amount: '1000.00', currency: 'GBP' },
    per_call_off_max: { amount: '600.00', currency: 'GBP' },
    valid_from: inDays(-1),
    valid_until: inDays(10),
    teams: ['estates'],
    pre_approved: true,
    ...more,
  });

  it('is called off within its ceiling, without a tender and without being added up', async () => {
    const { category, vendor, project } = fresh();
    await threshold(category, '100.00');
    await put(`/v1/frameworks/F-${category}`, framework(vendor, category));
    const callOff = (amount: string, more: object = {}) =>
      buy({
        vendor,
        category,
        project,
        amount,
        commitment_type: 'call_off',
        framework_id: `F-${category}`,
        ...more,
      });
    expect((await callOff('600.00')).body).toMatchObject({
      status: 'approved',
      framework_id: `F-${category}`,
    });
    expect(reasonsOf(await callOff('600.01'))).toContain('framework_ceiling_exceeded');
    expect(reasonsOf(await callOff('400.01'))).toEqual(['framework_ceiling_exceeded']);
    expect((await callOff('400.00', { commitment_type: 'blanket' })).body['status']).toBe('approved');
    expect(reasonsOf(await callOff('0.01'))).toEqual(['framework_ceiling_exceeded']);
    // An ordinary purchase for the same project sees none of it.
    expect((await buy({ vendor, category, project, amount: '100.00' })).body['status']).toBe('approved');
  });

  it('says why it does not hold', async () => {
    const { category, vendor } = fresh();
    await put(`/v1/frameworks/F-${category}`, framework(vendor, category));
    const refused = async (more: object): Promise<string[]> =>
      reasonsOf(
        await buy({
          vendor,
          category,
          amount: '10.00',
          commitment_type: 'call_off',
          framework_id: `F-${category}`,
          ...more,
        }),
      );
    expect(await refused({ vendor: 'another.example' })).toEqual(['framework_supplier_mismatch']);
    expect(await refused({ category: 'other' })).toEqual(['framework_category_mismatch']);
    expect(await refused({ category: undefined })).toEqual(['framework_category_mismatch']);
    expect(await refused({ commitment_type: 'purchase' })).toEqual(['framework_commitment_type']);
    expect(await refused({ framework_id: 'F-none' })).toEqual(['framework_not_found']);
    expect(await refused({ amount: '600.01' })).toEqual(['framework_call_off_too_large']);
    expect(await refused({})).toEqual([]);
    await put(`/v1/frameworks/F-${category}`, framework(vendor, category, { valid_until: inDays(0) }));
    expect(await refused({})).toEqual(['framework_not_valid']);
    await put(`/v1/frameworks/F-${category}`, framework(vendor, category, { teams: ['others'] }));
    expect(await refused({})).toEqual(['framework_not_for_agent']);
    await put(`/v1/frameworks/F-${category}`, framework(vendor, category, { pre_approved: false }));
    expect(await refused({})).toEqual(['framework_call_off_review']);
  });
});

describe('what changes between approval and execution', () => {
  it('denies at the signature and at the till when the supplier becomes prohibited', async () => {
    const { category, vendor } = fresh();
    const id = `for-${category}`;
    await put(`/v1/sourcing-policies/${id}`, {
      applies_to: { agents: ['repairs'] },
      category_rules: [{ category, requires: 'tender', on_violation: 'hold' }],
      on_missing: 'ignore',
    });
    const held = await buy({ vendor, category, amount: '10.00' });
    expect(held.body['status'], held.text).toBe('held');
    const { vendor: paid } = fresh();
    const bought = await buy({ vendor: paid, amount: '10.00', category: 'unruled' });
    expect(bought.body['status'], bought.text).toBe('approved');
    await put(`/v1/sourcing-policies/${id}`, { prohibited_suppliers: [vendor, paid] });
    const signed = await http.call({
      method: 'POST',
      url: `/v1/approvals/${held.body['approval'].approval_id}/approve`,
      key: anna,
      body: { authorization_reference: 'DOA-1' },
    });
    expect(signed.status, signed.text).toBe(200);
    const after = await http.call({
      method: 'GET',
      url: `${REQUESTS}/${held.body['request_id']}`,
      key: agent,
    });
    expect(after.body).toMatchObject({ status: 'denied', decision: { reason_code: 'supplier_prohibited' } });
    expect((await charge(bought, paid)).body).toMatchObject({
      approved: false,
      reason: 'supplier_prohibited',
    });
    await put(`/v1/sourcing-policies/${id}`, {});
  });

  it('denies at the till when the threshold is lowered', async () => {
    const { category, vendor } = fresh();
    await threshold(category, '100.00');
    const bought = await buy({ vendor, category, amount: '100.00' });
    await threshold(category, '99.99');
    expect((await charge(bought, vendor)).body).toMatchObject({ approved: false, reason: 'tender_required' });
  });
});

describe('publishing', () => {
  it('reports all faults at once, each with its place, and leaves what was active', async () => {
    await put('/v1/sourcing-policies/kept', { prohibited_suppliers: ['never.example'] });
    const refused = await http.call({
      method: 'PUT',
      url: '/v1/sourcing-policies/kept',
      key: operators.mia,
      body: {
        tender_thresholds: [
          { jurisdiction: 'GB', category: 'Works', amount: '0', currency: 'GBP' },
          { jurisdiction: 'gb', category: 'works', amount: '10', currency: 'GBP' },
          { jurisdiction: 'XX', category: '*', amount: '10', currency: 'XYZ' },
        ],
        preferred_suppliers: [{ category: 'a', suppliers: ['b c'] }],
        surprise: true,
      },
    });
    expect(refused.status).toBe(422);
    const faults = (refused.body['errors'] as { field: string; code: string }[]).map(
      ({ field, code }) => `${field} ${code}`,
    );
    expect(faults.sort()).toEqual([
      'preferred_suppliers[0].suppliers[0] vendor_has_space',
      'surprise unknown_field',
      'tender_thresholds[0].amount amount_is_zero',
      'tender_thresholds[1] duplicate_threshold',
      'tender_thresholds[2].currency unknown_currency',
      'tender_thresholds[2].jurisdiction unknown_jurisdiction',
    ]);
    const contradiction = await http.call({
      method: 'PUT',
      url: '/v1/sourcing-policies/kept',
      key: operators.mia,
      body: { prohibited_suppliers: ['*.co.uk'], preferred_suppliers: [{ suppliers: ['shop.co.uk'] }] },
    });
    expect(contradiction.status).toBe(422);
    const shown = await http.call({ method: 'GET', url: '/v1/sourcing-policies/kept', key: operators.mia });
    expect(shown.body).toMatchObject({ version: 1, prohibited_suppliers: ['never.example'] });
    expect(reasonsOf(await buy({ vendor: 'never.example', amount: '1.00' }))).toContain(
      'supplier_prohibited',
    );
  });

  it('keeps every version', async () => {
    await put('/v1/sourcing-policies/versions', { name: 'first' });
    await put('/v1/sourcing-policies/versions', { name: 'second' });
    const read = async (query: string): Promise<HttpAnswer['body']> =>
      (await http.call({ method: 'GET', url: `/v1/sourcing-policies/versions${query}`, key: operators.mia }))
        .body;
    expect(await read('')).toMatchObject({ version: 2, name: 'second', status: 'active' });
    expect(await read('?version=1')).toMatchObject({ version: 1, name: 'first', status: 'retired' });
    const all = await http.call({ method: 'GET', url: '/v1/sourcing-policies', key: operators.mia });
    expect(all.body['data'].length).toBeGreaterThan(3);
  });
});

// Last: it changes how everything after it takes effect.
describe('under `four_eyes`', () => {
  it('a policy waits for a second person, a waiver has one of its own', async () => {
    const set = await http.call({
      method: 'PATCH',
      url: '/v1/settings',
      key: operators.mia,
      body: { change_control: 'four_eyes' },
    });
    expect(set.status, set.text).toBe(200);
    const { category, vendor } = fresh();
    const drafted = await http.call({
      method: 'PUT',
      url: '/v1/sourcing-policies/drafted',
      key: operators.mia,
      body: { prohibited_suppliers: [vendor] },
    });
    expect(drafted.status, drafted.text).toBe(202);
    expect((await buy({ vendor, category, amount: '1.00' })).body['status']).toBe('approved');
    const approved = await http.call({
      method: 'POST',
      url: `/v1/changes/${drafted.body['change_id']}/approve`,
      key: operators.noa,
    });
    expect(approved.status, approved.text).toBe(200);
    expect(reasonsOf(await buy({ vendor, category, amount: '2.00' }))).toEqual(['supplier_prohibited']);
    const waiverId = await waiverFor({ supplier: vendor, up_to: { amount: '1.00', currency: 'GBP' } });
    expect((await decideWaiver(waiverId, 'approve', operators.mia)).status).toBe(403);
    expect((await decideWaiver(waiverId, 'approve', operators.noa)).body['status']).toBe('approved');
  });
});
