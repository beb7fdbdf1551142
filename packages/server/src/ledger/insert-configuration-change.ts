// ledger/insert-configuration-change.ts: keeps a change that waits for a second person.
import type { Statement } from '../db/statement.ts';

export type ChangeStatus =
  | 'pending_review'
  | 'approved'
  | 'rejected'
  | 'withdrawn'
  | 'expired'
  | 'unreviewed_emergency'
  | 'confirmed'
  | 'disputed'
  | 'rolled_back';

export interface ConfigurationChangeRow {
  change_id: string;
  operation: string;
  subject_id: string;
  status: ChangeStatus;
  author_id: string;
  author_key_id: string;
  reviewer_id: string | null;
  /** null: erased. */
  input: unknown;
  records: unknown;
  salt: Buffer | null;
  emergency_reason: string | null;
  review_reason: string | null;
  created_at: Date;
  due_at: Date;
  overdue_at: Date | null;
  reviewed_at: Date | null;
  entry_id: bigint;
}

export function insertConfigurationChange(row: ConfigurationChangeRow): Statement {
  return {
    name: 'insert_configuration_change',
    text: `INSERT INTO configuration_change (change_id, operation, subject_id, status, author_id, author_key_id, input,
             records, salt, emergency_reason, created_at, due_at, entry_id)
           VALUES ($1, $2, $3, $4, $5, $6, $7::json, $8::json, $9, $10, $11, $12, $13)`,
    values: [
      row.change_id,
      row.operation,
      row.subject_id,
      row.status,
      row.author_id,
      row.author_key_id,
      JSON.stringify(row.input),
      JSON.stringify(row.records),
      row.salt,
      row.emergency_reason,
      row.created_at,
      row.due_at,
      row.entry_id,
    ],
  };
}
