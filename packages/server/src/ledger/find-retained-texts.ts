// ledger/find-retained-texts.ts: texts of the configuration that nothing uses any more: replaced before a time, or a
// reason that was given before it. An entry's bytes say when it was made.
import type { Statement } from '../db/statement.ts';

export interface RetainedTextRow {
  entry_id: bigint;
  field: string;
  subject_id: string;
}

export function findRetainedTexts({
  before,
  after,
  limit,
}: {
  readonly before: Date;
  /** Entry and field of the last one seen. */
  readonly after: { readonly entryId: bigint; readonly field: string };
  readonly limit: number;
}): Statement {
  return {
    name: 'find_retained_texts',
    text: `SELECT old.entry_id, old.field, old.subject_id
           FROM configuration_text AS old JOIN log_entry AS made ON made.entry_id = old.entry_id
           WHERE (old.entry_id, old.field) > ($2::int8, $3) AND (
             (old.field ~ 'reason$' AND (convert_from(made.body, 'UTF8')::json ->> 'at')::timestamptz < $1)
             OR EXISTS (
               SELECT FROM configuration_text AS newer JOIN log_entry AS entry ON entry.entry_id = newer.entry_id
               WHERE newer.subject_id = old.subject_id AND newer.field = old.field AND newer.entry_id > old.entry_id
                 AND (convert_from(entry.body, 'UTF8')::json ->> 'at')::timestamptz < $1))
           ORDER BY old.entry_id, old.field LIMIT $4`,
    values: [before, after.entryId, after.field, limit],
  };
}
