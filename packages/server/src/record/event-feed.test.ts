import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '../../../../tests/harness/test-database.ts';
import { commitEntries, testDraft, testLogKey, testRecorder } from '../../../../tests/harness/test-record.ts';
import type { Database } from '../db/connect.ts';
import { EventFeed, type EventQuery, type StreamEvent } from './event-feed.ts';
import { Sequencer } from './sequencer.ts';

const key = testLogKey();
const recorder = testRecorder(key);
let files: TestDatabase;
let database: Database;
let sequencer: Sequencer;
let feed: EventFeed;

beforeAll(async () => {
  files = await createTestDatabase();
  database = await files.open();
  sequencer = new Sequencer({ database, key, now: () => Date.now() });
});
afterAll(() => files.drop());
beforeEach(() => {
  feed = new EventFeed({ pool: database.pool, pollMs: 20, log: { warn: () => undefined } });
});
afterEach(() => feed.close());

async function record(...drafts: ReturnType<typeof testDraft>[]): Promise<number> {
  await commitEntries(database, recorder, drafts);
  const run = await sequencer.run();
  if (run.outcome !== 'appended') throw new Error('nothing was appended');
  return run.size;
}

const ALL = { limit: 100, types: null, agentId: null } as const;

/** The first `count` events, as a stream reads them. */
async function take(
  count: number,
  query: Pick<EventQuery, 'after'> & Partial<EventQuery>,
): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  let { after } = query;
  while (events.length < count) {
    await feed.waitForLeaf(after, 5_000);
    const page = await feed.list({ ...ALL, ...query, after });
    events.push(...page.events);
    after = page.scannedTo;
  }
  return events;
}

describe('a stream of events', () => {
  it('replays from the event after the one last seen, without a gap, into what comes now', async () => {
    const size = await record(
      ...Array.from({ length: 450 }, (_, index) => testDraft('a.b', `replay_${index}`)),
    );
    expect(await feed.newest()).toBe(size - 1);
    const events = await take(440, { after: size - 441 });
    expect(events.map(({ leafIndex }) => leafIndex)).toEqual(
      Array.from({ length: 440 }, (_, index) => size - 440 + index),
    );
    const more = take(441, { after: size - 441 });
    await record(testDraft('a.c', 'replay_new'));
    expect((await more).at(-1)).toMatchObject({ leafIndex: size, type: 'a.c', subjectId: 'replay_new' });
  });

  it('sees only its types, exact ones and groups', async () => {
    const after = await feed.newest();
    const exact = take(2, { after, types: ['x.wanted', 'x.rare'] });
    const group = take(3, { after, types: ['x.*'] });
    await record(testDraft('x.other', 's1'), testDraft('x.wanted', 's2'), testDraft('xy.z', 's'));
    await record(testDraft('x.rare', 's3'));
    expect((await exact).map(({ subjectId }) => subjectId)).toEqual(['s2', 's3']);
    expect((await group).map(({ subjectId }) => subjectId)).toEqual(['s1', 's2', 's3']);
  });

  it('says how far it looked where nothing was wanted', async () => {
    const after = await feed.newest();
    await record(testDraft('x.other', 's1'), testDraft('x.other', 's2'));
    const query = { ...ALL, after, types: ['x.none'] };
    expect(await feed.list(query)).toEqual({ events: [], scannedTo: after + 2 });
    expect(await feed.list({ ...query, after: after + 2 })).toEqual({ events: [], scannedTo: after + 2 });
  });

  it('shows an agent its own requests, cards and checks alone', async () => {
    const after = await feed.newest();
    await insertPurchase('preq_mine', 'agent_me');
    await insertPurchase('preq_other', 'agent_other');
    await database.pool.query(
      `INSERT INTO policy_check (check_id, agent_id, fingerprint, action_type, counterparty, currency, amount_minor,
         decision, created_at, entry_id) VALUES ('chk_mine', 'agent_me', 1, 'refund', 'c', 'USD', 1, 'allow', now(), 1)`,
    );
    await record(
      ...['preq_mine', 'preq_other', 'chk_mine', 'chk_other', 'card_mine', 'card_other', 'agent_me'].map(
        (subject) => testDraft('x.happened', subject),
      ),
    );
    const { events, scannedTo } = await feed.list({ ...ALL, after, agentId: 'agent_me' });
    expect(events.map(({ subjectId }) => subjectId)).toEqual(['preq_mine', 'chk_mine', 'card_mine']);
    expect(scannedTo).toBe(after + 7);
  });

  it('shares its reading of the log with others at the same place', async () => {
    const size = await record(testDraft('a.b', 'shared'));
    let reads = 0;
    const pool = new Proxy(database.pool, {
      get(target, property) {
        if (property !== 'query') return Reflect.get(target, property) as unknown;
        return (statement: { name: string }) => {
          if (statement.name.startsWith('read_log_leaves')) reads += 1;
          return target.query(statement as never);
        };
      },
    });
    feed.close();
    feed = new EventFeed({ pool, pollMs: 20, log: { warn: () => undefined } });
    const all = await Promise.all(Array.from({ length: 20 }, () => take(1, { after: size - 2 })));
    expect(new Set(all.map(([event]) => event?.subjectId))).toEqual(new Set(['shared']));
    expect(reads).toBe(1);
  });

  it('waits no longer than asked, and not for a closed feed', async () => {
    const after = await feed.newest();
    await feed.waitForLeaf(after, 50);
    const leaving = new AbortController();
    const left = feed.waitForLeaf(after, 60_000, leaving.signal);
    leaving.abort();
    await left;
    const closed = feed.waitForLeaf(after, 60_000);
    feed.close();
    await closed;
    await feed.waitForLeaf(after, 60_000);
  });

  it('goes on after the database was away', async () => {
    let isAway = true;
    const pool = new Proxy(database.pool, {
      get(target, property) {
        if (property === 'query' && isAway) return () => Promise.reject(new Error('away'));
        return Reflect.get(target, property) as unknown;
      },
    });
    const after = await feed.newest();
    feed.close();
    feed = new EventFeed({ pool, pollMs: 20, log: { warn: () => undefined } });
    const waiting = feed.waitForLeaf(after, 60_000);
    await record(testDraft('a.b', 'back'));
    await new Promise((resolve) => setTimeout(resolve, 60));
    isAway = false;
    await waiting;
    expect((await feed.list({ ...ALL, after })).events).toHaveLength(1);
  });
});

