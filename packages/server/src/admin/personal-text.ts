// admin/personal-text.ts: names, addresses and reasons on their way into the record: a salted commitment goes into the
// log for ever, the text and its salt into a table that can be erased. Also the difference of two states.
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { COMMITMENT_SALT_BYTES, commit } from '@countersign/audit';

import type { ConfigurationTextRow } from '../ledger/insert-configuration-texts.ts';
import type { Json } from '../record/recorder.ts';

/** A value that must not enter the log as it is. */
export class PersonalText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What the record says of a thing at one moment: fields in the wire's spelling; null where there is no value. */
export type Snapshot = Readonly<Record<string, Json | PersonalText>>;

export function personal(text: string | null): PersonalText | null {
  return text === null ? null : new PersonalText(text);
}

/** An owner is an id, which is no secret, or an e-mail address, which is personal. */
export function ownerSnapshot(owner: string | null): string | PersonalText | null {
  return owner?.includes('@') === true ? new PersonalText(owner) : owner;
}

export interface DescribedDifference {
  /** `{field: {before, after}}` of the fields that differ; empty: nothing does. */
  readonly changes: Readonly<Record<string, Json>>;
  readonly texts: readonly Omit<ConfigurationTextRow, 'entry_id' | 'subject_id'>[];
}

/**
 * The difference as the log states it. `kind` qualifies the fields of stored texts, since subjects of different kinds
 * may share an id; `stored` are the subject's latest texts, whose commitments stand for the values before.
 */
export function describeDifference(
  kind: string,
  before: Snapshot | null,
  after: Snapshot,
  stored: readonly ConfigurationTextRow[],
): DescribedDifference {
  const changes: Record<string, Json> = {};
  const texts: { field: string; text: string; salt: Buffer }[] = [];
  for (const [name, value] of Object.entries(after)) {
    const former = before?.[name] ?? null;
    if (isDeepStrictEqual(former, value ?? null)) continue;
    const field = `${kind}.${name}`;
    let stated: Json;
    if (value instanceof PersonalText) {
      const salt = randomBytes(COMMITMENT_SALT_BYTES);
      texts.push({ field, text: value.text, salt });
      stated = { commitment: commit(value.text, salt) };
    } else {
      stated = value ?? null;
    }
    changes[name] = { before: statedBefore(former, field, stored), after: stated };
  }
  return { changes, texts };
}

function statedBefore(
  former: Json | PersonalText,
  field: string,
  stored: readonly ConfigurationTextRow[],
): Json {
  if (!(former instanceof PersonalText)) return former;
  const row = stored.find((candidate) => candidate.field === field && candidate.text === former.text);
  return { commitment: row === undefined ? null : commit(row.text, row.salt) }; // null: its text has been erased
}
