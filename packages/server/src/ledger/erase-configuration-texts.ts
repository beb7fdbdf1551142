// ledger/erase-configuration-texts.ts: deletes texts of the configuration with their salts: the commitments in the log then
// say nothing about them.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';
import type { RetainedTextRow } from './find-retained-texts.ts';

export function eraseConfigurationTexts(rows: readonly RetainedTextRow[]): Statement {
  return {
    name: 'erase_configuration_texts',
    text: `DELETE FROM configuration_text USING unnest($1::int8[], $2::text[]) AS gone (entry_id, field)
           WHERE configuration_text.entry_id = gone.entry_id AND configuration_text.field = gone.field`,
    values: [
      binaryArray.int8(rows.map((row) => row.entry_id)),
      binaryArray.text(rows.map((row) => row.field)),
    ],
  };
}

/** Every text of one kind of subject: `principal`. */
export function eraseConfigurationTextsOf(subjectId: string, kind: string): Statement {
  return {
    name: 'erase_configuration_texts_of',
    text: `DELETE FROM configuration_text WHERE subject_id = $1 AND field LIKE $2 || '.%'`,
    values: [subjectId, kind],
  };
}