async function insertPurchase(requestId: string, agentId: string, currency = 'USD'): Promise<void> {
  await database.pool.query(
    `INSERT INTO purchase_request (request_id, agent_id, fingerprint, vendor, currency, amount_minor, private_text,
       created_at, decision_entry_id, status, checkout_status, reserved_periods, reserved_minor, last_entry_id)
     VALUES ($1, $2, 1, 'aws', $3, 1, $4, now(), 1, 'approved', 'reconciled', '{}', 0, 1)`,
    [requestId, agentId, currency, { intent: 'infra renewal "Q3"', metadata: {}, salt: 'x' }],
  );
}

describe('an event', () => {
  it('has the body of its entry without the facts of the decision', async () => {
    const decision = { outcome: 'denied', facts: { agent_status: 'active' }, findings: [] };
    const size = await record(testDraft('purchase.denied', 'preq_facts', { decision }));
    const [event] = await take(1, { after: size - 2 });
    const { data, ...envelope } = JSON.parse(event!.json);
    expect(envelope).toEqual({ type: 'purchase.denied', timestamp: data.at });
    expect(data.decision).toEqual({ outcome: 'denied', findings: [] });
    expect(data).toMatchObject({ type: 'purchase.denied', subject_id: 'preq_facts' });
  });

  it.each([
    ['USD', '184000', '1840.00'],
    ['JPY', '500', '500'],
    ['KWD', '1', '0.001'],
    ['USD', '99999999999999999', '999999999999999.99'],
  ])('of a completed purchase is exactly as promised: %s %s', async (currency, settledMinor, literal) => {
    const requestId = `preq_${currency}_${settledMinor}`;
    await insertPurchase(requestId, 'agent_1', currency);
    const size = await record(
      testDraft('purchase.completed', requestId, {
        state: { status: 'approved', approved_by: 'policy', checkout_status: 'reconciled' },
        checkout: { card_id: 'card_1', status: 'reconciled' },
        detail: { settled_minor: settledMinor, requested_minor: '1', flags: [] },
      }),
    );
    const [event] = await take(1, { after: size - 2 });
    const { timestamp } = JSON.parse(event!.json) as { timestamp: string };
    expect(event!.json).toBe(
      `{"type":"purchase.completed","timestamp":"${timestamp}","data":{"request_id":"${requestId}","status":"approved","approved_by":"policy","card_id":"card_1",` +
        `"amount":${literal},"vendor":"aws","reconciled_intent":"infra renewal \\"Q3\\""}}`,
    );
  });
});

describe('a wait for a change', () => {
  async function isPending(promise: Promise<unknown>): Promise<boolean> {
    const late = Symbol('late');
    return (await Promise.race([promise, new Promise((resolve) => setTimeout(resolve, 150, late))])) === late;
  }

  /** Somebody waits already, so that a wait is not answered for having come first. */
  async function listening(): Promise<void> {
    void feed.waitForLeaf(1e9, 60_000);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }

  it('ends at once when this process has committed one', async () => {
    await listening();
    const change = feed.waitForChange('local_1', 60_000);
    feed.notifyLocal(['other', 'local_1']);
    await change;
  });

  it('ends when the leaf of another gateway arrives, and only for its subject', async () => {
    await listening();
    const one = feed.waitForChange('remote_1', 60_000);
    const two = feed.waitForChange('remote_2', 60_000);
    await record(testDraft('purchase.held', 'remote_1'));
    await one;
    expect(await isPending(two)).toBe(true);
    feed.close();
    await two;
  });

  it('ends when the time is over or the caller goes', async () => {
    await listening();
    await feed.waitForChange('quiet', 50);
    const leaving = new AbortController();
    const left = feed.waitForChange('quiet', 60_000, leaving.signal);
    leaving.abort();
    await left;
  });

  it('misses no change between reading and waiting', async () => {
    let state = 'held';
    for (let read = 1; ; read += 1) {
      const change = feed.waitForChange('raced', 60_000);
      const seen = state;
      if (seen !== 'held') break;
      if (read === 2) {
        // Another gateway decides right after this one has read.
        state = 'approved';
        await record(testDraft('purchase.approved', 'raced'));
      }
      await change;
    }
    expect(state).toBe('approved');
  });
});
