// ledger/update-configuration-change.ts: how the review of a change ended. What was asked for is never replaced.
import type { Statement } from '../db/statement.ts';
import type { ConfigurationChangeRow } from './insert-configuration-change.ts';

export function updateConfigurationChange(row: ConfigurationChangeRow): Statement {
  return {
    name: 'update_configuration_change',
    text: `UPDATE configuration_change SET status = $2, reviewer_id = $3, review_reason = $4, overdue_at = $5,
             reviewed_at = $6, entry_id = $7
           WHERE change_id = $1`,
    values: [
      row.change_id,
      row.status,
      row.reviewer_id,
      row.review_reason,
      row.overdue_at,
      row.reviewed_at,
      row.entry_id,
    ],
  };
}
