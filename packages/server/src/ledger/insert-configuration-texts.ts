// ledger/insert-configuration-texts.ts: keeps the texts that a log entry holds commitments to.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface ConfigurationTextRow {
  entry_id: bigint;
  field: string;
  subject_id: string;
  text: string;
  salt: Buffer;
}

export function insertConfigurationTexts(texts: readonly ConfigurationTextRow[]): Statement {
  return {
    name: 'insert_configuration_texts',
    text: `INSERT INTO configuration_text (entry_id, field, subject_id, text, salt)
           SELECT * FROM unnest($1::int8[], $2::text[], $3::text[], $4::text[], $5::bytea[])`,
    values: [
      binaryArray.int8(texts.map((row) => row.entry_id)),
      binaryArray.text(texts.map((row) => row.field)),
      binaryArray.text(texts.map((row) => row.subject_id)),
      binaryArray.text(texts.map((row) => row.text)),
      binaryArray.bytea(texts.map((row) => row.salt)),
    ],
  };
}
