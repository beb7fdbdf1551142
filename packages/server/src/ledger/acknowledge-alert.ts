// ledger/acknowledge-alert.ts: notes that somebody has seen an alert; gives no row where somebody had before.
import type { Statement } from '../db/statement.ts';

export function acknowledgeAlert(alert: {
  readonly alertId: string;
  readonly at: Date;
  readonly by: string;
  readonly entryId: bigint;
}): Statement {
  return {
    name: 'acknowledge_alert',
    text: `UPDATE alert SET acknowledged_at = $2, acknowledged_by = $3, last_entry_id = $4
           WHERE alert_id = $1 AND acknowledged_at IS NULL RETURNING alert_id`,
    values: [alert.alertId, alert.at, alert.by, alert.entryId],
  };
}
