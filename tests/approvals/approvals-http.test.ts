import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  type Cast,
  type HttpAnswer,
  type HttpGateway,
  SEED_BODY,
  setUpCast,
  startHttpGateway,
} from '../harness/http-gateway.ts';

const MINUTE_MS = 60_000;
let http: HttpGateway;
let cast: Cast;
let requests = 0;

beforeAll(async () => {
  http = await startHttpGateway();
  cast = await setUpCast(http);
});
afterAll(async () => {
  await http.close();
});

function get(url: string, key: string): Promise<HttpAnswer> {
  return http.call({ method: 'GET', url, key });
}

function post(url: string, key: string, body?: unknown): Promise<HttpAnswer> {
  return http.call({ method: 'POST', url, key, ...(body === undefined ? {} : { body }) });
}

/** A purchase that a policy of its own holds, for the named approvers. */
async function held(routing: object = {}): Promise<string> {
  requests += 1;
  const policyId = `pol_${requests}`;
  const rules = [
    { rule_id: 'hold', rule_type: 'escalate_if', parameters: { amount_above: 1, ...routing } },
    { rule_id: 'max', rule_type: 'max_amount', parameters: { limit: 100000, currency: 'USD' } },
  ];
  await post('/v1/policies', http.operatorKey, { policy_id: policyId, name: policyId, rules });
  const body = {
    ...SEED_BODY,
    policy_id: policyId,
    vendor: `shop ${requests}`,
    amount: '20.00',
    intent: `buy ${requests}`,
  };
  const answer = await post('/v1/procurement/requests', cast.agent, body);
  expect(answer.body).toMatchObject({ status: 'held' });
  return (answer.body['approval'] as { approval_id: string }).approval_id;
}

function approve(approvalId: string, key: string, more: object = {}): Promise<HttpAnswer> {
  return post(`/v1/approvals/${approvalId}/approve`, key, { authorization_reference: 'CAB-1', ...more });
}

async function signable(key: string, query = ''): Promise<unknown[]> {
  const answer = await get(`/v1/approvals?signable=true${query}`, key);
  expect(answer.status).toBe(200);
  return (answer.body['data'] as { approval_id: string; may_sign?: unknown }[]).map((each) => [
    each.approval_id,
    each.may_sign,
  ]);
}

describe('what an approver may sign now', () => {
  it('is listed, page by page, by delegation too, and nothing else is', async () => {
    const annas = await held({ approvers: ['anna'] });
    const bens = await held({ approvers: ['ben'] });
    const second = await held({ approvers: ['anna', 'ben'], quorum: 2 });
    const own = { step: 0, on_behalf_of: null, is_escalation: false };
    expect(await signable(cast.approver)).toEqual([
      [second, own],
      [annas, own],
    ]);
    const first = await get('/v1/approvals?signable=true&limit=1', cast.approver);
    expect(first.body['data']).toMatchObject([{ approval_id: second }]);
    const next = await get(
      `/v1/approvals?signable=true&limit=1&cursor=${String(first.body['next_cursor'])}`,
      cast.approver,
    );
    expect(next.body).toMatchObject({ data: [{ approval_id: annas }], next_cursor: null });
    expect(await signable(cast.approver, '&agent_id=agent_other')).toEqual([]);
    expect(await signable(cast.auditor)).toEqual([]);
    const nowMs = http.clock.nowMs;
    const period = { from: new Date(nowMs).toISOString(), until: new Date(nowMs + MINUTE_MS).toISOString() };
    const made = await post('/v1/approvers/ben/delegations', http.operatorKey, {
      delegate_id: 'anna',
      ...period,
      reason: 'leave',
    });
    expect(made).toMatchObject({ status: 201, body: { approver_id: 'ben', delegate_id: 'anna', ...period } });
    expect(await signable(cast.approver)).toEqual([
      [second, own],
      [bens, { ...own, on_behalf_of: 'ben' }],
      [annas, own],
    ]);
    const signed = await approve(bens, cast.approver);
    expect(signed.body).toMatchObject({
      status: 'approved',
      steps: [{ signatures: [{ signed_by: 'anna', on_behalf_of: 'ben', authorization_reference: 'CAB-1' }] }],
    });
    const twice = await approve(second, cast.approver, { on_behalf_of: 'ben' });
    expect(twice.body).toMatchObject({ status: 'pending' });
    expect(await signable(cast.approver)).toEqual([[annas, own]]);
    expect(await signable(cast.secondApprover)).toEqual([]); // somebody has signed for them
    const id = String(made.body['delegation_id']);
    const listed = await get('/v1/approvers/ben/delegations', cast.approver);
    expect(listed.body['data']).toMatchObject([{ delegation_id: id, reason: 'leave', revoked_at: null }]);
    const revoke = `/v1/approvers/ben/delegations/${id}/revoke`;
    expect((await post(revoke.replace('/ben/', '/anna/'), http.operatorKey)).status).toBe(404);
    const revoked = await post(revoke, http.operatorKey);
    expect(revoked).toMatchObject({ status: 200, body: { revoked_at: new Date(nowMs).toISOString() } });
    await approve(annas, cast.approver);
    await post(`/v1/approvals/${second}/reject`, cast.approver, { reason: 'enough' }); // has signed it
    http.clock.nowMs += MINUTE_MS;
  });
});

