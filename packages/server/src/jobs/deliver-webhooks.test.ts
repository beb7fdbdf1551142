import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '../../../../tests/harness/test-database.ts';
import { collectingLog, WARNINGS_TO_STDERR } from '../../../../tests/harness/test-log.ts';
import { commitEntries, testDraft, testLogKey, testRecorder } from '../../../../tests/harness/test-record.ts';
import type { Database } from '../db/connect.ts';
import { DeliveryLog } from '../record/delivery-log.ts';
import { Sequencer } from '../record/sequencer.ts';
import { deliverWebhooks, RETRY_SCHEDULE_MS, type DeliverWebhooksOptions } from './deliver-webhooks.ts';
import type { Job } from './job-loop.ts';
import { planOnce } from './plan-deliveries.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const key = testLogKey();
const recorder = testRecorder(key);
let files: TestDatabase;
let database: Database;
let sequencer: Sequencer;
let receiver: Server;
let received: { id: string; headers: Record<string, string>; body: string }[];
let answer: (path: string, body: string) => number | Promise<number>;
let nowMs: number;
let jobs: Job[];
let disabled: [string, string][];

beforeAll(async () => {
  files = await createTestDatabase();
  database = await files.open();
  sequencer = new Sequencer({ database, key, now: () => Date.now() });
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const headers = request.headers as Record<string, string>;
      received.push({ id: headers['webhook-id']!, headers, body });
      void Promise.resolve(answer(request.url ?? '', body)).then((status) =>
        response.writeHead(status).end('secret'),
      );
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await files.drop();
});
beforeEach(() => {
  received = [];
  answer = () => 204;
  nowMs = Date.now();
  jobs = [];
  disabled = [];
});
afterEach(async () => {
  await Promise.all(jobs.map((job) => job.stop()));
  await database.pool.query(`UPDATE webhook_endpoint SET status = 'disabled'`);
});

async function endpoint(id: string, events: string[] | null): Promise<string> {
  const { port } = receiver.address() as AddressInfo;
  await database.pool.query(
    `INSERT INTO webhook_endpoint (endpoint_id, url, events, secret, next_leaf, created_at, entry_id)
     SELECT $1, $2, $3, $4, size, now(), 1 FROM log_head`,
    [id, `http://127.0.0.1:${port}/${id}`, events, SECRET],
  );
  return id;
}

async function record(...drafts: ReturnType<typeof testDraft>[]): Promise<void> {
  await commitEntries(database, recorder, drafts);
  await sequencer.run();
}

async function plan(): Promise<void> {
  while ((await planOnce({ database, now: () => nowMs })) === 'again');
}

function deliver(options: Partial<DeliverWebhooksOptions> = {}): Job {
  const job = deliverWebhooks({
    database,
    log: WARNINGS_TO_STDERR,
    now: () => nowMs,
    allowPrivate: true,
    disableEndpoint: async (...named) => disabled.push(named),
    idleMs: 10,
    random: () => 0,
    ...options,
  });
  jobs.push(job);
  return job;
}

async function rows(endpointId: string) {
  const { rows: found } = await database.pool.query<Record<string, unknown>>(
    'SELECT * FROM webhook_delivery WHERE endpoint_id = $1 ORDER BY leaf_index',
    [endpointId],
  );
  return found;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const late = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > late) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('planning', () => {
  it('picks the events an endpoint asked for, once, and advances past the others', async () => {
    const one = await endpoint('whe_exact', ['purchase.completed']);
    const group = await endpoint('whe_group', ['agent.*', 'purchase.held']);
    const all = await endpoint('whe_all', null);
    await record(
      testDraft('purchase.approved', 'p1'),
      testDraft('agent.created', 'a1'),
      testDraft('purchase.held', 'p2'),
      testDraft('of.a.newer.version', 'n1'),
    );
    await plan();
    await plan();
    const typesOf = async (id: string) => (await rows(id)).map((row) => row['event_type']);
    expect(await typesOf(one)).toEqual([]);
    expect(await typesOf(group)).toEqual(['agent.created', 'purchase.held']);
    expect(await typesOf(all)).toEqual([
      'purchase.approved',
      'agent.created',
      'purchase.held',
      'of.a.newer.version',
    ]);
    const { rows: places } = await database.pool.query<{ is_done: boolean }>(
      `SELECT next_leaf = (SELECT size FROM log_head) AS is_done FROM webhook_endpoint WHERE status = 'active'`,
    );
    expect(places.map(({ is_done }) => is_done)).toEqual([true, true, true]);
  });

  it('plans nothing twice with several gateways, and nothing of a transaction that failed', async () => {
    const id = await endpoint('whe_several', null);
    await record(...Array.from({ length: 300 }, (_, index) => testDraft('purchase.held', `p${index % 9}`)));
    const failing: Pick<Database, 'transaction'> = {
      transaction: (run) =>
        database.transaction(
          async (client) => {
            await run(client);
            throw new Error('crash');
          },
          { retries: 0 },
        ),
    };
    await expect(planOnce({ database: failing, now: () => nowMs })).rejects.toThrow('crash');
    expect(await rows(id)).toEqual([]);
    await Promise.all(Array.from({ length: 4 }, () => plan()));
    await plan();
    const planned = await rows(id);
    expect(planned).toHaveLength(300);
    expect(new Set(planned.map((row) => row['leaf_index'])).size).toBe(300);
    expect(planned.filter((row) => row['next_attempt_at'] !== null)).toHaveLength(9);
  });
});

