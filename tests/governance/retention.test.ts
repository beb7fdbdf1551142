// How long text is kept, what keeps it longer, and what is left when it is gone: the record still holds, and says so.
import { parseVerifierKey } from '@countersign/audit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { actionOfTerms } from '../../packages/server/src/gate/entry-body.ts';
import { recomputeDecisions } from '../../packages/server/src/gate/recompute-decisions.ts';
import { fingerprintOf } from '../../packages/server/src/gate/resolve-action.ts';
import { verifyDatabase } from '../../packages/server/src/record/verify-database.ts';
import {
  type Cast,
  type HttpAnswer,
  type HttpCall,
  type HttpGateway,
  SEED_BODY,
  setUpCast,
  startHttpGateway,
} from '../harness/http-gateway.ts';
import { dumpOfEverything, entryBodies } from '../harness/test-admin.ts';

const SECRET = 'renewal for the Zebrowski matter';
let http: HttpGateway;
let cast: Cast;
let second: string;

const call = (
  method: HttpCall['method'],
  url: string,
  body?: unknown,
  key = http.operatorKey,
): Promise<HttpAnswer> => http.call({ method, url, key, ...(body === undefined ? {} : { body }) });

beforeAll(async () => {
  http = await startHttpGateway();
  cast = await setUpCast(http);
  await call('POST', '/v1/operators', { operator_id: 'second', name: 'Second' });
  second = (await call('POST', '/v1/operators/second/keys')).body['api_key'] as string;
});
afterAll(() => http.close());

/** A purchase that has ended, with text in every place that can hold some. */
async function endedPurchase(intent = SECRET): Promise<string> {
  const made = await call(
    'POST',
    '/v1/procurement/requests',
    { ...SEED_BODY, amount: 3000, intent },
    cast.agent,
  );
  expect(made.status, made.text).toBe(201);
  const approvalId = made.body['approval'].approval_id as string;
  const rejected = await call(
    'POST',
    `/v1/approvals/${approvalId}/reject`,
    { reason: `${intent}: no` },
    cast.approver,
  );
  expect(rejected.status, rejected.text).toBe(200);
  return made.body['request_id'] as string;
}

async function heldPurchase(): Promise<string> {
  const made = await call(
    'POST',
    '/v1/procurement/requests',
    { ...SEED_BODY, amount: 3001, intent: 'still open' },
    cast.agent,
  );
  return made.body['request_id'] as string;
}

const intentOf = async (requestId: string): Promise<unknown> =>
  (await call('GET', `/v1/procurement/requests/${requestId}`)).body['intent'];

/** Everything the auditor can check about the whole database. */
async function faults(): Promise<object> {
  const { gateway } = http;
  while ((await gateway.sequencer.run()).outcome === 'appended');
  const owner = gateway.database;
  const { differences } = await verifyDatabase({
    database: owner,
    verifierKey: parseVerifierKey(gateway.logReader.verifierKey()),
    fingerprintOf: (subject, terms) => fingerprintOf(actionOfTerms(subject, terms)),
  });
  const recomputed = await recomputeDecisions(owner.pool);
  expect(recomputed.checked).toBeGreaterThan(0);
  return { differences, decisions: recomputed.differences };
}

const DAY_MS = 86_400_000;
/** Ids are made from the clock of the machine, so the time of a purchase begins at whichever of the two is later. */
const latestMs = (): number => Math.max(http.clock.nowMs, Date.now());

const NO_FAULTS = { differences: [], decisions: [] };

describe('erasure on request', () => {
  it('takes the text and its salts away for good, and leaves a record that still holds', async () => {
    const requestId = await endedPurchase();
    const other = await endedPurchase('kept as it is');
    expect(await intentOf(requestId)).toBe(SECRET);
    const answer = await call('POST', '/v1/erasures', { request_ids: [requestId], reason: 'Asked for' });
    expect(answer).toMatchObject({ status: 201, body: { kind: 'purchase', subject_ids: [requestId] } });
    expect(await intentOf(requestId)).toBeNull();
    expect(await intentOf(other)).toBe('kept as it is');
    expect(await dumpOfEverything(http.gateway.database.pool)).not.toContain('Zebrowski');
    const { rows } = await http.gateway.database.pool.query('SELECT salt FROM note WHERE request_id = $1', [
      requestId,
    ]);
    expect(rows).toEqual([{ salt: Buffer.alloc(0) }]);
    const entries = await entryBodies(http.gateway.database.pool);
    expect(entries.at(-1)).toMatchObject({ type: 'text.erased', erased: [requestId] });
    expect(await faults()).toEqual(NO_FAULTS);
  });

  it('is refused for what has not ended, is not there, or is not said', async () => {
    const open = await heldPurchase();
    const ended = await endedPurchase('beside an open one');
    for (const [body, code] of [
      [{ request_ids: [ended, open], reason: 'x' }, 'conflict'],
      [{ request_ids: [ended, 'preq_nothing'], reason: 'x' }, 'invalid'],
      [{ request_ids: [ended], principal_id: 'anna', reason: 'x' }, 'invalid'],
      [{ reason: 'x' }, 'invalid'],
      [{ principal_id: 'anna', reason: 'x' }, 'conflict'],
      [{ principal_id: 'nobody', reason: 'x' }, 'not_found'],
    ] as const) {
      expect((await call('POST', '/v1/erasures', body)).body['code'], JSON.stringify(body)).toBe(code);
    }
    expect(await intentOf(ended)).toBe('beside an open one');
  });

  it('takes the name and address of a person who has left', async () => {
    await call('POST', '/v1/approvers', {
      approver_id: 'left',
      name: 'Xaverius Quill',
      email: 'quill@example.com',
    });
    await call('POST', '/v1/principals/left/disable', { reason: 'Quill retired' });
    const erased = await call('POST', '/v1/erasures', { principal_id: 'left', reason: 'Asked for' });
    expect(erased.status, erased.text).toBe(201);
    expect((await call('GET', '/v1/principals/left')).body).toMatchObject({ name: '(erased)', email: null });
    expect(await dumpOfEverything(http.gateway.database.pool)).not.toMatch(/quill/i);
    expect(await faults()).toEqual(NO_FAULTS);
  });
});

