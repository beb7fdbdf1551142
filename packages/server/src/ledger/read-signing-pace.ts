// ledger/read-signing-pace.ts: when people signed last. Read under their locks (lock-signers.ts).
import type { Statement } from '../db/statement.ts';

export interface SigningPaceRow {
  principal_id: string;
  /** Milliseconds, latest first. */
  signed_at: bigint[];
}

/** `limit`: the latest so many of each. */
export function readSigningPace(principalIds: readonly string[], limit: number): Statement {
  return {
    name: 'read_signing_pace',
    text: `SELECT principal_id, ARRAY(
             SELECT (extract(epoch FROM signed_at) * 1000)::int8 FROM approval_signature
             WHERE approval_signature.principal_id = signer.principal_id ORDER BY signed_at DESC LIMIT $2::int
           ) AS signed_at
           FROM unnest($1::text[]) AS signer (principal_id)`,
    values: [[...principalIds], limit],
  };
}