describe('how long an approval was looked at', () => {
  it('is counted from the first look of whoever signs, and said with the signature', async () => {
    const looked = await held();
    await get(`/v1/approvals/${looked}`, cast.approver);
    http.clock.nowMs += 1_500;
    await get(`/v1/approvals/${looked}`, cast.approver); // a second look changes nothing
    http.clock.nowMs += 1_000;
    const signed = await approve(looked, cast.approver);
    expect(signed.body['steps']).toMatchObject([{ signatures: [{ viewed_seconds: 2.5 }] }]);
    const { rows } = await http.gateway.database.pool.query<{ body: Buffer }>(
      `SELECT body FROM log_entry JOIN approval_signature USING (entry_id) WHERE approval_id = $1`,
      [looked],
    );
    const entry = JSON.parse(rows[0]?.body.toString('utf8') ?? '{}') as { detail?: object };
    expect(entry.detail).toMatchObject({
      signed_by: 'anna',
      viewed_seconds: 2.5,
      authorization_reference: 'CAB-1',
    });
    const unread = await held();
    await get(`/v1/approvals/${unread}`, cast.auditor); // who may not sign
    const blind = await approve(unread, cast.approver);
    expect(blind.body['steps']).toMatchObject([{ signatures: [{ viewed_seconds: null }] }]);
    const shown = await get(`/v1/approvals/${looked}`, cast.approver);
    expect(shown.body).toEqual(signed.body);
  });

  it('is noted of a step whose turn has not come, and of nobody who may not sign', async () => {
    const approvalId = await held({ approvers: ['ben'] });
    await get(`/v1/approvals/${approvalId}`, cast.approver);
    await get(`/v1/approvals/${approvalId}`, http.operatorKey);
    await get(`/v1/approvals/${approvalId}`, cast.secondApprover);
    const { rows } = await http.gateway.database.pool.query(
      'SELECT principal_id FROM approval_view WHERE approval_id = $1',
      [approvalId],
    );
    expect(rows).toEqual([{ principal_id: 'ben' }]);
    await approve(approvalId, cast.secondApprover);
  });
});

describe('the metrics of approvers', () => {
  it('are those of a history that was made for them', async () => {
    http.clock.nowMs += 24 * 3_600_000;
    const startMs = http.clock.nowMs;
    // ben: looks for 2, 4, 6, 8 and 10 seconds, ten minutes apart, rejects the fourth, and signs one unread.
    for (const seconds of [2, 4, 6, 8, 10]) {
      const approvalId = await held();
      await get(`/v1/approvals/${approvalId}`, cast.secondApprover);
      http.clock.nowMs += seconds * 1_000;
      const answer =
        seconds === 8
          ? await post(`/v1/approvals/${approvalId}/reject`, cast.secondApprover, { reason: 'no' })
          : await approve(approvalId, cast.secondApprover);
      expect(answer.status).toBe(200);
      http.clock.nowMs += 10 * MINUTE_MS;
    }
    http.clock.nowMs = startMs + 3 * 3_600_000;
    await approve(await held(), cast.secondApprover);
    const waiting = await held({ approvers: ['ben'] });
    const from = encodeURIComponent(new Date(startMs).toISOString());
    const answer = await get(`/v1/approvals/metrics?from=${from}&approver_id=ben`, cast.auditor);
    expect(answer.body['data']).toEqual([
      {
        approver_id: 'ben',
        decisions: 6,
        approved: 5,
        rejected: 1,
        on_behalf_of_others: 0,
        approve_rate: 0.8333,
        approvals_per_hour: { peak: 4, mean: 2.5 },
        seconds_to_decide: { median: 6, p10: 2.8 },
        unopened_share: 0.1667,
        pending: 1,
        rubber_stamping: null,
      },
    ]);
    const earlier = await get(`/v1/approvals/metrics?until=${from}&approver_id=ben`, cast.auditor);
    expect(earlier.body['data']).toMatchObject([{ approver_id: 'ben', on_behalf_of_others: 0 }]);
    expect((await get(`/v1/approvals/metrics?from=${from}&until=${from}`, cast.auditor)).status).toBe(422);
    expect((await get('/v1/approvals/metrics', cast.approver)).status).toBe(403);
    await approve(waiting, cast.secondApprover);
  });
});

describe('signing too fast', () => {
  it('is 429 with the seconds to wait', async () => {
    const settings = { signatures_per_minute_max: 1 };
    const set = await http.call({
      method: 'PATCH',
      url: '/v1/settings',
      key: http.operatorKey,
      body: settings,
    });
    expect(set).toMatchObject({ status: 200, body: settings });
    http.clock.nowMs += MINUTE_MS;
    const [first, second] = [await held(), await held()];
    expect((await approve(first, cast.approver)).status).toBe(200);
    http.clock.nowMs += 12_300;
    const answer = await approve(second, cast.approver);
    expect(answer).toMatchObject({ status: 429, body: { code: 'signing_too_fast' } });
    expect(answer.headers['retry-after']).toBe('48');
    http.clock.nowMs += 48_000;
    expect((await approve(second, cast.approver)).status).toBe(200);
  });
});
