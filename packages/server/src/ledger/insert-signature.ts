// ledger/insert-signature.ts: a human's signature on one step: append only, one person one step.
import type { Statement } from '../db/statement.ts';

export interface SignatureRow {
  readonly approvalId: string;
  readonly stepIndex: number;
  readonly principalId: string;
  readonly authorizationReference: string;
  /** Hex. */
  readonly termsHash: string;
  readonly signedAtMs: number;
  readonly entryId: bigint;
}

export function insertSignature(row: SignatureRow): Statement {
  return {
    name: 'insert_signature',
    text: `INSERT INTO approval_signature
             (approval_id, step_index, principal_id, authorization_reference, terms_hash, signed_at, entry_id)
           VALUES ($1, $2, $3, $4, decode($5, 'hex'), $6, $7::int8)`,
    values: [
      row.approvalId,
      row.stepIndex,
      row.principalId,
      row.authorizationReference,
      row.termsHash,
      new Date(row.signedAtMs),
      row.entryId.toString(),
    ],
  };
}
