// Two-person control of the configuration, through HTTP: drafts, reviews, emergencies, and the ways around it that fail.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { parseVerifierKey } from '@countersign/audit';

import { actionOfTerms } from '../../packages/server/src/gate/entry-body.ts';
import { fingerprintOf } from '../../packages/server/src/gate/resolve-action.ts';
import { verifyDatabase } from '../../packages/server/src/record/verify-database.ts';
import { entryBodies, type RecordedBody } from '../harness/test-admin.ts';
import {
  type HttpAnswer,
  type HttpCall,
  type HttpGateway,
  startHttpGateway,
} from '../harness/http-gateway.ts';

let http: HttpGateway;
/** Keys of three operators; the first two keys are of one person. */
let olga: string;
let olgaToo: string;
let pavel: string;
let auditor: string;
let number = 0;

const call = (
  method: HttpCall['method'],
  url: string,
  key: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<HttpAnswer> => http.call({ method, url, key, headers, ...(body === undefined ? {} : { body }) });

const policy = (policyId: string, limit: number) => ({
  policy_id: policyId,
  name: 'Limits',
  rules: [{ rule_id: 'r1', rule_type: 'max_amount', parameters: { limit, currency: 'USD' } }],
});

async function entriesSince(count: number): Promise<RecordedBody[]> {
  return (await entryBodies(http.gateway.database.pool)).slice(count);
}

async function entryCount(): Promise<number> {
  return (await entryBodies(http.gateway.database.pool)).length;
}

async function limitOf(policyId: string): Promise<unknown> {
  const { body } = await call('GET', `/v1/policies/${policyId}`, olga);
  return body['rules']?.[0]?.parameters?.limit;
}

/** A policy in force, and a draft by Olga that raises its limit. */
async function draftOfRaise(): Promise<{ policyId: string; changeId: string }> {
  const policyId = `pol_${(number += 1)}`;
  const created = await call('POST', '/v1/policies', olga, policy(policyId, 100));
  expect(created.status).toBe(202);
  const approved = await call('POST', `/v1/changes/${created.body['change_id']}/approve`, pavel);
  expect(approved.status, approved.text).toBe(200);
  const draft = await call('POST', '/v1/policies', olga, policy(policyId, 900));
  expect(draft.status).toBe(202);
  return { policyId, changeId: draft.body['change_id'] as string };
}

beforeAll(async () => {
  http = await startHttpGateway();
  const root = http.operatorKey;
  for (const id of ['olga', 'pavel'])
    await call('POST', '/v1/operators', root, { operator_id: id, name: id });
  await call('POST', '/v1/auditors', root, { auditor_id: 'audrey', name: 'Audrey' });
  const keyOf = async (url: string) => (await call('POST', `${url}/keys`, root)).body['api_key'] as string;
  [olga, olgaToo] = [await keyOf('/v1/operators/olga'), await keyOf('/v1/operators/olga')];
  pavel = await keyOf('/v1/operators/pavel');
  auditor = await keyOf('/v1/auditors/audrey');
  const switched = await call('PATCH', '/v1/settings', root, { change_control: 'four_eyes' });
  expect(switched.status, switched.text).toBe(200);
});
afterAll(() => http.close());
beforeEach(() => {
  http.clock.nowMs += 1_000;
});

describe('a draft', () => {
  it('is answered with 202 and what it would change, and nothing changes', async () => {
    const { policyId, changeId } = await draftOfRaise();
    expect(await limitOf(policyId)).toBe(100);
    const { body } = await call('GET', `/v1/changes/${changeId}`, auditor);
    expect(body).toMatchObject({
      status: 'pending_review',
      operation: 'publishPolicy',
      subject_id: policyId,
      author: 'olga',
      reviewer: null,
      effect: 'loosens',
      emergency: null,
    });
    expect(body['difference']).toContainEqual({
      type: 'policy.published',
      subject_id: policyId,
      field: '/rules/r1/parameters/limit',
      before: 100,
      after: 900,
      effect: 'loosens',
    });
    expect(Date.parse(body['expires_at'] as string) - Date.parse(body['created_at'] as string)).toBe(
      168 * 3_600_000,
    );
  });

  it('has one entry when it is made and one when it ends, with author and reviewer', async () => {
    const before = await entryCount();
    const { policyId, changeId } = await draftOfRaise();
    await call('POST', `/v1/changes/${changeId}/approve`, pavel, { reason: 'Agreed' });
    const entries = await entriesSince(before);
    expect(entries.map(({ type }) => type)).toEqual([
      'change.proposed',
      'policy.published',
      'change.approved',
      'change.proposed',
      'policy.published',
      'change.approved',
    ]);
    const [, , , proposed, published, approved] = entries;
    expect(proposed).toMatchObject({
      subject_id: changeId,
      actor: { id: 'olga' },
      proposed: [
        { type: 'policy.published', subject_id: policyId, changes: { version: { before: 1, after: 2 } } },
      ],
    });
    expect(published).toMatchObject({ actor: { id: 'olga' }, change_id: changeId, reviewed_by: 'pavel' });
    expect(approved).toMatchObject({
      actor: { id: 'pavel' },
      changes: { status: { before: 'pending_review', after: 'approved' }, reviewer: { after: 'pavel' } },
    });
    expect(JSON.stringify(entries)).not.toContain('Agreed');
    expect(await limitOf(policyId)).toBe(900);
  });

  it('is refused as the change itself would be, and then there is no draft', async () => {
    const before = await entryCount();
    const answer = await call('POST', '/v1/policies', olga, policy('pol_bad', -5));
    expect(answer.status).toBe(422);
    expect(await entryCount()).toBe(before);
  });

  it('that would change nothing is none', async () => {
    const answer = await call('PATCH', '/v1/settings', olga, { require_idempotency_key: false });
    expect(answer).toMatchObject({ status: 200, body: { change_control: 'four_eyes' } });
  });

  it('is made once for one idempotency key', async () => {
    const headers = { 'idempotency-key': 'draft-once' };
    const first = await call('POST', '/v1/policies', olga, policy('pol_once', 5), headers);
    const second = await call('POST', '/v1/policies', olga, policy('pol_once', 5), headers);
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.body['change_id']).toBe(first.body['change_id']);
    expect(second.headers['idempotent-replayed']).toBe('true');
  });

  it('is rejected with a reason by a second person, withdrawn by its author alone', async () => {
    const one = await draftOfRaise();
    expect(await call('POST', `/v1/changes/${one.changeId}/reject`, pavel, {})).toMatchObject({
      status: 422,
    });
    const rejected = await call('POST', `/v1/changes/${one.changeId}/reject`, pavel, { reason: 'Too much' });
    expect(rejected.body).toMatchObject({ status: 'rejected', reviewer: 'pavel', review_reason: 'Too much' });
    expect(await call('POST', `/v1/changes/${one.changeId}/approve`, pavel)).toMatchObject({
      status: 409,
      body: { code: 'change_not_pending' },
    });
    const two = await draftOfRaise();
    expect(await call('POST', `/v1/changes/${two.changeId}/withdraw`, pavel)).toMatchObject({
      status: 403,
      body: { code: 'not_the_author' },
    });
    expect(await call('POST', `/v1/changes/${two.changeId}/withdraw`, olga)).toMatchObject({
      status: 200,
      body: { status: 'withdrawn' },
    });
    expect([await limitOf(one.policyId), await limitOf(two.policyId)]).toEqual([100, 100]);
  });

  it('lapses: nobody can approve it afterwards, and the watcher records its end once', async () => {
    const { policyId, changeId } = await draftOfRaise();
    http.clock.nowMs += 168 * 3_600_000;
    expect(await call('POST', `/v1/changes/${changeId}/approve`, pavel)).toMatchObject({
      status: 409,
      body: { code: 'change_expired' },
    });
    const before = await entryCount();
    expect(await http.gateway.admin.changes.endOverdue()).toBeGreaterThan(0);
    expect(await http.gateway.admin.changes.endOverdue()).toBe(0);
    const ends = (await entriesSince(before)).filter(({ subject_id: id }) => id === changeId);
    expect(ends).toMatchObject([{ type: 'change.expired', actor: { kind: 'system' } }]);
    expect((await call('GET', `/v1/changes/${changeId}`, olga)).body['status']).toBe('expired');
    expect(await limitOf(policyId)).toBe(100);
  });
});

