// The promise of inclusion: what a caller gets at once, before its entry is in the tree. One
// signature covers a whole batch; each caller gets the path from its leaf to the batch's root.
// Must not read the clock or keep the chain: the gateway hands in the time and the last promise.
import { canonicalJson } from './canonical-json.ts';
import { MalformedError, type Verdict, VALID, invalid } from './malformed.ts';
import { HASH_BYTES, isTreeSize, parentRow, verifyInclusion } from './merkle-tree.ts';
import type { SigningKey, VerifierKey } from './note-key.ts';
import { sha256 } from './sha256.ts';
import { decodeBase64Exact, hasLoneSurrogate, sameBytes } from './strict-encoding.ts';

export const PROMISE_BATCH_MAX = 512;

// One key signs checkpoints and promises. No checkpoint can start with these bytes: its second
// line is a number, a promise's is an object.
const DOMAIN = 'countersign/promise/v1\n';

/** What is signed, the same for every caller of a batch. Hashes are base64, times RFC 3339 UTC. */
export type PromiseStatement = {
  origin: string;
  gateway: string;
  /** 0 for a gateway's first promise, then one more each time. */
  sequence: number;
  /** The hash of the gateway's promise before this one; null exactly for the first. */
  previous: string | null;
  timestamp: string;
  batch_size: number;
  batch_root: string;
};

/** A caller's own copy: the statement, its signature, and the way from its leaf to the batch root. */
export type InclusionPromise = PromiseStatement & {
  batch_index: number;
  path: string[];
  leaf_hash: string;
  /** The key id in the log's verifier key: eight hex digits. */
  key_id: string;
  signature: string;
};

export type PromiseBatch = {
  origin: string;
  gateway: string;
  sequence: number;
  previous: string | null;
  now: Date;
  leafHashes: readonly Uint8Array[];
};

export type PromisedBatch = {
  /** The promise for `leafHashes[index]`, made when it is asked for. */
  promiseAt: (index: number) => InclusionPromise;
  /** The `previous` of the gateway's next batch. */
  hash: string;
};

/**
 * Promises a batch of 1 to 512 leaves with one signature.
 */
export function promiseBatch(batch: PromiseBatch, key: SigningKey): PromisedBatch {
  const { origin, gateway, sequence, previous, now, leafHashes } = batch;
  if (leafHashes.length < 1 || leafHashes.length > PROMISE_BATCH_MAX)
    throw new RangeError('batch size out of range');
  if (!isTreeSize(sequence) || (sequence === 0) !== (previous === null)) {
    throw new RangeError('exactly the first promise of a gateway has no previous one');
  }
  const rows = encodeRows(leafHashes);
  const statement: PromiseStatement = {
    origin,
    gateway,
    sequence,
    previous,
    timestamp: now.toISOString(),
    batch_size: leafHashes.length,
    batch_root: rows.at(-1)?.[0] ?? '',
  };
  const message = signedBytes(statement);
  const signature = key.sign(message).toString('base64');
  const keyId = key.verifierKey.keyId;
  return {
    promiseAt(index) {
      const leaf = rows[0]?.[index];
      if (leaf === undefined) throw new RangeError('the batch has no such leaf');
      return {
        origin,
        gateway,
        sequence,
        previous,
        timestamp: statement.timestamp,
        batch_size: statement.batch_size,
        batch_root: statement.batch_root,
        batch_index: index,
        path: pathTo(index, rows),
        leaf_hash: leaf,
        key_id: keyId,
        signature,
      };
    },
    hash: hashOf(message),
  };
}

/** The hash by which the gateway's next promise names this one; the same for all of a batch. */
export function promiseHash(promise: PromiseStatement): string {
  return hashOf(signedBytes(promise));
}

