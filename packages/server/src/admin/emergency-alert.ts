// admin/emergency-alert.ts: what an emergency change, and one that nobody has reviewed in time, alert with. An alert is in
// the log for ever: the reason, which is free text, is not in it.
import type { ConfigurationChangeRow } from '../ledger/insert-configuration-change.ts';
import type { AlertDraft } from '../record/raise-alert.ts';

export function emergencyAlert(row: ConfigurationChangeRow): AlertDraft {
  return {
    kind: 'emergency_change',
    severity: 'critical',
    subject: { type: 'change', id: row.change_id },
    message:
      `\`${row.author_id}\` made \`${row.operation}\` of \`${row.subject_id}\` alone, as an emergency. ` +
      `A second operator has to review it until ${row.due_at.toISOString()}.`,
    evidence: evidenceOf(row),
    dedupeKey: `emergency_change/${row.change_id}`,
    raisedBy: 'change-control',
  };
}

export function emergencyAlertOverdue(row: ConfigurationChangeRow): AlertDraft {
  return {
    ...emergencyAlert(row),
    kind: 'emergency_change.overdue',
    message:
      `The emergency change \`${row.change_id}\` by \`${row.author_id}\` was to be reviewed until ` +
      `${row.due_at.toISOString()}, and nobody has.`,
    dedupeKey: `emergency_change.overdue/${row.change_id}`,
  };
}

function evidenceOf(row: ConfigurationChangeRow): AlertDraft['evidence'] {
  return {
    author: row.author_id,
    change_id: row.change_id,
    key_id: row.author_key_id,
    operation: row.operation,
    review_due_at: row.due_at.toISOString(),
    subject_id: row.subject_id,
  };
}
