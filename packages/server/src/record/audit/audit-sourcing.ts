// record/audit/audit-sourcing.ts: every version of sourcing policies, tenders and framework agreements against the entry that
// made it; and what the log says of a waiver, for the comparison with its row.
import { formatAmount, parseWaiver } from '@countersign/core';

import { auditSourcingRows } from '../../ledger/audit-sourcing-rows.ts';
import { DocumentDigests } from './document-digests.ts';
import { type RowAudit, entryOf, fieldOf, instant } from './row-audit.ts';

/** The type of the entry that makes a version, and the kind of its row. */
export const SOURCING_EVENTS: ReadonlyMap<string, string> = new Map([
  ['sourcing_policy.published', 'policy'],
  ['tender.recorded', 'tender'],
  ['framework.recorded', 'framework'],
]);

export async function auditSourcing(audit: RowAudit): Promise<void> {
  const digests = new DocumentDigests();
  for await (const rows of audit.pages('sourcing_version', auditSourcingRows())) {
    for (const row of rows) {
      const { kind, record_id, version } = row as Record<string, unknown>;
      const key = { kind, record_id, version };
      const entryId = row['entry_id'] as bigint;
      if (audit.altered.has(entryId)) continue;
      const body = row['entry_body'] as Buffer | null;
      const entry = body === null ? null : entryOf({ entry_id: entryId, subject_id: '', body });
      if (entry === null || SOURCING_EVENTS.get(entry.type) !== kind || row['entry_subject'] !== record_id) {
        audit.compare('sourcing_version', key, { entry_id: ['the entry that recorded it', entryId] });
        continue;
      }
      const record = `${String(kind)}/${String(record_id)}`;
      const document = row['document'] as unknown;
      audit.compare('sourcing_version', key, {
        version: [fieldOf(entry.body, 'changes', 'version', 'after'), version],
        ...digests.columnOf({ record, version, document }, entry.body),
        created_at: [instant(entry.body['at']), row['created'] as unknown],
        created_by: [fieldOf(entry.body, 'actor', 'id'), row['created_by'] as unknown],
      });
    }
  }
}

/** As admin/waivers recorded it. */
export function waiverColumns(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const parsed = parseWaiver(String(row['waiver_id']), row['document'], null);
  if (!parsed.ok) return { document: 'it does not parse' };
  const { agentId, category, currency, jurisdiction, supplier, upToMinor, validUntilMs } = parsed.value;
  return {
    agent_id: agentId,
    category,
    currency,
    jurisdiction,
    reason: fieldOf(row['document'], 'reason'),
    status: row['status'],
    supplier,
    up_to: formatAmount(upToMinor, currency),
    valid_until: new Date(validUntilMs).toISOString(),
  };
}
