// record/audit/audit-budgets.ts: what was moved between budget periods, and what other systems said of budgets, against
// the entries that made the rows; and that what left one period is what entered the other.
import type { QueryResultRow } from 'pg';

import { auditBudgetSnapshotRows } from '../../ledger/audit-budget-snapshot-rows.ts';
import { auditBudgetTransferRows } from '../../ledger/audit-budget-transfer-rows.ts';
import {
  type AuditedEntry,
  type Columns,
  type RowAudit,
  entryOf,
  fieldOf,
  instant,
  listOf,
} from './row-audit.ts';

interface EntryRow extends QueryResultRow {
  entry_id: bigint;
  entry_subject: string | null;
  entry_body: Buffer | null;
}

export async function auditBudgetTransfers(audit: RowAudit): Promise<void> {
  for await (const rows of audit.pages<EntryRow>('budget_transfer', auditBudgetTransferRows())) {
    for (const row of rows) {
      if (audit.altered.has(row.entry_id)) continue;
      const key = { transfer_id: row['transfer_id'] as unknown };
      const entry = entryOfRow(row);
      const columns = entry === null ? null : transferColumns(entry, row);
      if (columns === null) {
        audit.compare('budget_transfer', key, { entry_id: ['the entry that moved it', row.entry_id] });
      } else audit.compare('budget_transfer', key, columns);
    }
  }
}

/** What its entry says of the row; null: the entry speaks of another. */
function transferColumns({ type, subjectId, body }: AuditedEntry, row: EntryRow): Columns | null {
  const amount = String(row['amount_minor'] as bigint);
  const moved = [
    [Number(row['from_period_id']), 'available', 'external', amount],
    [Number(row['to_period_id']), 'external', 'available', amount],
  ];
  const shared: Columns = {
    currency: [fieldOf(body, 'changes', 'currency', 'after') ?? body['currency'], row['currency']],
    created_by: [fieldOf(body, 'actor', 'id'), row['created_by']],
    created_at: [instant(body['at']), row['created']],
    'what left and what entered': [listOf(body['transfers']).slice(-2), moved],
  };
  if (type === 'budget_transfer.created' && subjectId === row['transfer_id']) {
    return {
      ...shared,
      kind: [fieldOf(body, 'changes', 'kind', 'after'), row['kind']],
      from_budget_id: [fieldOf(body, 'changes', 'from', 'after'), row['from_budget_id']],
      to_budget_id: [fieldOf(body, 'changes', 'to', 'after'), row['to_budget_id']],
      from_period_id: [body['from_period_id'], row['from_period_id']],
      to_period_id: [body['to_period_id'], row['to_period_id']],
    };
  }
  const carried = body['carried_over'];
  if (type !== 'budget.period_opened' || fieldOf(carried, 'transfer_id') !== row['transfer_id']) return null;
  return {
    ...shared,
    kind: ['carry_over', row['kind']],
    from_budget_id: [subjectId, row['from_budget_id']],
    to_budget_id: [subjectId, row['to_budget_id']],
    from_period_id: [fieldOf(carried, 'from_period_id'), row['from_period_id']],
    to_period_id: [body['period_id'], row['to_period_id']],
    amount_minor: [fieldOf(carried, 'amount_minor'), row['amount_minor']],
  };
}

const SAID_OF_SNAPSHOT = [
  'actual_elsewhere_minor',
  'allocated_minor',
  'committed_elsewhere_minor',
  'contradictions',
  'currency',
  'source',
] as const;

export async function auditBudgetSnapshots(audit: RowAudit): Promise<void> {
  for await (const rows of audit.pages<EntryRow>('budget_snapshot', auditBudgetSnapshotRows())) {
    for (const row of rows) {
      if (audit.altered.has(row.entry_id)) continue;
      const key = { snapshot_id: row['snapshot_id'] as unknown };
      const entry = entryOfRow(row);
      if (entry?.type !== 'budget.snapshot_received') {
        audit.compare('budget_snapshot', key, { entry_id: ['the entry that received it', row.entry_id] });
        continue;
      }
      const said = entry.body['snapshot'];
      audit.compare('budget_snapshot', key, {
        budget_id: [entry.subjectId, row['budget_id']],
        ...Object.fromEntries(
          SAID_OF_SNAPSHOT.map((name) => [name, [fieldOf(said, name), row[name] as unknown]]),
        ),
        as_of: [instant(fieldOf(said, 'as_of')), row['exact_as_of']],
        period_starts_at: [instant(fieldOf(said, 'period_starts_at')), row['exact_period_starts_at']],
        created_at: [instant(entry.body['at']), row['created']],
      });
    }
  }
}

function entryOfRow({
  entry_id,
  entry_subject: subject_id,
  entry_body: body,
}: EntryRow): AuditedEntry | null {
  return subject_id === null || body === null ? null : entryOf({ entry_id, subject_id, body });
}
