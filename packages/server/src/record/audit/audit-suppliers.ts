// record/audit/audit-suppliers.ts: every version of a supplier against the entry that made it, through its commitment: the
// log has no tax id and no bank account.
import { canonicalJson, verifyCommitment } from '@countersign/audit';

import { auditSupplierRows } from '../../ledger/audit-supplier-rows.ts';
import { type RowAudit, entryOf, fieldOf, instant, textField } from './row-audit.ts';

export async function auditSuppliers(audit: RowAudit): Promise<void> {
  for await (const rows of audit.pages('supplier_version', auditSupplierRows())) {
    for (const row of rows) {
      const key = { supplier_id: row['supplier_id'] as unknown, version: row['version'] as unknown };
      const entryId = row['entry_id'] as bigint;
      if (audit.altered.has(entryId)) continue;
      const body = row['entry_body'] as Buffer | null;
      const entry = body === null ? null : entryOf({ entry_id: entryId, subject_id: '', body });
      if (entry?.type !== 'supplier.registered' || row['entry_subject'] !== key.supplier_id) {
        audit.compare('supplier_version', key, { entry_id: ['the entry that registered it', entryId] });
        continue;
      }
      const commitment = textField(fieldOf(entry.body, 'changes', 'document', 'after'), 'commitment');
      const document = canonicalJson(row['document'] as unknown);
      const fits = commitment !== null && verifyCommitment(commitment, document, row['salt'] as Buffer);
      audit.compare('supplier_version', key, {
        version: [fieldOf(entry.body, 'changes', 'version', 'after'), key.version],
        document: [FITS, fits ? FITS : 'another document'],
        created_at: [instant(entry.body['at']), row['created'] as unknown],
        created_by: [fieldOf(entry.body, 'actor', 'id'), row['created_by'] as unknown],
      });
    }
  }
}

const FITS = 'a document that fits its commitment';
