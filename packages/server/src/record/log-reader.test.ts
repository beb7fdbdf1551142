import {
  canonicalJson,
  leafHash,
  verifyConsistency,
  verifyInclusion,
  verifyPromise,
  verifyTlogProof,
} from '@countersign/audit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '../../../../tests/harness/test-database.ts';
import { commitEntries, testDraft, testLogKey, testRecorder } from '../../../../tests/harness/test-record.ts';
import type { Database } from '../db/connect.ts';
import { LogReader } from './log-reader.ts';
import type { SealedEntry } from './recorder.ts';
import { Sequencer } from './sequencer.ts';

const key = testLogKey();
const { verifierKey } = key;
const SIZE = 700;
let files: TestDatabase;
let database: Database;
let reader: LogReader;
let waiting: readonly SealedEntry[];
const entries: SealedEntry[] = [];

beforeAll(async () => {
  files = await createTestDatabase();
  database = await files.open();
  reader = new LogReader({ pool: database.pool, verifierKey });
  const recorder = testRecorder(key);
  const sequencer = new Sequencer({ database, key, now: () => Date.now() });
  for (let batch = 0; entries.length < SIZE; batch += 1) {
    const count = Math.min(1 + ((batch * 31) % 150), SIZE - entries.length);
    const drafts = Array.from({ length: count }, (_, index) =>
      testDraft('test.happened', `subject_${index % 7}`, { text: 'é'.repeat(index), batch }),
    );
    entries.push(...(await commitEntries(database, recorder, drafts)));
  }
  await sequencer.run();
  waiting = await commitEntries(database, recorder, [
    testDraft('test.late', 's'),
    testDraft('test.late', 't'),
  ]);
});
afterAll(() => files.drop());

function bytes(hash: string): Buffer {
  return Buffer.from(hash, 'base64');
}

describe('proofs', () => {
  it('of inclusion hold for every size and leaf', async () => {
    const places = fc
      .integer({ min: 1, max: SIZE })
      .chain((size) =>
        fc.record({ size: fc.constant(size), leafIndex: fc.integer({ min: 0, max: size - 1 }) }),
      );
    await fc.assert(
      fc.asyncProperty(places, async ({ size, leafIndex }) => {
        const proof = (await reader.inclusionProof({ leafIndex, size }))!;
        const claim = {
          leafIndex,
          treeSize: size,
          path: proof.path.map(bytes),
          root: bytes(proof.root_hash),
        };
        expect(verifyInclusion({ ...claim, leafHash: entries[leafIndex]!.leafHash })).toEqual({
          valid: true,
        });
        expect(proof.leaf_hash).toBe(Buffer.from(entries[leafIndex]!.leafHash).toString('base64'));
      }),
      { numRuns: 60 },
    );
  });

  it('of consistency hold between any two sizes', async () => {
    const size = fc.integer({ min: 1, max: SIZE });
    await fc.assert(
      fc.asyncProperty(size, size, async (one, other) => {
        const [from, to] = one < other ? [one, other] : [other, one];
        const proof = (await reader.consistencyProof(from, to))!;
        expect(
          verifyConsistency({
            oldSize: from,
            newSize: to,
            oldRoot: bytes(proof.from_root),
            newRoot: bytes(proof.to_root),
            path: proof.path.map(bytes),
          }),
        ).toEqual({ valid: true });
      }),
      { numRuns: 60 },
    );
  });

  it('are found by entry id, and are not given for what no checkpoint covers', async () => {
    const { entryId } = entries[333]!;
    expect(await reader.inclusionProof({ entryId })).toMatchObject({ leaf_index: 333, tree_size: SIZE });
    expect(await reader.inclusionProof({ entryId, size: 333 })).toBeUndefined();
    expect(await reader.inclusionProof({ entryId: waiting[0]!.entryId })).toBeUndefined();
    expect(await reader.inclusionProof({ leafIndex: 0, size: SIZE + 1 })).toBeUndefined();
    expect(await reader.consistencyProof(0)).toBeUndefined();
    expect(await reader.consistencyProof(SIZE, SIZE + 1)).toBeUndefined();
  });

  it('travel as receipts', async () => {
    const entry = entries[511]!;
    const receipt = (await reader.proofReceipt(entry.entryId))!;
    expect(verifyTlogProof({ proof: receipt, entry: entry.bytes, verifierKey })).toMatchObject({
      valid: true,
      index: 511,
    });
    expect(verifyTlogProof({ proof: receipt, entry: entries[510]!.bytes, verifierKey }).valid).toBe(false);
    expect(await reader.proofReceipt(waiting[0]!.entryId)).toBeUndefined();
  });
});

describe('a promise', () => {
  it('is rebuilt as its caller got it, before and after integration', async () => {
    for (const entry of [entries[0]!, entries[42]!, entries[SIZE - 1]!, ...waiting]) {
      const promise = (await reader.promiseOf(entry.entryId))!;
      expect(JSON.stringify(promise)).toBe(JSON.stringify(entry.promise));
      expect(verifyPromise(promise, { verifierKey, leafHash: entry.leafHash })).toEqual({ valid: true });
    }
    expect(await reader.promiseOf(10n ** 12n)).toBeUndefined();
  });
});

describe('entries', () => {
  it('come in the order of the tree with their exact values', async () => {
    const page = await reader.entries(690, 100);
    expect(page.map((entry) => entry.leaf_index)).toEqual([690, 691, 692, 693, 694, 695, 696, 697, 698, 699]);
    for (const entry of page) {
      const bytesAgain = Buffer.from(canonicalJson(entry.entry));
      expect(leafHash(bytesAgain).toString('base64')).toBe(entry.leaf_hash);
    }
  });

  it('are found by id and by subject, integrated or not', async () => {
    expect(await reader.entryById(waiting[0]!.entryId)).toMatchObject({ leaf_index: null, subject_id: 's' });
    const found = await reader.entriesOf('subject_3');
    expect(found.map((entry) => BigInt(entry.entry_id))).toEqual(
      entries.filter((entry) => entry.subjectId === 'subject_3').map((entry) => entry.entryId),
    );
  });

  it('have a verifier key to be checked with', () => {
    expect(reader.verifierKey()).toBe(verifierKey.text);
  });
});
