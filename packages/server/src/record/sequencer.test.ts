import {
  type LogReader as LogFileReader,
  parseTilePath,
  rootOfHashes,
  verifyLog,
  openCheckpoint,
} from '@countersign/audit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '../../../../tests/harness/test-database.ts';
import { commitEntries, testDraft, testLogKey, testRecorder } from '../../../../tests/harness/test-record.ts';
import type { Database } from '../db/connect.ts';
import { LogReader } from './log-reader.ts';
import { Sequencer } from './sequencer.ts';

const key = testLogKey();
let files: TestDatabase;
let database: Database;
let reader: LogReader;

beforeEach(async () => {
  files = await createTestDatabase();
  database = await files.open();
  reader = new LogReader({ pool: database.pool, verifierKey: key.verifierKey });
});
afterEach(() => files.drop());

function sequencer(
  options: { batchMax?: number; database?: Pick<Database, 'pool' | 'transaction'> } = {},
): Sequencer {
  return new Sequencer({ database, key, now: () => Date.now(), ...options });
}

function drafts(count: number, type = 'test.happened') {
  return Array.from({ length: count }, (_, index) => testDraft(type, `subject_${index}`, { value: index }));
}

async function leaves(): Promise<{ index: number; entryId: bigint; hash: Buffer }[]> {
  const { rows } = await database.pool.query<{ leaf_index: bigint; entry_id: bigint; leaf_hash: Buffer }>(
    'SELECT leaf_index, entry_id, leaf_hash FROM log_leaf ORDER BY leaf_index',
  );
  return rows.map((row) => ({ index: Number(row.leaf_index), entryId: row.entry_id, hash: row.leaf_hash }));
}

const readFile: LogFileReader = async (path) => {
  if (path === 'checkpoint') return Buffer.from((await reader.checkpoint()).note);
  const place = parseTilePath(path);
  if (place === undefined) return undefined;
  return place.kind === 'tile' ? reader.tile(place) : reader.entryBundle(place);
};

async function verify() {
  return verifyLog({ read: readFile, verifierKey: key.verifierKey, canonicalEntries: true });
}

describe('the sequencer', () => {
  it('appends what was committed, in entry order, and signs the tree', async () => {
    const recorder = testRecorder(key);
    const entries = [
      ...(await commitEntries(database, recorder, drafts(3))),
      ...(await commitEntries(database, recorder, drafts(5))),
    ];
    expect(await sequencer().run()).toEqual({ outcome: 'appended', count: 8, size: 8, more: false });
    expect((await leaves()).map(({ entryId }) => entryId)).toEqual(entries.map(({ entryId }) => entryId));
    const { note, size } = await reader.checkpoint();
    const { root } = openCheckpoint(note, { verifierKey: key.verifierKey });
    expect(size).toBe(8);
    expect(root).toEqual(rootOfHashes(entries.map(({ leafHash }) => leafHash)));
    expect(await sequencer().run()).toEqual({ outcome: 'idle' });
  });

  it('appends an entry that becomes visible after one with a higher id', async () => {
    const early = testRecorder(key);
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    let written: () => void = () => undefined;
    const isWritten = new Promise<void>((resolve) => (written = resolve));
    const late = commitEntries(database, early, drafts(2, 'test.late'), async () => {
      written();
      await held;
    });
    await isWritten;
    const overtaking = await commitEntries(database, testRecorder(key), drafts(2));
    const subject = sequencer();
    expect(await subject.run()).toMatchObject({ outcome: 'appended', count: 2 });
    letGo();
    const overtaken = await late;
    expect(overtaken[0]!.entryId < overtaking[0]!.entryId).toBe(true);
    expect(await subject.run()).toMatchObject({ outcome: 'appended', count: 2, size: 4 });
    expect((await leaves()).map(({ entryId }) => entryId)).toEqual(
      [...overtaking, ...overtaken].map(({ entryId }) => entryId),
    );
    expect((await verify()).valid).toBe(true);
  });

  it('takes bounded batches until nothing is left', async () => {
    const recorder = testRecorder(key);
    for (let batch = 0; batch < 6; batch += 1) await commitEntries(database, recorder, drafts(10));
    const subject = sequencer({ batchMax: 20 });
    const sizes = [];
    for (;;) {
      const run = await subject.run();
      if (run.outcome !== 'appended') break;
      sizes.push(run.count);
    }
    expect(sizes).toEqual([20, 20, 20]);
    expect(await leaves()).toHaveLength(60);
  });

  it('keeps tiles above level 0, partial ones included, that a third party can verify', async () => {
    const recorder = testRecorder(key);
    for (let batch = 0; batch < 3; batch += 1) await commitEntries(database, recorder, drafts(400));
    const subject = sequencer({ batchMax: 500 });
    while ((await subject.run()).outcome === 'appended');
    expect(await reader.tile({ level: 1, index: 0, width: 4 })).toHaveLength(4 * 32);
    expect(await reader.tile({ level: 1, index: 0, width: 5 })).toBeUndefined();
    expect(await reader.tile({ level: 0, index: 4, width: 177 })).toBeUndefined();
    const report = await verify();
    expect(report).toMatchObject({ valid: true, leavesChecked: 1200, entriesChecked: 1200 });
  });

  it('loses, doubles and reorders nothing when several gateways sequence and commit at once', async () => {
    const writers = Array.from({ length: 4 }, () => testRecorder(key));
    let isWriting = true;
    const sequencing = Array.from({ length: 3 }, async () => {
      const subject = sequencer({ batchMax: 50 });
      for (;;) {
        const { outcome } = await subject.run();
        if (outcome === 'idle' && !isWriting) return;
      }
    });
    const committed = await Promise.all(
      writers.map(async (recorder, writer) => {
        const mine = [];
        for (let batch = 0; batch < 15; batch += 1) {
          mine.push(...(await commitEntries(database, recorder, drafts(1 + ((batch * 7 + writer) % 13)))));
        }
        return mine;
      }),
    );
    isWriting = false;
    await Promise.all(sequencing);
    await sequencer().run();
    const sequenced = await leaves();
    expect(sequenced.map(({ index }) => index)).toEqual(sequenced.map((_, index) => index));
    expect(new Set(sequenced.map(({ entryId }) => entryId))).toEqual(
      new Set(committed.flat().map(({ entryId }) => entryId)),
    );
    expect(sequenced).toHaveLength(committed.flat().length);
    const place = new Map(sequenced.map(({ entryId, index }) => [entryId, index]));
    for (const mine of committed) {
      const places = mine.map(({ entryId }) => place.get(entryId)!);
      expect(places).toEqual([...places].sort((left, right) => left - right));
    }
    expect((await verify()).valid).toBe(true);
  });

  it('waits its turn while another gateway holds the head', async () => {
    await commitEntries(database, testRecorder(key), drafts(1));
    const other = await database.pool.connect();
    await other.query('BEGIN');
    await other.query('SELECT FROM log_head FOR UPDATE');
    const subject = sequencer();
    expect(await subject.run()).toEqual({ outcome: 'busy' });
    await other.query('ROLLBACK');
    other.release();
    expect(await subject.run()).toMatchObject({ outcome: 'appended', count: 1 });
  });
});

