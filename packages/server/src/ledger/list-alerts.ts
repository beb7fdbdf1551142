// ledger/list-alerts.ts: alerts, the newest first.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface AlertFilter {
  /** Only alerts with a smaller id; empty: from the newest. */
  readonly after: string;
  readonly limit: number;
  /** null, here and below: all. */
  readonly kind: string | null;
  readonly subjectType: string | null;
  readonly subjectId: string | null;
  readonly since: Date | null;
  readonly acknowledged: boolean | null;
  /** Only those about budgets with one of these owners. */
  readonly budgetOwners: readonly string[] | null;
}

export function listAlerts(filter: AlertFilter): Statement {
  const { after, limit, kind, subjectType, subjectId, since, acknowledged, budgetOwners } = filter;
  return {
    name: 'list_alerts',
    text: `SELECT alert_id, kind, severity, subject_type, subject_id, message, evidence, dedupe_key, created_at,
             acknowledged_at, acknowledged_by, entry_id
           FROM alert
           WHERE ($1 = '' OR alert_id < $1)
             AND ($3::text IS NULL OR kind = $3 OR starts_with(kind, $3 || '.'))
             AND ($4::text IS NULL OR subject_type = $4) AND ($5::text IS NULL OR subject_id = $5)
             AND ($6::timestamptz IS NULL OR created_at >= $6)
             AND ($7::boolean IS NULL OR (acknowledged_at IS NOT NULL) = $7)
             AND ($8::text[] IS NULL OR subject_type = 'budget' AND EXISTS
               (SELECT FROM budget WHERE budget_id = subject_id AND lower(owner) = ANY ($8)))
           ORDER BY alert_id DESC LIMIT $2`,
    values: [
      after,
      limit,
      kind,
      subjectType,
      subjectId,
      since,
      acknowledged,
      budgetOwners === null ? null : binaryArray.text(budgetOwners.map((owner) => owner.toLowerCase())),
    ],
  };
}
