// ledger/audit-exchange-rate-rows.ts: every exchange rate with the entry that published it. For the auditor alone.
import { exactTime } from '../db/exact-time.ts';
import type { Statement } from '../db/statement.ts';

export function auditExchangeRateRows(): Statement {
  return {
    name: 'audit_exchange_rate_rows',
    text: `SELECT exchange_rate.*, rate_date::text AS rate_day, valid_from::text AS first_day,
             valid_until::text AS last_day, log_entry.body AS entry_body, ${exactTime('created_at')} AS created
           FROM exchange_rate LEFT JOIN log_entry USING (entry_id) ORDER BY rate_id`,
    values: [],
  };
}
