// ledger/list-configuration-changes.ts: changes under change control, in the order they were asked for.
import type { Statement } from '../db/statement.ts';

export function listConfigurationChanges({
  after,
  limit,
  status,
  operation,
  subjectId,
  authorId,
}: {
  readonly after: string;
  readonly limit: number;
  readonly status: string | null;
  readonly operation: string | null;
  readonly subjectId: string | null;
  readonly authorId: string | null;
}): Statement {
  return {
    name: 'list_configuration_changes',
    text: `SELECT change_id, operation, subject_id, status, author_id, author_key_id, reviewer_id, input, records, salt,
                  emergency_reason, review_reason, created_at, due_at, overdue_at, reviewed_at, entry_id
           FROM configuration_change
           WHERE change_id > $1 AND ($3::text IS NULL OR status = $3) AND ($4::text IS NULL OR operation = $4)
             AND ($5::text IS NULL OR subject_id = $5) AND ($6::text IS NULL OR author_id = $6)
           ORDER BY change_id LIMIT $2`,
    values: [after, limit, status, operation, subjectId, authorId],
  };
}
