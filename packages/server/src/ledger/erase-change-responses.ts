// ledger/erase-change-responses.ts: forgets what was answered to old changes of the configuration: answers hold names. The
// keys stay taken.
import type { Statement } from '../db/statement.ts';

export function eraseChangeResponses(before: Date): Statement {
  return {
    name: 'erase_change_responses',
    text: `UPDATE idempotency_key SET response = NULL WHERE created_at < $1 AND response IS NOT NULL`,
    values: [before],
  };
}

/** Of one thing, whenever it was. */
export function eraseChangeResponsesOf(resourceId: string): Statement {
  return {
    name: 'erase_change_responses_of',
    text: `UPDATE idempotency_key SET response = NULL WHERE resource_id = $1 AND response IS NOT NULL`,
    values: [resourceId],
  };
}
