// record/audit/audit-single-entries.ts: rows that one entry made and nothing changes: receipts, notes and checks.
import type { QueryResultRow } from 'pg';

import { auditCheckRows } from '../../ledger/audit-check-rows.ts';
import { auditNoteRows } from '../../ledger/audit-note-rows.ts';
import { auditReceiptRows } from '../../ledger/audit-receipt-rows.ts';
import { type AuditedEntry, type RowAudit, entryOf, fieldOf, listOf } from './row-audit.ts';
import {
  COMMITTED,
  type FingerprintOf,
  asTerms,
  happenedAt,
  isCommitted,
  minorOf,
  said,
} from './subject-entries.ts';

/** Rows that one entry made and nothing changes. */
interface EntryRow extends QueryResultRow {
  entry_subject: string | null;
  entry_body: Buffer | null;
}

export async function auditReceipts(audit: RowAudit): Promise<void> {
  for await (const rows of audit.pages<EntryRow>('receipt', auditReceiptRows())) {
    for (const row of rows) {
      const key = { receipt_id: row['receipt_id'] as unknown };
      const entry = entryOfRow(audit, row);
      if (entry === 'altered') continue;
      const detail = entry?.body['detail'];
      if (entry === null || fieldOf(detail, 'receipt_id') !== key.receipt_id) {
        audit.compare('receipt', key, { entry_id: ['the entry that attached it', row['entry_id']] });
        continue;
      }
      const document = row['document'] as unknown;
      audit.compare('receipt', key, {
        request_id: [entry.subjectId, row['request_id']],
        'document.amount_minor': [fieldOf(detail, 'amount_minor'), fieldOf(document, 'amount_minor')],
        'document.currency': [fieldOf(detail, 'currency'), fieldOf(document, 'currency')],
        'document.sha256': [fieldOf(detail, 'sha256') ?? null, fieldOf(document, 'sha256')],
        ...said({ 'document.vendor': [fieldOf(detail, 'vendor'), fieldOf(document, 'vendor')] }),
        flags: [listOf(fieldOf(detail, 'flags')), row['flags']],
        created_at: [happenedAt(entry), row['created']],
      });
    }
  }
}

/** Why something was rejected or cancelled, against its commitment; one that was erased is no difference. */
export async function auditNotes(audit: RowAudit): Promise<void> {
  for await (const rows of audit.pages<EntryRow>('note', auditNoteRows())) {
    for (const row of rows) {
      const key = { entry_id: row['entry_id'] as unknown };
      const entry = entryOfRow(audit, row);
      if (entry === 'altered') continue;
      if (entry === null) {
        audit.extra('note', key, 'no such entry');
        continue;
      }
      audit.compare('note', key, { request_id: [entry.subjectId, row['request_id']] });
      const text: unknown = row['body'];
      if (typeof text !== 'string') continue;
      const { detail } = entry.body;
      const commitment = fieldOf(detail, 'reason') ?? fieldOf(detail, 'comment');
      audit.compare('note', key, { body: [COMMITTED, isCommitted(commitment, text, row['salt'] as Buffer)] });
    }
  }
}

export async function auditChecks(audit: RowAudit, fingerprintOf: FingerprintOf): Promise<void> {
  for await (const rows of audit.pages<EntryRow>('policy_check', auditCheckRows())) {
    for (const row of rows) {
      const key = { check_id: row['check_id'] as unknown };
      const entry = entryOfRow(audit, row);
      if (entry === 'altered') continue;
      const terms = asTerms(entry?.body['terms']);
      if (entry === null || terms === null || entry.subjectId !== key.check_id) {
        audit.compare('policy_check', key, { entry_id: ['the entry that decided it', row['entry_id']] });
        continue;
      }
      audit.compare('policy_check', key, {
        agent_id: [terms['agent_id'], row['agent_id']],
        fingerprint: [fingerprintOf('check', terms), row['fingerprint']],
        action_type: [terms['action_type'] ?? 'spend', row['action_type']],
        counterparty: [terms['vendor'], row['counterparty']],
        currency: [terms['currency'], row['currency']],
        amount_minor: [minorOf(terms), row['amount_minor']],
        decision: [fieldOf(entry.body, 'check', 'decision'), row['decision']],
        created_at: [happenedAt(entry), row['created']],
      });
    }
  }
}

function entryOfRow(audit: RowAudit, row: EntryRow): AuditedEntry | 'altered' | null {
  const entryId = row['entry_id'] as bigint;
  if (audit.altered.has(entryId)) return 'altered';
  if (row.entry_subject === null || row.entry_body === null) return null;
  return entryOf({ entry_id: entryId, subject_id: row.entry_subject, body: row.entry_body });
}
