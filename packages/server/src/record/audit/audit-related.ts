// record/audit/audit-related.ts: the day buckets of near purchases against the requests they count: a bucket that was made
// smaller would let a split order through.
import { type AuditRelatedDaysRow, auditRelatedDays } from '../../ledger/audit-related-days.ts';
import type { RowAudit } from './row-audit.ts';

export async function auditRelated(audit: RowAudit): Promise<void> {
  // What an altered entry or request counted cannot be told, and its groups must not be blamed for it.
  if (audit.altered.size > 0 || audit.blamed.has('purchase_request')) return;
  for await (const rows of audit.pages<AuditRelatedDaysRow>('related_day', auditRelatedDays())) {
    for (const { group_key: groupKey, day, stored, expected } of rows) {
      const key = { group_key: groupKey, day };
      if (stored === null) audit.missing('related_day', key, JSON.stringify(expected));
      else audit.compare('related_day', key, { totals: [sorted(expected ?? {}), sorted(stored)] });
    }
  }
}

function sorted(totals: unknown): readonly unknown[] {
  return Object.entries(totals as Record<string, unknown>).sort(([a], [b]) => (a < b ? -1 : 1)); // as the gate wrote it
}
