// record/recorder.ts: makes log entries: the exact bytes, their leaf hashes and one signed promise for a batch.
// Owns the gateway's chain of promises. Used only by the one writer of this process, so the chain has no race.
// INVARIANT: the chain advances only when the transaction that stored the promise has committed.
import {
  type InclusionPromise,
  type SigningKey,
  canonicalBytes,
  leafHash,
  type PromisedBatch,
  promiseBatch,
} from '@countersign/audit';

import type { Statement } from '../db/statement.ts';
import { findBatchPromise } from '../ledger/find-batch-promise.ts';
import { type Caller, callerId } from './caller.ts';
import { eventTypeCode } from './event-type-code.ts';

export type Json =
  string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };

/** One state change, before it has an id. `body` is plain data without free text; what is undefined in it is left out. */
export interface EntryDraft {
  readonly type: string;
  /** The request, card, check or configuration object it is about. */
  readonly subjectId: string;
  readonly actor: Caller;
  readonly body: Readonly<Record<string, Json>>;
}

export interface SealedEntry {
  readonly entryId: bigint;
  readonly type: string;
  /** See event-type-code.ts. */
  readonly typeCode: number;
  readonly subjectId: string;
  readonly bytes: Buffer;
  readonly leafHash: Uint8Array;
  /** What was serialised: the answer to the caller is built from it, as a replay is built from the bytes. */
  readonly body: Readonly<Record<string, Json>>;
  readonly promise: InclusionPromise;
}

export interface SealedBatch {
  readonly entries: readonly SealedEntry[];
  readonly gateway: string;
  readonly sequence: number;
  /** Finds the promise's row: there exactly when the transaction has committed. */
  readonly proof: Statement;
  /** Call once the transaction has committed. */
  readonly committed: () => void;
  /** Call when it stays unknown whether it has: the place in the chain may be taken, so another chain begins. */
  readonly unknown: () => void;
}

export interface RecorderOptions {
  /** The log's origin: first line of its checkpoints. */
  readonly origin: string;
  readonly gatewayId: string;
  readonly key: SigningKey;
}

export class Recorder {
  readonly origin: string;
  readonly #key: SigningKey;
  #gatewayId: string;
  #chains = 1;
  readonly #name: string;
  #sequence = 0;
  #previous: string | null = null;

  constructor(options: RecorderOptions) {
    this.origin = options.origin;
    this.#name = options.gatewayId;
    this.#gatewayId = options.gatewayId;
    this.#key = options.key;
  }

  /** Names the chain of promises: the process, and after a commit of unknown outcome its next chain. */
  get gatewayId(): string {
    return this.#gatewayId;
  }

  /** Seals drafts with their entry ids (ascending, same order). 1 to 512 entries. */
  seal(entryIds: readonly bigint[], drafts: readonly EntryDraft[], nowMs: number): SealedBatch {
    if (entryIds.length < drafts.length) throw new Error('an entry id for each draft');
    const at = new Date(nowMs).toISOString();
    const encoded = drafts.map((draft, index) => {
      const entryId = entryIds[index];
      if (entryId === undefined) throw new Error('an entry id for each draft');
      return encodeEntry(entryId, draft, at);
    });
    const sequence = this.#sequence;
    const gateway = this.gatewayId;
    const batch = {
      origin: this.origin,
      gateway,
      sequence,
      previous: this.#previous,
      now: new Date(nowMs),
      leafHashes: encoded.map((entry) => entry.leafHash),
    };
    let promised: PromisedBatch | null = null;
    // Signed when it is asked for, so that the entries can be sent before.
    const promise = (): PromisedBatch => (promised ??= promiseBatch(batch, this.#key));
    return {
      entries: encoded.map((entry, index) => new PromisedEntry(entry, promise, index)),
      gateway,
      sequence,
      proof: findBatchPromise(gateway, sequence),
      committed: () => {
        this.#sequence = sequence + 1;
        this.#previous = promise().hash;
      },
      unknown: () => {
        this.#chains += 1;
        this.#gatewayId = `${this.#name}.${this.#chains}`;
        this.#sequence = 0;
        this.#previous = null;
      },
    };
  }
}

/** What is said of every entry. */
const ENVELOPE = ['actor', 'at', 'entry_id', 'subject_id', 'type'] as const;

type EncodedEntry = Omit<SealedEntry, 'promise'>;

function encodeEntry(
  entryId: bigint,
  { type, subjectId, actor, body }: EntryDraft,
  at: string,
): EncodedEntry {
  for (const name of ENVELOPE) {
    if (name in body) throw new Error(`the body of an entry must not say its own \`${name}\``);
  }
  // The body last: each member that is added to a literal that begins with a spread costs V8 a microsecond.
  const whole = {
    actor: actorOf(actor),
    at,
    entry_id: Number(entryId),
    subject_id: subjectId,
    type,
    ...body,
  };
  const bytes = canonicalBytes(whole, 'left out');
  return {
    entryId,
    type,
    typeCode: eventTypeCode(type),
    subjectId,
    bytes,
    leafHash: leafHash(bytes),
    body: whole,
  };
}

/** A class for its one getter: a promise is made for those who ask, and a getter in a literal is made anew each time. */
class PromisedEntry implements SealedEntry {
  readonly entryId: bigint;
  readonly type: string;
  readonly typeCode: number;
  readonly subjectId: string;
  readonly bytes: Buffer;
  readonly leafHash: Uint8Array;
  readonly body: SealedEntry['body'];
  readonly #batch: () => PromisedBatch;
  readonly #index: number;

  constructor(entry: EncodedEntry, batch: () => PromisedBatch, index: number) {
    this.entryId = entry.entryId;
    this.type = entry.type;
    this.typeCode = entry.typeCode;
    this.subjectId = entry.subjectId;
    this.bytes = entry.bytes;
    this.leafHash = entry.leafHash;
    this.body = entry.body;
    this.#batch = batch;
    this.#index = index;
  }

  get promise(): InclusionPromise {
    return this.#batch().promiseAt(this.#index);
  }
}

function actorOf(caller: Caller): Json {
  return caller.kind === 'system'
    ? { kind: 'system', id: caller.name }
    : { kind: caller.kind, id: callerId(caller), key_id: caller.keyId };
}
