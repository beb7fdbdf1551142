// ledger/find-configuration-change.ts: one change under change control, by its id.
import type { Statement } from '../db/statement.ts';

export function findConfigurationChange(changeId: string): Statement {
  return {
    name: 'find_configuration_change',
    text: `SELECT change_id, operation, subject_id, status, author_id, author_key_id, reviewer_id, input, records, salt,
                  emergency_reason, review_reason, created_at, due_at, overdue_at, reviewed_at, entry_id
           FROM configuration_change WHERE change_id = $1`,
    values: [changeId],
  };
}