describe('a review', () => {
  it('is refused to the author, with any key', async () => {
    const { policyId, changeId } = await draftOfRaise();
    for (const key of [olga, olgaToo]) {
      for (const [verb, body] of [
        ['approve', undefined],
        ['reject', { reason: 'No' }],
      ] as const) {
        expect(await call('POST', `/v1/changes/${changeId}/${verb}`, key, body)).toMatchObject({
          status: 403,
          body: { code: 'own_change' },
        });
      }
    }
    expect(await limitOf(policyId)).toBe(100);
  });

  it('is refused to whoever is no operator', async () => {
    const { changeId } = await draftOfRaise();
    expect(await call('POST', `/v1/changes/${changeId}/approve`, auditor)).toMatchObject({ status: 403 });
  });

  it('of a draft whose base has changed is a conflict that names what changed', async () => {
    const { policyId, changeId } = await draftOfRaise();
    const other = await call('POST', '/v1/policies', pavel, policy(policyId, 300));
    expect((await call('POST', `/v1/changes/${other.body['change_id']}/approve`, olga)).status).toBe(200);
    const stale = await call('POST', `/v1/changes/${changeId}/approve`, pavel);
    expect(stale).toMatchObject({ status: 409, body: { code: 'change_stale' } });
    expect((stale.body['errors'] as { field: string }[]).map(({ field }) => field)).toContain('version');
    expect(await limitOf(policyId)).toBe(300);
    expect((await call('GET', `/v1/changes/${changeId}`, pavel)).body['status']).toBe('pending_review');
  });

  it('rests on the subject alone: other configuration may change meanwhile', async () => {
    const { policyId, changeId } = await draftOfRaise();
    await draftOfRaise();
    expect((await call('POST', `/v1/changes/${changeId}/approve`, pavel)).status).toBe(200);
    expect(await limitOf(policyId)).toBe(900);
  });

  it('checks the change again: what is invalid by now is refused, and nothing changes', async () => {
    const body = { agent_id: `agent_${(number += 1)}`, name: 'New' };
    const first = await call('POST', '/v1/agents', olga, body);
    const second = await call('POST', '/v1/agents', olga, body);
    expect([first.status, second.status]).toEqual([202, 202]);
    expect((await call('POST', `/v1/changes/${first.body['change_id']}/approve`, pavel)).status).toBe(200);
    expect(await call('POST', `/v1/changes/${second.body['change_id']}/approve`, pavel)).toMatchObject({
      status: 409,
      body: { code: 'already_exists' },
    });
    expect((await call('GET', `/v1/changes/${second.body['change_id']}`, pavel)).body['status']).toBe(
      'pending_review',
    );
  });

  it('by two at the same time applies once', async () => {
    const { policyId, changeId } = await draftOfRaise();
    const before = await entryCount();
    const answers = await Promise.all(
      [pavel, http.operatorKey, pavel].map((key) => call('POST', `/v1/changes/${changeId}/approve`, key)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    expect((await entriesSince(before)).map(({ type }) => type)).toEqual([
      'policy.published',
      'change.approved',
    ]);
    expect((await call('GET', `/v1/policies/${policyId}`, olga)).body['version']).toBe(2);
  });

  it('that is repeated with its key answers the same', async () => {
    const { changeId } = await draftOfRaise();
    const headers = { 'idempotency-key': `approve-${changeId}` };
    const first = await call('POST', `/v1/changes/${changeId}/approve`, pavel, undefined, headers);
    const second = await call('POST', `/v1/changes/${changeId}/approve`, pavel, undefined, headers);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.body).toEqual(first.body);
  });
});

describe('who the second person is', () => {
  it('is decided by two: no operator is made, and no key for another person, by one', async () => {
    const emergency = { 'emergency-reason': 'I want to be two people at once' };
    const attempts = [
      call('POST', '/v1/operators', olga, { operator_id: 'puppet', name: 'Puppet' }),
      call('POST', '/v1/operators/pavel/keys', olga),
    ];
    for (const answer of await Promise.all(attempts)) {
      expect(answer.status).toBe(202);
      expect(answer.text).not.toContain('ck_op_');
    }
    for (const [url, body] of [
      ['/v1/operators', { operator_id: 'puppet', name: 'Puppet' }],
      ['/v1/operators/pavel/keys', undefined],
    ] as const) {
      expect(await call('POST', url, olga, body, emergency)).toMatchObject({
        status: 409,
        body: { code: 'emergency_not_allowed' },
      });
    }
    expect((await call('GET', '/v1/principals/puppet', olga)).status).toBe(404);
  });

  it('may be given a key by two', async () => {
    const draft = await call('POST', '/v1/operators/pavel/keys', olga);
    const { body } = await call('POST', `/v1/changes/${draft.body['change_id']}/approve`, http.operatorKey);
    const apiKey = body['result'].api_key as string;
    expect((await call('GET', '/v1/whoami', apiKey)).body['id']).toBe('pavel');
  });

  it('replaces their own key alone', async () => {
    const keys = await call('GET', '/v1/operators/olga/keys', olga);
    const spare = await call('POST', `/v1/keys/${keys.body['data'][1].key_id}/rotate`, olga);
    expect(spare.status, spare.text).toBe(201);
    olgaToo = spare.body['api_key'] as string;
    const others = await call('GET', '/v1/operators/pavel/keys', olga);
    expect((await call('POST', `/v1/keys/${others.body['data'][0].key_id}/rotate`, olga)).status).toBe(202);
  });

  it('cannot be done away with by one: going back to `single` needs both, even in an emergency', async () => {
    const back = { change_control: 'single' };
    const emergency = { 'emergency-reason': 'Nobody else is here today' };
    expect(await call('PATCH', '/v1/settings', olga, back, emergency)).toMatchObject({
      status: 409,
      body: { code: 'emergency_not_allowed' },
    });
    const draft = await call('PATCH', '/v1/settings', olga, back);
    expect(draft).toMatchObject({ status: 202, body: { effect: 'loosens' } });
    expect((await call('POST', `/v1/changes/${draft.body['change_id']}/approve`, pavel)).status).toBe(200);
    expect((await call('GET', '/v1/settings', auditor)).body['change_control']).toBe('single');
    expect((await call('POST', '/v1/policies', olga, policy('pol_single', 1))).status).toBe(201);
    expect((await call('PATCH', '/v1/settings', olga, { change_control: 'four_eyes' })).status).toBe(200);
  });
});

describe('stopping', () => {
  it('waits for nobody', async () => {
    const draft = await call('POST', '/v1/agents', olga, { agent_id: 'agent_stop', name: 'Stop' });
    await call('POST', `/v1/changes/${draft.body['change_id']}/approve`, pavel);
    expect(await call('POST', '/v1/agents/agent_stop/suspend', olga, { reason: 'Odd' })).toMatchObject({
      status: 200,
      body: { status: 'suspended' },
    });
    expect((await call('POST', '/v1/agents/agent_stop/resume', olga)).status).toBe(202);
    const key = await call('POST', '/v1/agents/agent_stop/keys', olga);
    expect((await call('DELETE', `/v1/keys/${key.body['key_id']}`, olga)).status).toBe(200);
  });
});

describe('an emergency', () => {
  const emergency = { 'emergency-reason': 'Supplier outage: %C3%A9lectricit%C3%A9 down' };

  async function emergencyRaise(): Promise<{ policyId: string; changeId: string }> {
    const { policyId, changeId: draft } = await draftOfRaise();
    await call('POST', `/v1/changes/${draft}/withdraw`, olga);
    const answer = await call('POST', '/v1/policies', olga, policy(policyId, 700), emergency);
    expect(answer.status, answer.text).toBe(201);
    return { policyId, changeId: String(answer.headers['emergency-change-id']) };
  }

  it('acts at once, and is louder: an entry, an alert, an open review', async () => {
    const before = await entryCount();
    const { policyId, changeId } = await emergencyRaise();
    expect(await limitOf(policyId)).toBe(700);
    const entries = await entriesSince(before);
    expect(entries.slice(-3).map(({ type }) => type)).toEqual([
      'policy.published',
      'change.emergency',
      'alert.raised',
    ]);
    expect(entries.at(-3)).toMatchObject({ change_id: changeId, emergency: true });
    expect(entries.at(-1)).toMatchObject({
      alert: { kind: 'emergency_change', severity: 'critical', subject: { type: 'change', id: changeId } },
    });
    expect(JSON.stringify(entries)).not.toContain('outage');
    const open = await call('GET', '/v1/changes?status=unreviewed_emergency', auditor);
    expect((open.body['data'] as Record<string, unknown>[]).map((change) => change['change_id'])).toContain(
      changeId,
    );
    expect((await call('GET', `/v1/changes/${changeId}`, auditor)).body).toMatchObject({
      status: 'unreviewed_emergency',
      emergency: { reason: 'Supplier outage: électricité down', overdue: false, can_roll_back: true },
    });
  });

  it('is confirmed, or rolled back, by a second person', async () => {
    const one = await emergencyRaise();
    expect(await call('POST', `/v1/changes/${one.changeId}/approve`, olgaToo)).toMatchObject({ status: 403 });
    expect(await call('POST', `/v1/changes/${one.changeId}/approve`, pavel)).toMatchObject({
      status: 200,
      body: { change: { status: 'confirmed', reviewer: 'pavel' }, result: null },
    });
    const two = await emergencyRaise();
    const reason = { reason: 'It was not needed' };
    expect(await call('POST', `/v1/changes/${two.changeId}/roll-back`, olga, reason)).toMatchObject({
      status: 403,
      body: { code: 'own_change' },
    });
    expect(await call('POST', `/v1/changes/${two.changeId}/roll-back`, pavel, reason)).toMatchObject({
      status: 200,
      body: { change: { status: 'rolled_back', review_reason: 'It was not needed' } },
    });
    expect([await limitOf(one.policyId), await limitOf(two.policyId)]).toEqual([700, 100]);
    expect(await call('POST', `/v1/changes/${two.changeId}/roll-back`, pavel, reason)).toMatchObject({
      status: 409,
      body: { code: 'change_not_pending' },
    });
  });

  it('that something was built on since is not rolled back over it', async () => {
    const { policyId, changeId } = await emergencyRaise();
    const later = await call('POST', '/v1/policies', olga, policy(policyId, 200));
    expect((await call('POST', `/v1/changes/${later.body['change_id']}/approve`, pavel)).status).toBe(200);
    expect(await call('POST', `/v1/changes/${changeId}/roll-back`, pavel, { reason: 'Back' })).toMatchObject({
      status: 409,
      body: { code: 'change_stale' },
    });
    expect(await limitOf(policyId)).toBe(200);
  });

  it('of something new has nothing to roll back to, and can be disputed', async () => {
    const answer = await call('POST', '/v1/agents', olga, { agent_id: 'agent_new', name: 'New' }, emergency);
    const changeId = String(answer.headers['emergency-change-id']);
    expect(await call('POST', `/v1/changes/${changeId}/roll-back`, pavel, { reason: 'No' })).toMatchObject({
      status: 409,
      body: { code: 'nothing_to_roll_back' },
    });
    expect(await call('POST', `/v1/changes/${changeId}/reject`, pavel, { reason: 'No' })).toMatchObject({
      status: 200,
      body: { status: 'disputed' },
    });
  });

  it('that nobody reviews in time alerts again, once, and stays open', async () => {
    const { changeId } = await emergencyRaise();
    http.clock.nowMs += 25 * 3_600_000;
    const before = await entryCount();
    await http.gateway.admin.changes.endOverdue();
    await http.gateway.admin.changes.endOverdue();
    const entries = (await entriesSince(before)).filter((entry) => JSON.stringify(entry).includes(changeId));
    expect(entries.map(({ type }) => type)).toEqual(['alert.raised', 'change.overdue']);
    expect(entries[0]).toMatchObject({ alert: { kind: 'emergency_change.overdue' } });
    expect((await call('GET', `/v1/changes/${changeId}`, pavel)).body).toMatchObject({
      status: 'unreviewed_emergency',
      emergency: { overdue: true },
    });
    expect((await call('POST', `/v1/changes/${changeId}/approve`, pavel)).status).toBe(200);
  });

  it('needs a reason', async () => {
    expect(
      await call('POST', '/v1/policies', olga, policy('pol_x', 1), { 'emergency-reason': 'now' }),
    ).toMatchObject({ status: 422 });
  });
});

describe('an author who is no operator any more', () => {
  it('has no change approved', async () => {
    const made = await call('POST', '/v1/operators', olga, { operator_id: 'quentin', name: 'Q' });
    await call('POST', `/v1/changes/${made.body['change_id']}/approve`, pavel);
    const key = await call('POST', '/v1/operators/quentin/keys', olga);
    const shown = await call('POST', `/v1/changes/${key.body['change_id']}/approve`, pavel);
    const quentin = shown.body['result'].api_key as string;
    const draft = await call('POST', '/v1/policies', quentin, policy('pol_q', 1));
    expect((await call('POST', '/v1/principals/quentin/disable', olga, {})).status).toBe(200);
    expect(await call('POST', `/v1/changes/${draft.body['change_id']}/approve`, pavel)).toMatchObject({
      status: 409,
      body: { code: 'author_inactive' },
    });
  });
});

describe('the record of all this', () => {
  it('is the whole truth: every row of the database follows from the log', async () => {
    const { gateway } = http;
    while ((await gateway.sequencer.run()).outcome === 'appended');
    const { differences } = await verifyDatabase({
      database: gateway.database,
      verifierKey: parseVerifierKey(gateway.logReader.verifierKey()),
      fingerprintOf: (subject, terms) => fingerprintOf(actionOfTerms(subject, terms)),
    });
    expect(differences).toEqual([]);
  });
});

describe('switching two-person control on', () => {
  it('is refused until two operators hold a key', async () => {
    const fresh = await startHttpGateway();
    try {
      const send = (method: HttpCall['method'], url: string, body?: unknown) =>
        fresh.call({ method, url, key: fresh.operatorKey, ...(body === undefined ? {} : { body }) });
      const on = () => send('PATCH', '/v1/settings', { change_control: 'four_eyes' });
      expect(await on()).toMatchObject({ status: 409, body: { code: 'too_few_operators' } });
      await send('POST', '/v1/operators', { operator_id: 'second', name: 'Second' });
      expect(await on()).toMatchObject({ status: 409, body: { code: 'too_few_operators' } });
      const key = await send('POST', '/v1/operators/second/keys');
      await send('DELETE', `/v1/keys/${key.body['key_id']}`);
      expect(await on()).toMatchObject({ status: 409, body: { code: 'too_few_operators' } });
      await send('POST', '/v1/operators/second/keys');
      expect((await on()).status).toBe(200);
      expect((await send('GET', '/v1/settings')).body['change_control']).toBe('four_eyes');
    } finally {
      await fresh.close();
    }
  });
});
