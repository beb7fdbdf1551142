// ledger/read-opening.ts: the first log entry of a request or check, from which its answer is rebuilt.
import type { Statement } from '../db/statement.ts';

export interface ReadOpeningRow {
  entry_id: bigint;
  body: Buffer;
  private_text: unknown;
}

export function readOpening(kind: 'request' | 'check', resourceId: string): Statement {
  return kind === 'request'
    ? {
        name: 'read_opening_of_request',
        text: `SELECT entry.entry_id, entry.body, request.private_text FROM purchase_request AS request
               JOIN log_entry AS entry ON entry.entry_id = request.decision_entry_id WHERE request.request_id = $1`,
        values: [resourceId],
      }
    : {
        name: 'read_opening_of_check',
        text: `SELECT entry.entry_id, entry.body, NULL AS private_text FROM policy_check AS checked
               JOIN log_entry AS entry ON entry.entry_id = checked.entry_id WHERE checked.check_id = $1`,
        values: [resourceId],
      };
}
