// ledger/find-entries-of-subject.ts: everything the log says of one request, card, check or configuration object.
import type { Statement } from '../db/statement.ts';

export function findEntriesOfSubject(subjectId: string, limit: number): Statement {
  return {
    name: 'find_entries_of_subject',
    text: `SELECT entry_id, subject_id, body, leaf_index
           FROM log_entry LEFT JOIN log_leaf USING (entry_id)
           WHERE subject_id = $1 ORDER BY entry_id LIMIT $2::int`,
    values: [subjectId, limit],
  };
}
