// ledger/insert-signature.ts: a human's signature on one step: append only, one person one step.
import type { Statement } from '../db/statement.ts';

export interface SignatureRow {
  readonly approvalId: string;
  readonly stepIndex: number;
  readonly principalId: string;
  /** Whose authority was used; null: their own. */
  readonly onBehalfOf: string | null;
  readonly authorizationReference: string;
  /** Hex. */
  readonly termsHash: string;
  /** From the first look to the signature; null: never opened. */
  readonly viewedSeconds: number | null;
  readonly signedAtMs: number;
  readonly entryId: bigint;
}

export function insertSignature(row: SignatureRow): Statement {
  return {
    name: 'insert_signature',
    text: `INSERT INTO approval_signature
             (approval_id, step_index, principal_id, on_behalf_of, authorization_reference, terms_hash, viewed_seconds,
              signed_at, entry_id)
           VALUES ($1, $2, $3, $4, $5, decode($6, 'hex'), $7, $8, $9::int8)`,
    values: [
      row.approvalId,
      row.stepIndex,
      row.principalId,
      row.onBehalfOf,
      row.authorizationReference,
      row.termsHash,
      row.viewedSeconds,
      new Date(row.signedAtMs),
      row.entryId.toString(),
    ],
  };
}
