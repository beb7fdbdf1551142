// record/audit/audit-exchange.ts: exchange rates and regions against the entries that published them.
import { auditExchangeRateRows } from '../../ledger/audit-exchange-rate-rows.ts';
import { auditJurisdictionRows } from '../../ledger/audit-jurisdiction-rows.ts';
import { DocumentDigests } from './document-digests.ts';
import { type AuditedEntry, type RowAudit, entryOf, fieldOf, instant, listOf } from './row-audit.ts';

export async function auditExchange(audit: RowAudit): Promise<void> {
  for await (const rows of audit.pages('exchange_rate', auditExchangeRateRows())) {
    for (const row of rows) {
      const key = { rate_id: row['rate_id'] as unknown };
      const entry = publishedBy(audit, row);
      if (entry === 'altered') continue;
      const rates = listOf(fieldOf(entry?.body, 'changes', 'rates', 'after'));
      const said = rates[row['line'] as number];
      if (entry?.type !== 'exchange_rate.published' || fieldOf(said, 'rate_id') !== key.rate_id) {
        audit.extra('exchange_rate', key, 'no entry published it');
        continue;
      }
      audit.compare('exchange_rate', key, {
        base: [fieldOf(said, 'base'), row['base'] as unknown],
        quote: [fieldOf(said, 'quote'), row['quote'] as unknown],
        rate: [fieldOf(said, 'rate'), row['rate'] as unknown],
        rate_date: [fieldOf(said, 'date'), row['rate_day'] as unknown],
        source: [fieldOf(said, 'source'), row['source'] as unknown],
        methodology: [fieldOf(said, 'methodology'), row['methodology'] as unknown],
        supplier: [fieldOf(said, 'supplier') ?? '', row['supplier'] as unknown],
        valid_from: [fieldOf(said, 'valid_from') ?? null, row['first_day'] as unknown],
        valid_until: [fieldOf(said, 'valid_until') ?? null, row['last_day'] as unknown],
        revision: [fieldOf(said, 'revision'), row['revision'] as unknown],
        published_by: [fieldOf(entry.body, 'actor', 'id'), row['published_by'] as unknown],
        created_at: [instant(entry.body['at']), row['created'] as unknown],
      });
    }
  }
  await auditJurisdictions(audit);
}

async function auditJurisdictions(audit: RowAudit): Promise<void> {
  const digests = new DocumentDigests();
  for await (const rows of audit.pages('jurisdiction_version', auditJurisdictionRows())) {
    for (const row of rows) {
      const key = { version: row['version'] as unknown };
      const entry = publishedBy(audit, row);
      if (entry === 'altered') continue;
      if (entry?.type !== 'jurisdictions.published') {
        audit.extra('jurisdiction_version', key, 'no entry published it');
        continue;
      }
      audit.compare('jurisdiction_version', key, {
        version: [fieldOf(entry.body, 'changes', 'version', 'after'), key.version],
        ...digests.columnOf(
          { record: 'regions', version: key.version, document: row['document'] },
          entry.body,
        ),
        created_at: [instant(entry.body['at']), row['created'] as unknown],
        created_by: [fieldOf(entry.body, 'actor', 'id'), row['created_by'] as unknown],
      });
    }
  }
}

/** null: there is none; `altered`: then the entry is to blame, and has been reported. */
function publishedBy(
  audit: RowAudit,
  row: Readonly<Record<string, unknown>>,
): AuditedEntry | null | 'altered' {
  const entryId = row['entry_id'] as bigint;
  if (audit.altered.has(entryId)) return 'altered';
  const body = row['entry_body'] as Buffer | null;
  return body === null ? null : entryOf({ entry_id: entryId, subject_id: '', body });
}
