// admin/change-control.ts: how a change of the configuration may take effect, as its caller declares it, and what is
// kept of a change while a second person looks at it. Types and pure functions: it decides nothing.
import { canonicalJson, CanonicalJsonError, commit } from '@countersign/audit';

import type { PrincipalCaller } from '../record/caller.ts';
import type { Json } from '../record/recorder.ts';
import { invalid } from './admin-error.ts';
import type { ChangeView } from './change-view.ts';
import { PersonalText, type Snapshot } from './personal-text.ts';

/** The request as it was sent: sending it again, on approval, is what applies the change. */
export interface ChangeInput {
  /** Of the API's operations. */
  readonly operation: string;
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly contentType: string | null;
}

export type ChangeControl =
  /** Stops something, concerns no authority, or is the caller's own: it never waits. */
  | { readonly kind: 'immediate' }
  | {
      readonly kind: 'asked';
      readonly input: ChangeInput;
      /** Why it cannot wait; null: it can. */
      readonly emergency: string | null;
      /** Not even an emergency lets it past the second person. */
      readonly alwaysReviewed: boolean;
    }
  | {
      readonly kind: 'approving';
      readonly changeId: string;
      readonly reviewer: PrincipalCaller;
      readonly reason: string | null;
    }
  | {
      readonly kind: 'rolling_back';
      readonly changeId: string;
      readonly reviewer: PrincipalCaller;
      readonly reason: string;
    };

/** Not a failure: the change waits for a second person, so nothing that called for it has a result to go on with. */
export class PendingReview extends Error {
  override readonly name = 'PendingReview';
  readonly change: ChangeView;

  constructor(change: ChangeView) {
    super(`the change \`${change.changeId}\` waits for a second person`);
    this.change = change;
  }
}

/** What a change does to one subject. Texts are as they are: the row can be erased. */
export interface StoredChangeRecord {
  readonly type: string;
  readonly subject_id: string;
  readonly before: Readonly<Record<string, Json>> | null;
  readonly after: Readonly<Record<string, Json>>;
  /** Names of the fields whose values enter the log as commitments only. */
  readonly personal: readonly string[];
  readonly documents?: { readonly before: unknown; readonly after: unknown };
  /** The body that, sent to the same operation, brings back what was before. */
  readonly undo?: unknown;
}

export interface ChangeToStore {
  readonly type: string;
  readonly subjectId: string;
  readonly before: Snapshot | null;
  readonly after: Snapshot;
  readonly documents?: { readonly before: unknown; readonly after: unknown } | undefined;
  readonly undo?: unknown;
}

export function storedRecord(made: ChangeToStore): StoredChangeRecord {
  const { type, subjectId, before, after, documents, undo } = made;
  const personal = Object.keys({ ...before, ...after }).filter(
    (name) => before?.[name] instanceof PersonalText || after[name] instanceof PersonalText,
  );
  return {
    type,
    subject_id: subjectId,
    before: before === null ? null : plain(before),
    after: plain(after),
    personal,
    ...(documents === undefined ? {} : { documents }),
    ...(undo === undefined ? {} : { undo }),
  };
}

/** As JSON keeps it, so that what is read back from the database compares equal. */
function plain(snapshot: Snapshot): Record<string, Json> {
  const entries = Object.entries(snapshot).map(([name, value]) => [
    name,
    value instanceof PersonalText ? value.text : (value ?? null),
  ]);
  return JSON.parse(JSON.stringify(Object.fromEntries(entries))) as Record<string, Json>; // made of Json
}

/** What the log says of a draft's content: it holds texts of people, so only a salted commitment. */
export function contentCommitment(
  input: ChangeInput,
  records: readonly StoredChangeRecord[],
  salt: Buffer,
): string {
  try {
    return commit(canonicalJson({ input, records }, 'left out'), salt);
  } catch (error) {
    if (error instanceof CanonicalJsonError)
      throw invalid('', `the change cannot be recorded: ${error.message}`);
    throw error;
  }
}

/** A log entry has at most 65,535 bytes, and a draft's entry repeats what each of its changes says. */
const PROPOSED_BYTES_MAX = 30_000;

/** The differences as the log states them: what is personal is only named. */
export function statedRecords(records: readonly StoredChangeRecord[]): Json {
  const stated = records.map(({ type, subject_id, before, after, personal }) => ({
    type,
    subject_id,
    changes: Object.fromEntries(
      Object.entries(after)
        .filter(([name, value]) => canonicalJson(before?.[name] ?? null) !== canonicalJson(value ?? null))
        .map(([name, value]) => [
          name,
          personal.includes(name) ? 'committed' : { before: before?.[name] ?? null, after: value ?? null },
        ]),
    ),
  }));
  if (Buffer.byteLength(JSON.stringify(stated)) <= PROPOSED_BYTES_MAX) return stated;
  return { count: records.length, types: [...new Set(records.map(({ type }) => type))] };
}
