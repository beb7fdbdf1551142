import { generateSigningKeyPem, openCheckpoint } from '@countersign/audit';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '../../../../tests/harness/test-database.ts';
import {
  commitEntries,
  testDraft,
  testRecorder,
  TEST_ORIGIN,
} from '../../../../tests/harness/test-record.ts';
import type { Database } from '../db/connect.ts';
import { logKeyFile, logOrigin, openLogKey } from './log-key.ts';
import { LogReader } from './log-reader.ts';

let files: TestDatabase;
let database: Database;
let folder: string;

beforeEach(async () => {
  files = await createTestDatabase();
  database = await files.open();
  folder = await mkdtemp(join(tmpdir(), 'countersign-key-'));
});
afterEach(async () => {
  await files.drop();
  await rm(folder, { recursive: true });
});

function open(name = 'log-key.pem') {
  return openLogKey({
    pool: database.pool,
    origin: TEST_ORIGIN,
    keyFile: join(folder, name),
    nowMs: Date.now(),
  });
}

/** As a database from before the first checkpoint: only promises. */
async function removeCheckpoints(): Promise<void> {
  const owner = await files.open('owner');
  await owner.pool.query('ALTER TABLE log_checkpoint DISABLE TRIGGER ALL; DELETE FROM log_checkpoint');
}

describe('the key of the log', () => {
  it('is made once, readable by its owner alone, and signs the empty tree', async () => {
    const key = await open('deep/log-key.pem');
    expect((await stat(join(folder, 'deep/log-key.pem'))).mode & 0o777).toBe(0o600);
    const reader = new LogReader({ pool: database.pool, verifierKey: key.verifierKey });
    const { note } = await reader.checkpoint();
    expect(openCheckpoint(note, { verifierKey: key.verifierKey })).toMatchObject({
      size: 0,
      origin: TEST_ORIGIN,
    });
    expect((await open('deep/log-key.pem')).verifierKey.text).toBe(key.verifierKey.text);
  });

  it('is not replaced when it is missing', async () => {
    await commitEntries(database, testRecorder(await open()), [testDraft('a.b', 's')]);
    await rm(join(folder, 'log-key.pem'));
    await expect(open()).rejects.toMatchObject({ code: 'log_key_missing' });
    await removeCheckpoints();
    await expect(open()).rejects.toMatchObject({ code: 'log_key_missing' });
  });

  it('is refused when it did not sign the newest checkpoint', async () => {
    await open();
    await writeFile(join(folder, 'other.pem'), generateSigningKeyPem());
    await expect(open('other.pem')).rejects.toMatchObject({ code: 'log_key_mismatch' });
  });

  it('is refused when it did not sign the first promise', async () => {
    await commitEntries(database, testRecorder(await open()), [testDraft('a.b', 's')]);
    await removeCheckpoints();
    await writeFile(join(folder, 'other.pem'), generateSigningKeyPem());
    await expect(open('other.pem')).rejects.toMatchObject({ code: 'log_key_mismatch' });
    await expect(open()).resolves.toBeDefined();
  });

  it('belongs to exactly one of several gateways that start together with keys of their own', async () => {
    const outcomes = await Promise.allSettled(['a.pem', 'b.pem', 'c.pem', 'd.pem'].map(open));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({ code: expect.stringMatching(/^log_key_(mismatch|missing)$/) });
    }
  });

  it('must be a key', async () => {
    await writeFile(join(folder, 'log-key.pem'), 'not a key');
    await expect(open()).rejects.toMatchObject({ code: 'log_key_unreadable' });
    await chmod(join(folder, 'log-key.pem'), 0o600);
  });

  it('has its place and its name', () => {
    expect(logOrigin('abc')).toBe('countersign.local/abc');
    expect(logKeyFile({}, '/data')).toBe('/data/log-key.pem');
    expect(logKeyFile({ COUNTERSIGN_LOG_KEY_FILE: '/keys/log' }, '/data')).toBe('/keys/log');
  });
});
