// record/log-key.ts: the key that signs the log: found or made, and proved to be this log's before anything is signed.
// The key lies in a file of its own, never in the database: whoever has only the database cannot sign another history.
import {
  EMPTY_ROOT,
  MalformedError,
  type SigningKey,
  generateSigningKeyPem,
  openCheckpoint,
  signCheckpoint,
  signingKeyFromPem,
  verifyPromise,
} from '@countersign/audit';
import type { Pool } from 'pg';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { errorCodeOf } from '../db/database-error.ts';
import { queryRows } from '../db/query-rows.ts';
import { insertCheckpoint } from '../ledger/insert-checkpoint.ts';
import { type CheckpointRow, readCheckpoint } from '../ledger/read-checkpoint.ts';
import { type FirstPromiseRow, readFirstPromise } from '../ledger/read-first-promise.ts';
import { LogError } from './log-error.ts';
import { LogReader } from './log-reader.ts';

export interface OpenLogKeyOptions {
  readonly pool: Pool;
  /** See logOrigin. */
  readonly origin: string;
  /** Private key, PKCS #8 PEM. Made when it is not there and the log is empty. */
  readonly keyFile: string;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** The first line of every checkpoint, and the name of the log's key. */
export function logOrigin(installationId: string): string {
  return `countersign.local/${installationId}`;
}

/** `COUNTERSIGN_LOG_KEY_FILE`, or beside the data. */
export function logKeyFile(
  environment: Readonly<Record<string, string | undefined>>,
  dataDir: string,
): string {
  const named = environment['COUNTERSIGN_LOG_KEY_FILE'];
  return named === undefined || named === '' ? join(dataDir, 'log-key.pem') : named;
}

/**
 * The log's signing key. An empty log is signed at once, as a tree of size 0, so of several gateways that start
 * together with keys of their own exactly one has the log's key.
 * @throws LogError `log_key_missing`, `log_key_unreadable` or `log_key_mismatch`: the gateway must not start
 */
export async function openLogKey({ pool, origin, keyFile, nowMs }: OpenLogKeyOptions): Promise<SigningKey> {
  const pem = (await readKeyFile(keyFile)) ?? (await createKeyFile(pool, keyFile));
  const key = parseKey(pem, origin, keyFile);
  if (await isEmpty(pool)) {
    const note = signCheckpoint({ size: 0, root: EMPTY_ROOT }, key);
    await queryRows(pool, insertCheckpoint(0, note, nowMs));
  }
  await assertKeyOfLog(pool, key, keyFile);
  return key;
}

async function readKeyFile(keyFile: string): Promise<string | undefined> {
  try {
    return await readFile(keyFile, 'utf8');
  } catch (cause) {
    if (errorCodeOf(cause) === 'ENOENT') return undefined;
    throw new LogError('log_key_unreadable', `the log's key \`${keyFile}\` cannot be read`, { cause });
  }
}

async function createKeyFile(pool: Pool, keyFile: string): Promise<string> {
  if (!(await isEmpty(pool))) {
    throw new LogError(
      'log_key_missing',
      `the log has been signed, but its key is not in \`${keyFile}\`: put it back, or name its place in COUNTERSIGN_LOG_KEY_FILE`,
    );
  }
  const pem = generateSigningKeyPem();
  try {
    await mkdir(dirname(keyFile), { recursive: true });
    const file = await open(keyFile, 'wx', 0o600);
    try {
      await file.writeFile(pem);
      await file.sync(); // a log signed by a key that a power cut took away could never go on
    } finally {
      await file.close();
    }
    return pem;
  } catch (cause) {
    // Another gateway of this machine was faster.
    if (errorCodeOf(cause) === 'EEXIST') return readFile(keyFile, 'utf8');
    throw new LogError('log_key_unreadable', `the log's key \`${keyFile}\` cannot be created`, { cause });
  }
}

function parseKey(pem: string, origin: string, keyFile: string): SigningKey {
  try {
    return signingKeyFromPem(origin, pem);
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause;
    throw new LogError('log_key_unreadable', `\`${keyFile}\` does not hold an Ed25519 private key in PEM`, {
      cause,
    });
  }
}

async function isEmpty(pool: Pool): Promise<boolean> {
  const [checkpoints, promises] = await Promise.all([
    queryRows<CheckpointRow>(pool, readCheckpoint()),
    queryRows<FirstPromiseRow>(pool, readFirstPromise()),
  ]);
  return checkpoints.length === 0 && promises.length === 0;
}

async function assertKeyOfLog(pool: Pool, key: SigningKey, keyFile: string): Promise<void> {
  const { verifierKey } = key;
  const mismatch = (what: string): LogError =>
    new LogError(
      'log_key_mismatch',
      `the key in \`${keyFile}\` is not the log's: ${what}; start with the log's own key`,
    );
  const [checkpoint] = await queryRows<CheckpointRow>(pool, readCheckpoint());
  if (checkpoint !== undefined) {
    try {
      openCheckpoint(checkpoint.note, { verifierKey });
      return;
    } catch (cause) {
      if (!(cause instanceof MalformedError)) throw cause;
      throw mismatch('it did not sign the newest checkpoint');
    }
  }
  // No checkpoint, and yet not empty: somebody removed it, or the database is from before the first one.
  const [first] = await queryRows<FirstPromiseRow>(pool, readFirstPromise());
  if (first === undefined) throw mismatch('the log has neither a checkpoint nor a promise');
  const promise = await new LogReader({ pool, verifierKey }).promiseOf(first.first_entry_id);
  if (!verifyPromise(promise, { verifierKey }).valid) throw mismatch('it did not sign the first promise');
}
