// record/audit/audit-purchases.ts: requests against their entries: each row is the fold of them.
import { canonicalJson } from '@countersign/audit';

import { auditPurchaseRows } from '../../ledger/audit-purchase-rows.ts';
import { type AuditedEntry, type RowAudit, fieldOf, instant, listOf } from './row-audit.ts';
import {
  COMMITTED,
  type FingerprintOf,
  type WithEntries,
  asTerms,
  entriesOf,
  happenedAt,
  isCommitted,
  minorOf,
  said,
} from './subject-entries.ts';

export async function auditPurchases(audit: RowAudit, fingerprintOf: FingerprintOf): Promise<void> {
  for await (const rows of audit.pages<WithEntries>('purchase_request', auditPurchaseRows())) {
    for (const row of rows) {
      const key = { request_id: row['request_id'] as unknown };
      const entries = entriesOf(audit, String(key.request_id), row);
      if (entries === null) continue;
      const first = entries.find((entry) => entry.body['terms'] !== undefined);
      const latest = entries.at(-1);
      const terms = asTerms(first?.body['terms']);
      if (first === undefined || latest === undefined || terms === null) {
        audit.extra('purchase_request', key, 'no entry opened it');
        continue;
      }
      const { state } = latest.body;
      audit.compare(
        'purchase_request',
        key,
        said({
          agent_id: [terms['agent_id'], row['agent_id']],
          fingerprint: [fingerprintOf('purchase', terms), row['fingerprint']],
          vendor: [terms['vendor'], row['vendor']],
          currency: [terms['currency'], row['currency']],
          amount_minor: [minorOf(terms), row['amount_minor']],
          private_text: privateText(terms['private'], row['private_text']),
          created_at: [happenedAt(first), row['created']],
          external_expires_at: [leaveEnd(latest), row['external_expires']],
          decision_entry_id: [first.entryId, row['decision_entry_id']],
          status: [fieldOf(state, 'status'), row['status']],
          checkout_status: [fieldOf(state, 'checkout_status'), row['checkout_status']],
          reserved_periods: [listOf(fieldOf(state, 'reserved_periods')), row['reserved_periods']],
          period_rates: [listOf(fieldOf(state, 'period_rates')), listOf(row['period_rates'])],
          reserved_minor: [fieldOf(state, 'reserved_minor') ?? '0', row['reserved_minor']],
          settled_minor: [fieldOf(state, 'settled_minor') ?? '0', row['settled_minor']],
          approved_by: [fieldOf(state, 'approved_by') ?? null, row['approved_by']],
          last_entry_id: [latest.entryId, row['last_entry_id']],
        }),
      );
    }
  }
}

/** When the leave to pay outside ends, where the log says so; null: it was not given. */
function leaveEnd({ body }: AuditedEntry): string | null | undefined {
  if (fieldOf(body, 'checkout', 'method') !== 'external') return null;
  return instant(fieldOf(body, 'checkout', 'expires_at')) ?? undefined;
}

/** The free text is compared with its commitment; one that was erased is no difference. */
function privateText(commitment: unknown, stored: unknown): readonly [unknown, unknown] {
  if (stored === null) return [undefined, undefined];
  const { salt, ...text } = asTerms(stored) ?? {};
  return [
    COMMITTED,
    isCommitted(
      commitment,
      canonicalJson(text),
      typeof salt === 'string' ? Buffer.from(salt, 'base64') : null,
    ),
  ];
}
