// Velocity end to end: real requests through the gate, the job that watches them, alerts, and a hold that an operator lifts.
import { beforeEach, describe, expect, it } from 'vitest';

import { parseVerifierKey } from '@countersign/audit';

import { actionOfTerms } from '../../packages/server/src/gate/entry-body.ts';
import { recomputeDecisions } from '../../packages/server/src/gate/recompute-decisions.ts';
import { fingerprintOf } from '../../packages/server/src/gate/resolve-action.ts';
import { type WatchVelocityOptions, watchOnce } from '../../packages/server/src/jobs/watch-velocity.ts';
import { verifyDatabase } from '../../packages/server/src/record/verify-database.ts';
import { adminContext } from '../harness/test-admin.ts';
import {
  type Cast,
  type HttpAnswer,
  type HttpGateway,
  SEED_BODY,
  setUpCast,
  startHttpGateway,
} from '../harness/http-gateway.ts';

const REQUESTS = '/v1/procurement/requests';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let http: HttpGateway;
let cast: Cast;

beforeEach(async () => {
  http = await startHttpGateway();
  cast = await setUpCast(http);
  for (const scope of [{ type: 'organisation' }]) {
    await post('/v1/budgets', { name: 'All', scope, period: 'year', currency: 'USD', limit: 10_000_000 });
  }
  await post('/v1/policies', {
    policy_id: 'pol_procurement',
    name: 'Wide',
    rules: [{ rule_id: 'limit', rule_type: 'max_amount', parameters: { limit: 3000, currency: 'USD' } }],
  });
  return () => http.close();
});

async function post(url: string, body?: unknown, key = http.operatorKey): Promise<HttpAnswer> {
  const answer = await http.call({ method: 'POST', url, key, ...(body === undefined ? {} : { body }) });
  if (answer.status >= 300) throw new Error(`${url}: ${answer.text}`);
  return answer;
}

function buy(amount: number, key = cast.agent): Promise<HttpAnswer> {
  const agent = key === cast.agent ? 'agent_ops_042' : 'agent_other';
  return post(REQUESTS, { ...SEED_BODY, agent_id: agent, amount, metadata: { category: 'cloud' } }, key);
}

function options(): WatchVelocityOptions {
  const { database, configuration, admin, writer, recorder } = http.gateway;
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const now = (): number => http.clock.nowMs;
  return {
    database,
    pool: database.pool,
    writer,
    recorder,
    now,
    configuration,
    velocity: admin.velocity,
    log,
  };
}

async function watch(): Promise<void> {
  await http.gateway.sequencer.run();
  while ((await watchOnce(options())) === 'again');
}

interface RaisedAlert {
  readonly alert_id: string;
  readonly subject: { readonly type: string; readonly id: string };
  readonly message: string;
}

async function alerts(query = ''): Promise<RaisedAlert[]> {
  const answer = await http.call({ method: 'GET', url: `/v1/alerts${query}`, key: http.operatorKey });
  expect(answer.status).toBe(200);
  return answer.body['data'] as RaisedAlert[];
}

async function differences(): Promise<string[]> {
  await http.gateway.sequencer.run();
  const { database, logReader } = http.gateway;
  const verifierKey = parseVerifierKey(logReader.verifierKey());
  const report = await verifyDatabase({
    database,
    verifierKey,
    fingerprintOf: (subject, terms) => fingerprintOf(actionOfTerms(subject, terms)),
  });
  return report.differences.map(({ table, column }) => `${table}.${column ?? ''}`);
}

/** Three requests at ten in the morning of each of twelve days. */
async function usualDays(): Promise<void> {
  for (let day = 0; day < 12; day += 1) {
    for (const amount of [11, 12, 13]) await buy(amount + day * 3);
    http.clock.nowMs += DAY_MS;
  }
}

describe('watching', () => {
  it('says nothing of what is usual, and alerts of a burst once, with what was seen', async () => {
    await usualDays();
    await watch();
    expect(await alerts('?kind=velocity')).toEqual([]);
    for (let amount = 100; amount < 130; amount += 1) await buy(amount);
    await watch();
    const agents = await alerts('?kind=velocity.frequency&subject_type=agent');
    expect(agents).toMatchObject([
      {
        subject: { type: 'agent', id: 'agent_ops_042' },
        severity: 'warning',
        evidence: { count: 30, median: 3, currency: 'USD', active_windows: 12 },
      },
    ]);
    expect(agents[0]?.message).toMatch(/^The agent `agent_ops_042`: 30 requests within 1 hour; usually 3/);
    const kinds = (await alerts('?kind=velocity.frequency')).map((alert) => alert.subject.type);
    expect(kinds.sort()).toEqual(['agent', 'organisation', 'supplier', 'team']);
    const before = (await alerts()).length;
    await buy(131);
    await watch();
    expect(await alerts()).toHaveLength(before);
    // Nothing is held that nobody asked to hold.
    expect((await buy(140)).body['status']).toBe('approved');
  });

  it('counts each request once, whatever number of gateways watch, and counts on after a crash', async () => {
    await usualDays();
    await http.gateway.sequencer.run();
    const second = adminContext(http.gateway.database, http.clock);
    await Promise.all(
      [1, 2, 3, 4].map((index) => watchOnce(index % 2 === 0 ? options() : { ...options(), ...second })),
    );
    await watch();
    await second.writer.close();
    const { rows } = await http.gateway.database.pool.query<{ count: bigint }>(
      `SELECT sum(request_count) AS count FROM velocity_bucket WHERE subject_type = 'agent'`,
    );
    expect(rows[0]?.count).toBe(36n);
    // A crash after the count and before the assessment: what is due is assessed by the next run.
    await http.gateway.database.pool.query('UPDATE velocity_bucket SET is_assessed = false');
    for (let amount = 100; amount < 130; amount += 1) await buy(amount);
    await watch();
    await http.gateway.database.pool.query('UPDATE velocity_bucket SET is_assessed = false');
    await watch();
    expect(await alerts('?kind=velocity.frequency&subject_type=agent')).toHaveLength(1);
  });

  it('finds amounts that crowd below a limit in force, and none at amounts that bound nothing', async () => {
    for (let index = 0; index < 24; index += 1) {
      http.clock.nowMs += HOUR_MS * 5;
      await buy(2_900 + index * 4);
      // What is around other amounts lies on both sides of them alike.
      for (const other of [1_250, 1_500, 1_750, 2_000, 2_250]) {
        const way = index % 2 === 0 ? -1 : 1;
        await buy(other + way * (5 + index));
      }
    }
    await watch();
    const found = await alerts('?kind=velocity.clustering&subject_type=agent');
    expect(found).toMatchObject([
      {
        evidence: {
          above: 0,
          threshold: '3000.00 USD',
          label: 'rule `limit` of the policy `pol_procurement`',
        },
      },
    ]);
  });
});

