import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '../../../../tests/harness/test-database.ts';
import { commitEntries, testDraft, testLogKey, testRecorder } from '../../../../tests/harness/test-record.ts';
import type { Database } from '../db/connect.ts';
import { listEvents } from './list-events.ts';
import { Sequencer } from './sequencer.ts';

const NOISE = 6_000;
const ALL = { after: -1, limit: 10, types: null, agentId: null };

let files: TestDatabase;
let database: Database;

/** `a.one` and `a.two` at both ends of 6,000 others, and `ab.three`, which is of no group of theirs. */
beforeAll(async () => {
  files = await createTestDatabase();
  database = await files.open();
  const key = testLogKey();
  const recorder = testRecorder(key);
  await commitEntries(database, recorder, [testDraft('a.one', 's1'), testDraft('ab.three', 's2')]);
  for (let made = 0; made < NOISE; made += 500) {
    const drafts = Array.from({ length: 500 }, (_, index) => testDraft('noise.x', `n${made + index}`));
    await commitEntries(database, recorder, drafts);
  }
  await commitEntries(database, recorder, [testDraft('a.two', 's3'), testDraft('a.one', 's4')]);
  const sequencer = new Sequencer({ database, key, now: () => Date.now(), batchMax: 10_000 });
  while ((await sequencer.run()).outcome === 'appended');
});
afterAll(() => files.drop());

describe('a list of events', () => {
  it('has the events of groups and exact types, wherever they stand', async () => {
    const subjects: string[] = [];
    let after = -1;
    // A page may be short: `scannedTo` says how far it looked, and the end is where that stays.
    for (;;) {
      const page = await listEvents(database.pool, { ...ALL, after, types: ['a.*'] });
      subjects.push(...page.events.map((event) => event.subjectId));
      if (page.scannedTo === after) break;
      after = page.scannedTo;
    }
    expect(subjects).toEqual(['s1', 's3', 's4']);
    const mixed = await listEvents(database.pool, { ...ALL, types: ['ab.*', 'a.one'] });
    expect(mixed.events.map((event) => event.subjectId)).toEqual(['s1', 's2']);
    const exact = await listEvents(database.pool, { ...ALL, types: ['a.two', 'ab.three'] });
    expect(exact.events.map((event) => event.subjectId)).toEqual(['s2', 's3']);
    expect(exact.scannedTo).toBe(NOISE + 3);
  });

  it('goes on after the last event it gave, not after the last leaf it read', async () => {
    const first = await listEvents(database.pool, { ...ALL, limit: 1, after: NOISE, types: ['a.*'] });
    expect(first.events.map((event) => event.subjectId)).toEqual(['s3']);
    expect(first.scannedTo).toBe(NOISE + 2);
    const second = await listEvents(database.pool, {
      ...ALL,
      limit: 1,
      after: first.scannedTo,
      types: ['a.*'],
    });
    expect(second.events.map((event) => event.subjectId)).toEqual(['s4']);
    const none = await listEvents(database.pool, { ...ALL, after: second.scannedTo, types: ['a.*'] });
    expect(none).toEqual({ events: [], scannedTo: second.scannedTo });
  });
});
