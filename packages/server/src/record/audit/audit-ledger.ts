// record/audit/audit-ledger.ts: transfers against the entries that made them, balances against the sum of transfers,
// and that every row an entry speaks of is there. Must not take a row's word for anything.
import { auditBalanceRows } from '../../ledger/audit-balance-rows.ts';
import { auditPeriodRows } from '../../ledger/audit-period-rows.ts';
import { auditPresentKeys } from '../../ledger/audit-present-keys.ts';
import { auditStrayTransfers } from '../../ledger/audit-stray-transfers.ts';
import { auditTransferRows } from '../../ledger/audit-transfer-rows.ts';
import { auditUnopenedPeriods } from '../../ledger/audit-unopened-periods.ts';
import { SOURCING_EVENTS } from './audit-sourcing.ts';
import { type AuditedEntry, type RowAudit, fieldOf, instant, listOf, textField } from './row-audit.ts';

interface TransferRow {
  entry_id: bigint;
  line: number;
  period_id: bigint;
  from_account: string;
  to_account: string;
  amount_minor: bigint;
}

/** What a page of entries says must be there. */
export async function auditEntries(audit: RowAudit, entries: readonly AuditedEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await auditTransfers(audit, entries);
  await auditOpenedPeriods(audit, entries);
  await auditPresence(audit, entries);
}

async function auditTransfers(audit: RowAudit, entries: readonly AuditedEntry[]): Promise<void> {
  const rows = await audit.rows<TransferRow>(auditTransferRows(entries.map((entry) => entry.entryId)));
  const found = new Map(rows.map((row) => [`${row.entry_id}/${row.line}`, row]));
  for (const { entryId, body } of entries) {
    listOf(body['transfers']).forEach((said, line) => {
      const key = { entry_id: entryId, line };
      const row = found.get(`${entryId}/${line}`);
      found.delete(`${entryId}/${line}`);
      if (row === undefined) {
        audit.missing('transfer', key, JSON.stringify(said));
        return;
      }
      const [periodId, from, to, amountMinor] = listOf(said);
      audit.compare('transfer', key, {
        period_id: [periodId, row.period_id],
        from_account: [from, row.from_account],
        to_account: [to, row.to_account],
        amount_minor: [amountMinor, row.amount_minor],
      });
    });
  }
  for (const { entry_id, line } of found.values()) audit.extra('transfer', { entry_id, line });
}

interface PeriodRow {
  period_id: bigint;
  budget_id: string;
  currency: string;
  starts_at: string;
  ends_at: string | null;
}

async function auditOpenedPeriods(audit: RowAudit, entries: readonly AuditedEntry[]): Promise<void> {
  const opened = entries.filter((entry) => entry.type === 'budget.period_opened');
  if (opened.length === 0) return;
  const ids = opened.flatMap(({ body }) =>
    typeof body['period_id'] === 'number' ? [BigInt(body['period_id'])] : [],
  );
  const rows = await audit.rows<PeriodRow>(auditPeriodRows(ids));
  const found = new Map(rows.map((row) => [String(row.period_id), row]));
  for (const { body, subjectId } of opened) {
    const key = { period_id: fieldOf(body, 'period_id') };
    const row = found.get(String(key.period_id));
    if (row === undefined) {
      audit.missing('budget_period', key);
      continue;
    }
    audit.compare('budget_period', key, {
      budget_id: [subjectId, row.budget_id],
      starts_at: [instant(body['starts_at']), row.starts_at],
      ...('ends_at' in body ? { ends_at: [instant(body['ends_at']), row.ends_at] } : {}),
      ...('currency' in body ? { currency: [body['currency'], row.currency] } : {}),
    });
  }
}

/** A table whose rows entries speak of: how an entry names the row's key. */
interface Presence {
  readonly table: string;
  readonly column: string;
  readonly part: string | null;
  readonly keysOf: (entry: AuditedEntry) => readonly (string | null)[];
}

