// ledger/find-changed-subjects.ts: which of some subjects a range of the log says something about.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface ChangedSubjectRow {
  subject_id: string;
}

/** Leaves `[from, to)`. */
export function findChangedSubjects(from: number, to: number, subjectIds: readonly string[]): Statement {
  return {
    name: 'find_changed_subjects',
    text: `SELECT DISTINCT subject_id FROM log_leaf JOIN log_entry USING (entry_id)
           WHERE leaf_index >= $1::int8 AND leaf_index < $2::int8 AND subject_id = ANY ($3::text[])`,
    values: [from, to, binaryArray.text(subjectIds)],
  };
}