describe('a hold', () => {
  it('keeps the subject’s next requests until an operator lifts it, both on the record', async () => {
    const put = await http.call({
      method: 'PUT',
      url: '/v1/velocity',
      key: http.operatorKey,
      body: { hold: { signals: ['frequency'], subjects: ['agent'] } },
    });
    expect(put.status).toBe(200);
    expect(put.body).toMatchObject({ version: 1, sensitivity: 'normal', hold: { signals: ['frequency'] } });
    await usualDays();
    for (let amount = 100; amount < 130; amount += 1) await buy(amount);
    await watch();
    const [alert] = await alerts('?kind=velocity.frequency&subject_type=agent');
    expect(alert).toMatchObject({ severity: 'critical' });
    const held = await buy(150);
    expect(held.body).toMatchObject({ status: 'held' });
    expect(held.body['decision'].findings[0]).toMatchObject({
      control: 'velocity_review',
      reason_code: 'under_review',
      clause: 'AG-642 4.9',
    });
    // Others are not concerned, and a signature lets one request through, which is not held again when it is carried out.
    expect((await buy(151, cast.otherAgent)).body['status']).toBe('approved');
    const approvalId = held.body['approval'].approval_id as string;
    const signed = await post(
      `/v1/approvals/${approvalId}/approve`,
      { authorization_reference: 'DOA-1' },
      cast.approver,
    );
    expect(signed.body['status']).toBe('approved');
    const alertId = String(alert?.alert_id);
    const lifted = await post(`/v1/alerts/${alertId}/lift`);
    expect(lifted.body).toMatchObject({ alert_id: alertId, subject: { id: 'agent_ops_042' } });
    expect((await buy(152)).body['status']).toBe('approved');
    // The same alert does not begin again what was lifted.
    await http.gateway.database.pool.query('UPDATE velocity_bucket SET is_assessed = false');
    await watch();
    expect((await buy(153)).body['status']).toBe('approved');
    const { rows } = await http.gateway.database.pool.query<{ body: Buffer }>(
      'SELECT body FROM log_entry ORDER BY entry_id',
    );
    const types = rows.map((row) => (JSON.parse(row.body.toString('utf8')) as { type: string }).type);
    expect(types.filter((type) => /^(review|velocity)\./.test(type))).toEqual([
      'velocity.configured',
      'review.started',
      'review.lifted',
    ]);
    const report = await recomputeDecisions(http.gateway.database.pool);
    expect(report.differences).toEqual([]);
    await post(`/v1/alerts/${alertId}/acknowledge`);
    expect(await differences()).toEqual([]);
    // Not even its owner changes an alert unnoticed.
    const owner = await http.gateway.database.pool.connect();
    await owner.query(`SET ROLE NONE; UPDATE alert SET message = 'nothing' WHERE alert_id = '${alertId}'`);
    await owner.query('RESET ROLE');
    owner.release(true);
    expect(await differences()).toEqual(['alert.message']);
  });

  it('refuses settings with all their faults, and keeps what was', async () => {
    const answer = await http.call({
      method: 'PUT',
      url: '/v1/velocity',
      key: http.operatorKey,
      body: {
        sensitivity: 'fierce',
        history_days: 0,
        colour: 'red',
        business_hours: { allowed_days: ['mon'], allowed_hours: '18:00', time_zone: 'Mars/Base' },
        hold: { signals: ['noise'], subjects: ['agent'] },
      },
    });
    expect(answer.status).toBe(422);
    const fields = (answer.body['errors'] as { field: string }[]).map(({ field }) => field).sort();
    expect(fields).toEqual([
      'business_hours.allowed_hours',
      'business_hours.time_zone',
      'colour',
      'history_days',
      'hold.signals[0]',
      'sensitivity',
    ]);
    const now = await http.call({ method: 'GET', url: '/v1/velocity', key: http.operatorKey });
    expect(now.body).toMatchObject({ version: 0, sensitivity: 'normal', hold: null });
  });
});
