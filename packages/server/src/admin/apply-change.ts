// admin/apply-change.ts: what every change of the configuration shares: idempotency, the rows' entry ids, the
// difference in the record, and texts kept out of it. Rests on change-configuration.ts for lock, log and version.
// INVARIANT: a change that alters nothing writes no entry; every other one writes exactly those it records.
import type { Pool, QueryResultRow } from 'pg';

import type { Statement } from '../db/statement.ts';
import type { Transaction } from '../db/writer.ts';
import { findChangeResponse, type ChangeResponseRow } from '../ledger/find-change-response.ts';
import { findConfigurationTexts } from '../ledger/find-configuration-texts.ts';
import { insertChangeResponse } from '../ledger/insert-change-response.ts';
import { insertConfigurationTexts, type ConfigurationTextRow } from '../ledger/insert-configuration-texts.ts';
import { callerId, type PrincipalCaller, type SystemCaller } from '../record/caller.ts';
import type { EntryDraft, Json } from '../record/recorder.ts';
import { AdminError } from './admin-error.ts';
import { changeConfiguration, type ChangeContext } from './change-configuration.ts';
import { describeDifference, type Snapshot } from './personal-text.ts';

export interface AdminContext extends ChangeContext {
  /** For reads. */
  readonly pool: Pool;
}

/** Whoever may change the configuration: people and services with the role for it, and the gateway itself. */
export type Actor = PrincipalCaller | SystemCaller;

export interface ChangeOptions {
  readonly idempotency?: { readonly key: string; readonly bodyHash: Buffer } | undefined;
  /** Called before a result that repeats an earlier answer is returned. */
  readonly onReplay?: (() => void) | undefined;
}

export interface ChangeRequest {
  readonly actor: Actor;
  /** With the ids in its path, so that one key cannot be taken for another resource: `keys.create/agent_1`. */
  readonly operation: string;
  readonly options: ChangeOptions | undefined;
  readonly entryCountMax?: number;
  /** The result has a secret that is shown once: it is not kept for replays. */
  readonly holdsSecret?: boolean;
}

export interface ChangeRecord {
  readonly type: string;
  readonly subjectId: string;
  /** null: it did not exist before. */
  readonly before: Snapshot | null;
  readonly after: Snapshot;
  /** What else the record must say; no free text. */
  readonly detail?: Readonly<Record<string, Json>>;
}

/** One change under way. */
export interface ChangeStep {
  readonly tx: Transaction;
  readonly at: Date;
  /** The id of the entry that `record` writes next, for the rows it is about. */
  readonly entryId: bigint;
  record(change: ChangeRecord): Promise<void>;
}

/** `change` returns what the caller is answered: plain JSON data, so that it can be replayed. */
export async function applyChange<T>(
  context: AdminContext,
  { actor, operation, options, entryCountMax = 1, holdsSecret = false }: ChangeRequest,
  change: (step: ChangeStep) => Promise<T>,
): Promise<T> {
  const { idempotency } = options ?? {};
  const scope = callerId(actor);
  const { result } = await changeConfiguration(context, entryCountMax, async (tx, entryIds, nowMs) => {
    if (idempotency !== undefined) {
      const stored = await firstRow<ChangeResponseRow>(
        tx,
        findChangeResponse({ scope, operation, key: idempotency.key }),
      );
      if (stored !== null)
        return {
          result: { replayed: true, value: replayOf(stored, idempotency.bodyHash) as T },
          entries: [],
        }; // stored by this operation
    }
    const drafts: EntryDraft[] = [];
    const at = new Date(nowMs);
    const step: ChangeStep = {
      tx,
      at,
      get entryId() {
        const entryId = entryIds[drafts.length];
        if (entryId === undefined) throw new Error(`${operation} records more entries than it asked for`);
        return entryId;
      },
      async record(made) {
        drafts.push(await draftOf(tx, actor, step.entryId, made));
      },
    };
    const value = await change(step);
    if (idempotency !== undefined) {
      const resourceId = drafts[0]?.subjectId ?? operation;
      const response = holdsSecret ? null : value;
      const { key, bodyHash } = idempotency;
      await tx.query(insertChangeResponse({ scope, operation, key, bodyHash, resourceId, response, at }));
    }
    return { result: { replayed: false, value }, entries: drafts };
  });
  if (result.replayed) options?.onReplay?.();
  return result.value;
}

/** The first row of one statement inside a change, or null. */
export async function firstRow<Row extends QueryResultRow>(
  tx: Transaction,
  statement: Statement,
): Promise<Row | null> {
  return (await tx.query<Row>(statement)).rows[0] ?? null;
}

/** Rows for an answer, outside any change. */
export async function readRows<Row extends QueryResultRow>(pool: Pool, statement: Statement): Promise<Row[]> {
  const { name, text, values } = statement;
  return (await pool.query<Row>({ name, text, values: [...values] })).rows;
}

function replayOf(stored: ChangeResponseRow, bodyHash: Buffer): unknown {
  if (!stored.body_hash.equals(bodyHash)) {
    throw new AdminError('idempotency_key_reused', 'this idempotency key was used with another body');
  }
  if (stored.response === null) {
    throw new AdminError(
      'secret_already_shown',
      `\`${stored.resource_id}\` was created by this request before, and its secret is shown once`,
    );
  }
  return stored.response;
}

async function draftOf(
  tx: Transaction,
  actor: Actor,
  entryId: bigint,
  made: ChangeRecord,
): Promise<EntryDraft> {
  const { type, subjectId, before, after, detail } = made;
  const kind = type.slice(0, type.indexOf('.'));
  const stored =
    before === null ? [] : (await tx.query<ConfigurationTextRow>(findConfigurationTexts(subjectId))).rows;
  const { changes, texts } = describeDifference(kind, before, after, stored);
  if (texts.length > 0) {
    const rows = texts.map((text) => ({ ...text, entry_id: entryId, subject_id: subjectId }));
    await tx.query(insertConfigurationTexts(rows));
  }
  return { type, subjectId, actor, body: { ...detail, changes } };
}