/** Checks a promise as received (parsed JSON): its shape, its path, its signature, its log. */
export function verifyPromise(
  promise: unknown,
  {
    verifierKey,
    origin = verifierKey.name,
    leafHash,
  }: {
    verifierKey: VerifierKey;
    origin?: string;
    /** The leaf the caller expects; without it the promise is checked for the leaf it names. */
    leafHash?: Uint8Array;
  },
): Verdict {
  if (!isPromise(promise)) return invalid('not a promise of inclusion');
  if (promise.origin !== origin) return invalid('the promise is of another log');
  if (promise.key_id !== verifierKey.keyId) return invalid('the promise is signed by another key');
  try {
    const leaf = decodeHash(promise.leaf_hash, 'leaf hash');
    if (leafHash !== undefined && !sameBytes(leaf, leafHash))
      return invalid('the promise is for another entry');
    const inclusion = verifyInclusion({
      leafIndex: promise.batch_index,
      treeSize: promise.batch_size,
      leafHash: leaf,
      path: promise.path.map((hash) => decodeHash(hash, 'path')),
      root: decodeHash(promise.batch_root, 'batch root'),
    });
    if (!inclusion.valid) return inclusion;
    if (promise.previous !== null) decodeHash(promise.previous, 'previous promise');
    const signature = decodeBase64Exact(promise.signature, 64, 'signature');
    return verifierKey.verify(signedBytes(promise), signature)
      ? VALID
      : invalid('the signature does not verify');
  } catch (error) {
    if (error instanceof MalformedError) return invalid(error.message);
    throw error;
  }
}

/**
 * Checks that promises of one gateway, one a batch and already verified singly, follow each other
 * without a gap; a batch whose entries never reached the log still has its place here.
 */
export function verifyPromiseChain(promises: readonly InclusionPromise[]): Verdict {
  for (const [index, promise] of promises.entries()) {
    const before = promises[index - 1];
    if (before === undefined) continue;
    const place = `promise ${promise.sequence}`;
    if (promise.gateway !== before.gateway || promise.origin !== before.origin) {
      return invalid(`${place} is of another gateway or log`);
    }
    if (promise.sequence !== before.sequence + 1)
      return invalid(`${place} does not follow ${before.sequence}`);
    if (promise.previous !== promiseHash(before))
      return invalid(`${place} does not name the promise before it`);
  }
  return VALID;
}

/** All rows of the batch's tree in base64, leaves first: each hash is encoded once, not once a path. */
function encodeRows(leafHashes: readonly Uint8Array[]): string[][] {
  const rows: string[][] = [];
  let row = leafHashes;
  for (;;) {
    rows.push(row.map((hash) => Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString('base64')));
    if (row.length === 1) return rows;
    row = parentRow(row);
  }
}

function pathTo(leafIndex: number, rows: readonly string[][]): string[] {
  const path: string[] = [];
  let index = leafIndex;
  for (const row of rows) {
    const sibling = row[index % 2 === 0 ? index + 1 : index - 1];
    if (sibling !== undefined) path.push(sibling);
    index = Math.floor(index / 2);
  }
  return path;
}

function signedBytes(promise: PromiseStatement): Buffer {
  const { origin, gateway, sequence, previous, timestamp, batch_size, batch_root } = promise;
  const statement = { origin, gateway, sequence, previous, timestamp, batch_size, batch_root };
  return Buffer.from(DOMAIN + canonicalJson(statement));
}

function hashOf(message: Uint8Array): string {
  return sha256(message).toString('base64');
}

function decodeHash(text: string, what: string): Buffer {
  return decodeBase64Exact(text, HASH_BYTES, what);
}

function isPromise(value: unknown): value is InclusionPromise {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Partial<Record<keyof InclusionPromise, unknown>>; // each is checked below
  const texts = [
    fields.origin,
    fields.gateway,
    fields.timestamp,
    fields.batch_root,
    fields.leaf_hash,
    fields.key_id,
  ];
  return (
    [...texts, fields.signature].every((text) => typeof text === 'string' && !hasLoneSurrogate(text)) &&
    [fields.sequence, fields.batch_size, fields.batch_index].every(
      (size) => typeof size === 'number' && isTreeSize(size),
    ) &&
    (fields.batch_size as number) <= PROMISE_BATCH_MAX &&
    (fields.previous === null
      ? fields.sequence === 0
      : typeof fields.previous === 'string' && fields.sequence !== 0) &&
    Array.isArray(fields.path) &&
    fields.path.every((hash) => typeof hash === 'string')
  );
}
