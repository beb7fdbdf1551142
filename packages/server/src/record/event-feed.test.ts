import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '../../../../tests/harness/test-database.ts';
import { commitEntries, testDraft, testLogKey, testRecorder } from '../../../../tests/harness/test-record.ts';
import type { Database } from '../db/connect.ts';
import { eventJson, eventPayload, type LogEvent } from './event-data.ts';
import { EventFeed, type Subscription } from './event-feed.ts';
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

/** The first `count` events. */
async function take(count: number, options: Omit<Subscription, 'signal'>): Promise<LogEvent[]> {
  const events: LogEvent[] = [];
  for await (const event of feed.subscribe({ ...options, signal: new AbortController().signal })) {
    events.push(event);
    if (events.length === count) break;
  }
  return events;
}

async function newest(): Promise<number> {
  const { rows } = await database.pool.query<{ size: bigint }>('SELECT size FROM log_head');
  return Number(rows[0]!.size) - 1;
}

describe('a stream of events', () => {
  it('replays from the event after the one last seen, without a gap, into what comes now', async () => {
    const size = await record(
      ...Array.from({ length: 450 }, (_, index) => testDraft('a.b', `replay_${index}`)),
    );
    const events = await take(440, { after: size - 441 });
    expect(events.map(({ id }) => id)).toEqual(Array.from({ length: 440 }, (_, index) => size - 440 + index));
    const more = take(441, { after: size - 441 });
    await record(testDraft('a.c', 'replay_new'));
    expect((await more).at(-1)).toMatchObject({ id: size, type: 'a.c', subjectId: 'replay_new' });
  });

  it('begins with what comes next unless it names a place', async () => {
    await record(testDraft('x.before', 's'));
    const live = take(2, { after: null });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await record(testDraft('x.one', 's1'));
    await record(testDraft('x.two', 's2'));
    expect((await live).map(({ type }) => type)).toEqual(['x.one', 'x.two']);
  });

  it('sees only its types, exact ones and groups', async () => {
    const after = await newest();
    const exact = take(2, { after, types: ['x.wanted', 'x.rare'] });
    const group = take(3, { after, types: ['x.*'] });
    await record(testDraft('x.other', 's1'), testDraft('x.wanted', 's2'), testDraft('xy.z', 's'));
    await record(testDraft('x.rare', 's3'));
    expect((await exact).map(({ subjectId }) => subjectId)).toEqual(['s2', 's3']);
    expect((await group).map(({ subjectId }) => subjectId)).toEqual(['s1', 's2', 's3']);
  });

  it('shows an agent its own requests, cards and checks alone', async () => {
    const after = await newest();
    await insertPurchase('preq_mine', 'agent_me');
    await insertPurchase('preq_other', 'agent_other');
    await database.pool.query(
      `INSERT INTO policy_check (check_id, agent_id, fingerprint, action_type, counterparty, currency, amount_minor,
         decision, created_at, entry_id) VALUES ('chk_mine', 'agent_me', 1, 'refund', 'c', 'USD', 1, 'allow', now(), 1)`,
    );
    const subjects = [
      'preq_mine',
      'preq_other',
      'chk_mine',
      'chk_other',
      'card_other',
      'agent_me',
      'card_mine',
    ];
    await record(...subjects.map((subject) => testDraft('x.happened', subject)));
    const events = await take(3, { after, agentId: 'agent_me' });
    expect(events.map(({ subjectId }) => subjectId)).toEqual(['preq_mine', 'chk_mine', 'card_mine']);
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

  it('ends when its signal aborts and when the feed closes', async () => {
    const ending = new AbortController();
    const aborted = feed.subscribe({ after: null, signal: ending.signal }).next();
    const closed = feed.subscribe({ after: null, signal: new AbortController().signal }).next();
    await new Promise((resolve) => setTimeout(resolve, 60));
    ending.abort();
    expect((await aborted).done).toBe(true);
    feed.close();
    expect((await closed).done).toBe(true);
    expect((await feed.subscribe({ after: null, signal: new AbortController().signal }).next()).done).toBe(
      true,
    );
  });

  it('goes on after the database was away', async () => {
    let isAway = true;
    const pool = new Proxy(database.pool, {
      get(target, property) {
        if (property === 'query' && isAway) return () => Promise.reject(new Error('away'));
        return Reflect.get(target, property) as unknown;
      },
    });
    const after = await newest();
    feed.close();
    feed = new EventFeed({ pool, pollMs: 20, log: { warn: () => undefined } });
    const waiting = take(1, { after });
    await record(testDraft('a.b', 'back'));
    await new Promise((resolve) => setTimeout(resolve, 60));
    isAway = false;
    expect(await waiting).toHaveLength(1);
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
    const { data, ...envelope } = JSON.parse(eventJson(event!));
    const { at: timestamp } = data;
    expect(envelope).toEqual({ id: size - 1, type: 'purchase.denied', timestamp, subject_id: 'preq_facts' });
    expect(JSON.parse(eventPayload(event!))).toEqual({ type: 'purchase.denied', timestamp, data });
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
    expect(event!.dataJson).toBe(
      `{"request_id":"${requestId}","status":"approved","approved_by":"policy","card_id":"card_1",` +
        `"amount":${literal},"vendor":"aws","reconciled_intent":"infra renewal \\"Q3\\""}`,
    );
  });
});

describe('a wait', () => {
  /** Waits until `state()` is not held any more; counts the readings. */
  function waiting(
    subjectId: string,
    state: () => string,
    options: { timeoutMs?: number; signal?: AbortSignal } = {},
  ) {
    const wait = { reads: 0, done: Promise.resolve('') };
    wait.done = feed.waitUntil({
      subjectId,
      timeoutMs: 60_000,
      ...options,
      read: async () => {
        wait.reads += 1;
        return state();
      },
      isReady: (value) => value !== 'held',
    });
    return wait;
  }

  function pause(ms = 120): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  it('ends at once when this process has committed the change', async () => {
    let state = 'held';
    const wait = waiting('local_1', () => state);
    await pause();
    const { reads } = wait;
    feed.notifyLocal(['other']);
    state = 'approved';
    feed.notifyLocal(['local_1']);
    expect(await wait.done).toBe('approved');
    expect(wait.reads).toBe(reads + 1);
  });

  it('ends when the leaf of another gateway arrives, and reads again for its own subject alone', async () => {
    let state = 'held';
    const one = waiting('remote_1', () => state);
    const two = waiting('remote_2', () => 'held');
    await pause();
    const { reads } = two;
    state = 'approved';
    await record(testDraft('purchase.held', 'remote_1'));
    expect(await one.done).toBe('approved');
    await pause();
    expect(two.reads).toBe(reads);
    feed.close();
    expect(await two.done).toBe('held');
  });

  it('ends when the time is over or the caller goes, with what was read last', async () => {
    expect(await waiting('quiet', () => 'held', { timeoutMs: 100 }).done).toBe('held');
    const leaving = new AbortController();
    const left = waiting('quiet', () => 'held', { signal: leaving.signal });
    await pause();
    leaving.abort();
    expect(await left.done).toBe('held');
  });

  it('misses no change between reading and waiting', async () => {
    const started = performance.now();
    let state = 'held';
    const other = waiting('other', () => 'held'); // keeps the feed looking
    let reads = 0;
    const done = feed.waitUntil({
      subjectId: 'raced',
      timeoutMs: 10_000,
      read: async () => {
        const seen = state;
        reads += 1;
        if (reads === 3) return seen;
        // Another gateway decides right after this one has read.
        if (reads === 2) state = 'approved';
        await record(testDraft('purchase.approved', 'raced'));
        await pause(); // long enough for the feed to have looked past it
        return seen;
      },
      isReady: (value) => value !== 'held',
    });
    expect(await done).toBe('approved');
    expect(reads).toBe(3);
    expect(performance.now() - started).toBeLessThan(5_000);
    feed.close();
    await other.done;
  });

  it('leaves nothing behind', async () => {
    const listeners = new AbortController();
    const added: string[] = [];
    const { signal } = listeners;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...named: Parameters<typeof add>) => {
      added.push(named[0]);
      add(...named);
    };
    signal.removeEventListener = (...named: Parameters<typeof remove>) => {
      added.pop();
      remove(...named);
    };
    let state = 'held';
    const wait = waiting('tidy', () => state, { signal });
    await pause();
    state = 'approved';
    feed.notifyLocal(['tidy']);
    await wait.done;
    expect(added).toEqual([]);
  });
});
