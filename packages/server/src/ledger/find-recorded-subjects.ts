// ledger/find-recorded-subjects.ts: which of these subjects have log entries.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export function findRecordedSubjects(subjectIds: readonly string[]): Statement {
  return {
    name: 'find_recorded_subjects',
    text: 'SELECT DISTINCT subject_id FROM log_entry WHERE subject_id = ANY ($1::text[])',
    values: [binaryArray.text(subjectIds)],
  };
}
