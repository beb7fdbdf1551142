// ledger/insert-rejection.ts: a human's no to an approval: append only, and its end.
import type { Statement } from '../db/statement.ts';

export interface RejectionRow {
  readonly approvalId: string;
  readonly stepIndex: number;
  readonly principalId: string;
  /** Whose authority was used; null: their own. */
  readonly onBehalfOf: string | null;
  /** From the first look to the rejection; null: never opened. */
  readonly viewedSeconds: number | null;
  readonly rejectedAtMs: number;
  readonly entryId: bigint;
}

export function insertRejection(row: RejectionRow): Statement {
  return {
    name: 'insert_rejection',
    text: `INSERT INTO approval_rejection
             (approval_id, step_index, principal_id, on_behalf_of, viewed_seconds, rejected_at, entry_id)
           VALUES ($1, $2, $3, $4, $5, $6, $7::int8)`,
    values: [
      row.approvalId,
      row.stepIndex,
      row.principalId,
      row.onBehalfOf,
      row.viewedSeconds,
      new Date(row.rejectedAtMs),
      row.entryId.toString(),
    ],
  };
}