describe('a legal hold', () => {
  it('blocks erasure on request, and by time, until a second person releases it', async () => {
    const requestId = await endedPurchase('evidence');
    const placed = await call('POST', '/v1/legal-holds', {
      scope: { agent_ids: ['agent_ops_042'] },
      reason: 'Matter 17',
    });
    expect(placed).toMatchObject({ status: 201, body: { status: 'active' } });
    const holdId = placed.body['hold_id'] as string;
    const erase = () => call('POST', '/v1/erasures', { request_ids: [requestId], reason: 'Asked for' });
    expect(await erase()).toMatchObject({ status: 409, body: { code: 'legal_hold' } });

    const started = http.clock.nowMs;
    http.clock.nowMs = latestMs() + 2_600 * DAY_MS;
    await http.gateway.admin.retention.eraseExpired();
    expect(await intentOf(requestId)).toBe('evidence');
    const listed = await call('GET', '/v1/retention/purchases?limit=200', undefined, cast.auditor);
    expect(
      (listed.body['data'] as Record<string, unknown>[]).find((row) => row['request_id'] === requestId),
    ).toMatchObject({ erased: false, kept_by: 'legal_hold', hold_ids: [holdId] });
    http.clock.nowMs = started;

    const release = (key: string) =>
      call('POST', `/v1/legal-holds/${holdId}/release`, { reason: 'Closed' }, key);
    expect(await release(http.operatorKey)).toMatchObject({
      status: 403,
      body: { code: 'second_person_required' },
    });
    expect(await erase()).toMatchObject({ status: 409 });
    expect(await release(second)).toMatchObject({ status: 200, body: { status: 'released' } });
    expect((await erase()).status).toBe(201);
    expect(await faults()).toEqual(NO_FAULTS);
  });

  it('has one scope, that says what it is about', async () => {
    for (const scope of [
      {},
      { everything: true, agent_ids: ['agent_other'] },
      { subject_ids: ['anna'], vendors: ['aws'] },
      { from: '2026-02-01T00:00:00Z', until: '2026-01-01T00:00:00Z' },
    ]) {
      expect(await call('POST', '/v1/legal-holds', { scope, reason: 'x' })).toMatchObject({ status: 422 });
    }
  });
});

describe('retention', () => {
  it('is seven years unless it is set otherwise, by kind', async () => {
    expect((await call('GET', '/v1/retention')).body['kinds']).toEqual([
      { kind: 'purchase', months: 84, kept_since: '2019-11-18T10:00:00.000Z' },
      { kind: 'configuration', months: 84, kept_since: '2019-11-18T10:00:00.000Z' },
      { kind: 'change', months: 84, kept_since: '2019-11-18T10:00:00.000Z' },
    ]);
    await call('PATCH', '/v1/settings', { retention_months: { change: 24 } });
    expect((await call('GET', '/v1/settings')).body['retention_months']).toEqual({
      purchase: 84,
      configuration: 84,
      change: 24,
    });
    expect(await call('PATCH', '/v1/settings', { retention_months: { purchase: 0 } })).toMatchObject({
      status: 422,
    });
  });

  it('erases what is past its time, nothing sooner, and what is open never', async () => {
    const [ended, open] = [await endedPurchase('old text'), await heldPurchase()];
    await call('PATCH', '/v1/agents/agent_other', { name: 'Replaced Name' });
    const named = async () => (await dumpOfEverything(http.gateway.database.pool)).includes('"Another"');
    const madeAt = latestMs();
    const started = http.clock.nowMs;
    http.clock.nowMs = madeAt + 2_500 * DAY_MS;
    await http.gateway.admin.retention.eraseExpired();
    expect([await intentOf(ended), await named()]).toEqual(['old text', true]);
    http.clock.nowMs = madeAt + 2_600 * DAY_MS;
    expect(await http.gateway.admin.retention.eraseExpired()).toBeGreaterThan(0);
    expect(await http.gateway.admin.retention.eraseExpired()).toBe(0);
    expect([await intentOf(ended), await named()]).toEqual([null, false]);
    expect(await intentOf(open)).toBe('still open');
    expect((await call('GET', '/v1/agents/agent_other')).body['name']).toBe('Replaced Name');
    expect((await call('GET', '/v1/retention', undefined, cast.auditor)).body['purchases']).toMatchObject({
      past_retention: expect.any(Number),
    });
    http.clock.nowMs = started;
    expect(await faults()).toEqual(NO_FAULTS);
  });
});
