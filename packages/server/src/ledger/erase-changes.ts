// ledger/erase-changes.ts: takes the content and the reasons of reviewed changes away for good; who, what and when stay.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export function eraseChanges(changeIds: readonly string[]): Statement {
  return {
    name: 'erase_changes',
    text: `UPDATE configuration_change
           SET input = NULL, records = NULL, salt = NULL, emergency_reason = NULL, review_reason = NULL
           WHERE change_id = ANY ($1::text[])`,
    values: [binaryArray.text(changeIds)],
  };
}