const PRESENCE: readonly Presence[] = [
  row('purchase_request', 'request_id', (entry) =>
    entry.body['terms'] !== undefined && isPurchase(entry) ? [entry.subjectId] : [],
  ),
  row('policy_check', 'check_id', (entry) => (entry.type.startsWith('check.') ? [entry.subjectId] : [])),
  row('approval', 'approval_id', ({ body }) => [textField(body, 'approval', 'approval_id')]),
  row('card', 'card_id', ({ body }) => [textField(body, 'checkout', 'card_id')]),
  row('card_authorization', 'authorization_id', ({ body }) => [
    textField(body, 'detail', 'authorization_id'),
  ]),
  row('receipt', 'receipt_id', ({ body, type }) =>
    type === 'receipt.attached' ? [textField(body, 'detail', 'receipt_id')] : [],
  ),
  row('agent', 'agent_id', (entry) => created(entry, 'agent')),
  row('principal', 'principal_id', (entry) => created(entry, 'principal')),
  row('budget', 'budget_id', (entry) => created(entry, 'budget')),
  row('legal_entity', 'entity_id', (entry) => created(entry, 'entity')),
  row('cost_center', 'cost_center_id', (entry) => created(entry, 'cost_center')),
  row('project', 'project_id', (entry) => created(entry, 'project')),
  row('budget_transfer', 'transfer_id', (entry) => [
    ...created(entry, 'budget_transfer'),
    textField(entry.body, 'carried_over', 'transfer_id'),
  ]),
  row('budget_snapshot', ['budget_id', 'entry_id'], (entry) =>
    entry.type === 'budget.snapshot_received' ? [`${entry.subjectId}/${entry.entryId}`] : [],
  ),
  row('webhook_endpoint', 'endpoint_id', (entry) => created(entry, 'webhook_endpoint')),
  row('api_key', 'key_id', (entry) => [
    ...created(entry, 'key'),
    ...(entry.type === 'key.rotated' ? [textField(entry.body, 'new_key_id')] : []),
  ]),
  row('sourcing_version', ['record_id', 'entry_id'], (entry) =>
    SOURCING_EVENTS.has(entry.type) ? [`${entry.subjectId}/${entry.entryId}`] : [],
  ),
  row('sourcing_waiver', 'waiver_id', (entry) =>
    entry.type === 'waiver.requested' ? [entry.subjectId] : [],
  ),
  row('policy_version', ['policy_id', 'version'], (entry) =>
    entry.type === 'policy.published' ? [`${entry.subjectId}/${versionOf(entry)}`] : [],
  ),
  row('supplier_version', ['supplier_id', 'version'], (entry) =>
    entry.type === 'supplier.registered' ? [`${entry.subjectId}/${versionOf(entry)}`] : [],
  ),
  row('authority_matrix_version', 'version', (entry) =>
    entry.type === 'authority_matrix.published' ? [versionOf(entry)] : [],
  ),
  row('jurisdiction_version', 'version', (entry) =>
    entry.type === 'jurisdictions.published' ? [versionOf(entry)] : [],
  ),
  row('velocity_settings', 'version', (entry) =>
    entry.type === 'velocity.configured' ? [versionOf(entry)] : [],
  ),
  row('approval_signature', ['approval_id', 'principal_id'], ({ body }) =>
    listOf(fieldOf(body, 'approval', 'steps'))
      .flatMap((step) => listOf(fieldOf(step, 'signatures')))
      .map(
        (signature) =>
          `${String(fieldOf(body, 'approval', 'approval_id'))}/${String(fieldOf(signature, 'signed_by'))}`,
      ),
  ),
  row('approval_rejection', 'approval_id', ({ body }) =>
    fieldOf(body, 'detail', 'rejected_by') === undefined ? [] : [textField(body, 'detail', 'approval_id')],
  ),
  row('exchange_rate', 'rate_id', ({ body, type }) =>
    type === 'exchange_rate.published'
      ? listOf(fieldOf(body, 'changes', 'rates', 'after')).map((rate) => textField(rate, 'rate_id'))
      : [],
  ),
  row('approver_delegation', 'delegation_id', (entry) => created(entry, 'delegation')),
];

function row(table: string, key: string | readonly [string, string], keysOf: Presence['keysOf']): Presence {
  const [column, part] = typeof key === 'string' ? [key, null] : key;
  return { table, column, part, keysOf };
}

function isPurchase(entry: AuditedEntry): boolean {
  return entry.type.startsWith('purchase.') && entry.type !== 'purchase.unavailable'; // never reached the ledger
}

function versionOf({ body }: AuditedEntry): string {
  return String(fieldOf(body, 'changes', 'version', 'after'));
}

function created(entry: AuditedEntry, kind: string): string[] {
  return entry.type === `${kind}.created` ? [entry.subjectId] : [];
}

async function auditPresence(audit: RowAudit, entries: readonly AuditedEntry[]): Promise<void> {
  for (const { table, column, part, keysOf } of PRESENCE) {
    const wanted = new Set(entries.flatMap((entry) => keysOf(entry).filter((key) => key !== null)));
    if (wanted.size === 0) continue;
    const ids = [...wanted].map((key) => (part === null ? key : (key.split('/')[0] ?? key)));
    const rows = await audit.rows<{ key: string }>(auditPresentKeys({ table, column, part, ids }));
    const found = new Set(rows.map((one) => one.key));
    for (const key of wanted) {
      if (!found.has(key)) audit.missing(table, { [part === null ? column : `${column}/${part}`]: key });
    }
  }
}

interface SumRow {
  period_id: bigint;
  [column: string]: unknown;
}

const BALANCE_COLUMNS = [
  'limit_minor',
  'pending_minor',
  'committed_minor',
  'spent_minor',
  'overrun_minor',
] as const;

/** Balances are the sums of their transfers; transfers and periods that no entry made are extra. */
export async function auditBalances(audit: RowAudit): Promise<void> {
  for await (const rows of audit.pages<SumRow>('budget_period', auditBalanceRows())) {
    for (const found of rows) {
      const columns = BALANCE_COLUMNS.map(
        (column) => [column, [found[column.replace('_minor', '_sum')], found[column]]] as const,
      );
      audit.compare('budget_period', { period_id: found.period_id }, Object.fromEntries(columns));
    }
  }
  for await (const rows of audit.pages<{ entry_id: bigint; line: number }>(
    'transfer',
    auditStrayTransfers(),
  )) {
    for (const stray of rows) audit.extra('transfer', stray);
  }
  for await (const rows of audit.pages<{ period_id: bigint }>('budget_period', auditUnopenedPeriods())) {
    for (const stray of rows) audit.extra('budget_period', stray);
  }
}