describe('a delivery', () => {
  it('is signed as Standard Webhooks says, with the event as its body', async () => {
    const id = await endpoint('whe_signed', ['purchase.held']);
    await record(testDraft('purchase.held', 'preq_signed', { state: { status: 'held' } }));
    await plan();
    deliver();
    await until(async () => (await rows(id))[0]?.['status'] === 'delivered');
    const [{ headers, body }] = received as [(typeof received)[0]];
    const payload = new Webhook(SECRET).verify(body, headers);
    expect(payload).toMatchObject({
      type: 'purchase.held',
      data: { state: { status: 'held' }, subject_id: 'preq_signed' },
    });
    expect(Object.keys(payload as object)).toEqual(['type', 'timestamp', 'data']);
    expect(() => new Webhook(SECRET).verify(`${body} `, headers)).toThrow();
    expect((await rows(id))[0]).toMatchObject({
      attempts: 1,
      last_status_code: 204,
      delivery_id: headers['webhook-id'],
    });
  });

  it('is tried again on the schedule, with one id, and then given up', async () => {
    const id = await endpoint('whe_retried', ['purchase.held']);
    await record(testDraft('purchase.held', 's1'), testDraft('purchase.held', 's1', { second: true }));
    await plan();
    answer = (_path, body) => (body.includes('second') ? 200 : 500);
    const started = nowMs;
    deliver();
    for (let attempt = 1; attempt <= RETRY_SCHEDULE_MS.length; attempt += 1) {
      await until(async () => {
        const [row] = await rows(id);
        return row?.['attempts'] === attempt && row['last_status_code'] === 500 && received.length >= attempt;
      });
      await until(async () => {
        const [row] = await rows(id);
        if (attempt === RETRY_SCHEDULE_MS.length) return row?.['status'] === 'failed';
        return row?.['next_attempt_at']?.valueOf() === nowMs + (RETRY_SCHEDULE_MS[attempt] ?? 0);
      });
      const before = received.length;
      if (attempt === RETRY_SCHEDULE_MS.length) break;
      nowMs += (RETRY_SCHEDULE_MS[attempt] ?? 0) - 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(received).toHaveLength(before);
      nowMs += 1;
    }
    expect(nowMs - started).toBeGreaterThan(3 * 24 * 3_600_000);
    await until(async () => (await rows(id))[1]?.['status'] === 'delivered');
    expect(new Set(received.slice(0, RETRY_SCHEDULE_MS.length).map((one) => one.id)).size).toBe(1);
    expect(received).toHaveLength(RETRY_SCHEDULE_MS.length + 1);
    expect(
      JSON.stringify(await rows(id), (_, value: unknown) => (typeof value === 'bigint' ? 0 : value)),
    ).not.toContain('secret');
  });

  it('keeps the order of each subject while subjects overtake each other', async () => {
    const id = await endpoint('whe_ordered', ['purchase.held']);
    const subjects = ['a', 'b', 'c', 'd', 'e'];
    for (let round = 0; round < 6; round += 1) {
      await record(...subjects.map((subject) => testDraft('purchase.held', subject, { round })));
      await plan();
    }
    let failures = 3;
    answer = async (_path, body) => {
      await new Promise((resolve) => setTimeout(resolve, body.length % 7));
      return body.includes('"subject_id":"c"') && failures-- > 0 ? 503 : 200;
    };
    deliver({ retryScheduleMs: [0, 0, 0, 0, 0] });
    deliver({ retryScheduleMs: [0, 0, 0, 0, 0] });
    await until(async () => (await rows(id)).every((row) => row['status'] === 'delivered'));
    for (const subject of subjects) {
      const rounds = received
        .map(({ body }) => JSON.parse(body) as { data: { subject_id: string; round: number } })
        .filter(({ data }) => data.subject_id === subject)
        .map(({ data }) => data.round);
      expect(rounds).toEqual([...rounds].sort());
      expect(new Set(rounds)).toEqual(new Set([0, 1, 2, 3, 4, 5]));
    }
  });

  it('planned while the one before it is being noted is not forgotten', async () => {
    const id = await endpoint('whe_raced', ['purchase.held']);
    deliver();
    for (let round = 0; round < 40; round += 1) {
      await record(testDraft('purchase.held', 'same', { round }));
      await plan();
    }
    await until(async () => {
      await plan();
      const all = await rows(id);
      return all.length === 40 && all.every((row) => row['status'] === 'delivered');
    });
  });

  it('claimed by a gateway that crashed is sent by another when the lease is over', async () => {
    const id = await endpoint('whe_crashed', ['purchase.held']);
    await record(testDraft('purchase.held', 's'));
    await plan();
    const crashedAtMs = nowMs;
    deliver({
      log: collectingLog(),
      now: () => crashedAtMs,
      database: { pool: database.pool, transaction: () => Promise.reject(new Error('crash')) },
    });
    await until(() => received.length === 1);
    deliver();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(received).toHaveLength(1);
    nowMs += 60_001;
    await until(async () => (await rows(id))[0]?.['status'] === 'delivered');
    expect(new Set(received.map((one) => one.id)).size).toBe(1);
  });

  it('answered with 410 disables its endpoint', async () => {
    const id = await endpoint('whe_gone', ['purchase.held']);
    await record(testDraft('purchase.held', 's'));
    await plan();
    answer = () => 410;
    deliver();
    await until(async () => (await rows(id))[0]?.['status'] === 'failed');
    await until(() => disabled.length === 1);
    expect(disabled).toEqual([[id, 'the receiver answered 410 Gone']]);
  });

  it('is not sent to a disabled endpoint', async () => {
    const id = await endpoint('whe_disabled', ['purchase.held']);
    await record(testDraft('purchase.held', 's'));
    await plan();
    await database.pool.query(`UPDATE webhook_endpoint SET status = 'disabled' WHERE endpoint_id = $1`, [id]);
    deliver();
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(received).toEqual([]);
  });

  it('can be listed and sent again under the same id', async () => {
    const id = await endpoint('whe_replayed', ['purchase.held']);
    await record(testDraft('purchase.held', 's1'), testDraft('purchase.held', 's2'));
    await plan();
    deliver();
    const log = new DeliveryLog(database, () => nowMs);
    await until(async () => (await log.list(id)).items.every((one) => one.status === 'delivered'));
    const { items } = await log.list(id);
    const [newest, oldest] = items;
    const first = await log.list(id, { limit: 1 });
    expect(first).toEqual({ items: [newest], nextCursor: newest!.delivery_id });
    expect(await log.list(id, { limit: 1, cursor: first.nextCursor! })).toEqual({
      items: [oldest],
      nextCursor: null,
    });
    expect((await log.list(id, { status: 'failed' })).items).toEqual([]);
    received = [];
    expect(await log.replay(id, oldest!.delivery_id)).toMatchObject({ status: 'pending', attempts: 0 });
    await until(() => received.length === 1);
    expect(received[0]!.id).toBe(oldest!.delivery_id);
    expect(await log.replay(id, 'msg_none')).toBeUndefined();
    expect(await log.replay('whe_other', oldest!.delivery_id)).toBeUndefined();
  });

  it('under way when the gateway stops is due again at once', async () => {
    const id = await endpoint('whe_stopped', ['purchase.held']);
    await record(testDraft('purchase.held', 's'));
    await plan();
    answer = () => new Promise(() => undefined);
    const job = deliver();
    await until(() => received.length === 1);
    await job.stop();
    expect((await rows(id))[0]).toMatchObject({ status: 'pending', next_attempt_at: new Date(nowMs) });
    answer = () => 200;
    deliver();
    await until(async () => (await rows(id))[0]?.['status'] === 'delivered');
  });
});