describe('a sequencer that crashes', () => {
  it('before the commit leaves the entries for the next one', async () => {
    const [entry] = await commitEntries(database, testRecorder(key), drafts(1));
    const crashing = sequencer({
      database: {
        pool: database.pool,
        transaction: (run) =>
          database.transaction(
            async (client) => {
              await run(client);
              throw new Error('crash');
            },
            { retries: 0 },
          ),
      },
    });
    await expect(crashing.run()).rejects.toThrow('crash');
    expect(await leaves()).toEqual([]);
    expect(await sequencer().run()).toMatchObject({ outcome: 'appended', count: 1, size: 1 });
    expect((await leaves())[0]!.entryId).toBe(entry!.entryId);
  });

  it('after the commit and before its signature leaves a tree that the next one signs', async () => {
    const entries = await commitEntries(database, testRecorder(key), drafts(3));
    const crashing = sequencer({
      database: {
        pool: database.pool,
        transaction: async (run) => {
          await database.transaction(run);
          throw new Error('crash');
        },
      },
    });
    await expect(crashing.run()).rejects.toThrow('crash');
    expect(await leaves()).toHaveLength(3);
    await expect(reader.checkpoint()).rejects.toMatchObject({ code: 'log_damaged' });
    await sequencer().run();
    const { note, size } = await reader.checkpoint();
    expect(size).toBe(3);
    expect(openCheckpoint(note, { verifierKey: key.verifierKey }).root).toEqual(
      rootOfHashes(entries.map(({ leafHash }) => leafHash)),
    );
  });

  it('and runs on itself does the same: it signs what it sees unsigned twice', async () => {
    await commitEntries(database, testRecorder(key), drafts(2));
    const first = sequencer();
    await first.run();
    await commitEntries(database, testRecorder(key), drafts(2));
    const other = sequencer({
      database: {
        pool: database.pool,
        transaction: async (run) => {
          await database.transaction(run);
          throw new Error('crash');
        },
      },
    });
    await expect(other.run()).rejects.toThrow('crash');
    await first.run();
    expect((await reader.checkpoint()).size).toBe(2);
    await first.run();
    expect((await reader.checkpoint()).size).toBe(4);
    expect((await verify()).valid).toBe(true);
  });
});

describe('a tree that somebody changed', () => {
  async function tamper(sql: string): Promise<void> {
    const owner = await files.open('owner');
    const client = await owner.pool.connect();
    await client.query("SET session_replication_role = 'replica'");
    await client.query(sql);
    await client.query('RESET session_replication_role');
    client.release();
  }

  it.each([
    [
      'a leaf was replaced',
      "UPDATE log_leaf SET leaf_hash = decode(repeat('00', 32), 'hex') WHERE leaf_index = 1",
    ],
    ['the head was', "UPDATE log_head SET frontier = overlay(frontier PLACING '\\x00' FROM 1)"],
    ['it was cut', 'DELETE FROM log_leaf WHERE leaf_index = 3; UPDATE log_head SET size = 3'],
  ])('is not signed by a gateway that starts: %s', async (_, sql) => {
    await commitEntries(database, testRecorder(key), drafts(4));
    await sequencer().run();
    await tamper(sql);
    await commitEntries(database, testRecorder(key), drafts(1));
    await expect(sequencer().run()).rejects.toMatchObject({ code: 'log_damaged' });
    expect((await reader.checkpoint()).size).toBe(4);
  });

  it('is not signed by a gateway that runs', async () => {
    const subject = sequencer();
    await commitEntries(database, testRecorder(key), drafts(4));
    await subject.run();
    await tamper("UPDATE log_head SET frontier = overlay(frontier PLACING '\\x00' FROM 1)");
    await commitEntries(database, testRecorder(key), drafts(1));
    await expect(subject.run()).rejects.toMatchObject({ code: 'log_damaged' });
  });
});
