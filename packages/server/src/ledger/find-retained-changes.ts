// ledger/find-retained-changes.ts: changes whose review ended before a time, and whose content is still there.
import type { Statement } from '../db/statement.ts';

export interface RetainedChangeRow {
  change_id: string;
  subject_id: string;
}

export function findRetainedChanges({
  before,
  after,
  limit,
}: {
  readonly before: Date;
  readonly after: string;
  readonly limit: number;
}): Statement {
  return {
    name: 'find_retained_changes',
    text: `SELECT change_id, subject_id FROM configuration_change
           WHERE change_id > $2 AND reviewed_at < $1 AND input IS NOT NULL ORDER BY change_id LIMIT $3`,
    values: [before, after, limit],
  };
}
