// ledger/find-first-entries.ts: the first entry about each subject: of a request, the one that holds its terms. From the
// log alone, whatever the rows of state say.
import type { Statement } from '../db/statement.ts';

export interface FindFirstEntriesRow {
  subject_id: string;
  body: Buffer;
}

export function findFirstEntries(subjectIds: readonly string[]): Statement {
  return {
    name: 'find_first_entries',
    text: `SELECT wanted.subject_id, first.body FROM unnest($1::text[]) AS wanted (subject_id)
           CROSS JOIN LATERAL (SELECT body FROM log_entry AS entry WHERE entry.subject_id = wanted.subject_id
                               ORDER BY entry_id LIMIT 1) AS first`,
    values: [[...subjectIds]],
  };
}
