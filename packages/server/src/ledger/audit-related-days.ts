// ledger/audit-related-days.ts: every day bucket of near purchases beside what the requests say it must hold: those that are
// approved or held, and those that ended after money had moved. For the auditor alone.
import type { Statement } from '../db/statement.ts';

export interface AuditRelatedDaysRow {
  group_key: string;
  day: number;
  /** {currency: [amount, count]}; null: there is no such bucket. */
  stored: unknown;
  expected: unknown;
  [column: string]: unknown;
}

export function auditRelatedDays(): Statement {
  return {
    name: 'audit_related_days',
    text: `WITH counted AS (
             SELECT substr(related.text, 2)::uuid AS group_key, floor(extract(epoch FROM created_at) / 86400)::int4 AS day,
               currency, sum(amount_minor)::int8 AS minor, count(*)::int4 AS count
             FROM purchase_request JOIN log_entry ON log_entry.entry_id = decision_entry_id,
               json_array_elements_text(convert_from(body, 'UTF8')::json -> 'related') AS related (text)
             WHERE status IN ('approved', 'held') OR EXISTS (
               SELECT FROM card_authorization WHERE captured_minor > 0
                 AND substr(card_id, 6) = substr(purchase_request.request_id, 6))
             GROUP BY 1, 2, 3),
           expected AS (
             SELECT group_key, day, json_object_agg(currency, json_build_array(minor::text, count) ORDER BY currency) AS totals
             FROM counted GROUP BY 1, 2)
           SELECT group_key::text, day, purchases -> 't' AS stored, totals AS expected
           FROM related_day FULL JOIN expected USING (group_key, day) ORDER BY group_key, day`,
    values: [],
  };
}
