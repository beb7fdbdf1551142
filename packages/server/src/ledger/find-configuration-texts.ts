// ledger/find-configuration-texts.ts: the latest text of each field of a subject.
import type { Statement } from '../db/statement.ts';

export function findConfigurationTexts(subjectId: string): Statement {
  return {
    name: 'find_configuration_texts',
    text: `SELECT DISTINCT ON (field) entry_id, field, subject_id, text, salt
           FROM configuration_text WHERE subject_id = $1 ORDER BY field, entry_id DESC`,
    values: [subjectId],
  };
}
