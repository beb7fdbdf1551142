// ledger/insert-note.ts: keeps a free text that came with a transition; the log has only its commitment.
import type { Statement } from '../db/statement.ts';

export interface NoteRow {
  readonly entryId: bigint;
  readonly requestId: string;
  readonly text: string;
  readonly salt: Buffer;
}

export function insertNote(row: NoteRow): Statement {
  return {
    name: 'insert_note',
    text: 'INSERT INTO note (entry_id, request_id, body, salt) VALUES ($1::int8, $2, $3, $4)',
    values: [row.entryId.toString(), row.requestId, row.text, row.salt],
  };
}
