// record/audit/audit-ledger.ts: transfers against the entries that made them, balances against the sum of transfers,
// and that every row an entry speaks of is there. Must not take a row's word for anything.
import {
  type AuditedEntry,
  type RowAudit,
  exactTime,
  fieldOf,
  instant,
  listOf,
  textField,
} from './row-audit.ts';

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
  const rows = await audit.rows<TransferRow>(
    `SELECT entry_id, line, period_id, from_account, to_account, amount_minor FROM transfer
     WHERE entry_id = ANY ($1::int8[]) ORDER BY entry_id, line`,
    [entries.map((entry) => String(entry.entryId))],
  );
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

async function auditOpenedPeriods(audit: RowAudit, entries: readonly AuditedEntry[]): Promise<void> {
  const opened = entries.filter((entry) => entry.type === 'budget.period_opened');
  if (opened.length === 0) return;
  const rows = await audit.rows<
    Record<'period_id' | 'budget_id' | 'currency' | 'starts_at' | 'ends_at', string>
  >(
    `SELECT period_id::text, budget_id, currency, ${exactTime('starts_at')} AS starts_at, ${exactTime('ends_at')} AS ends_at
     FROM budget_period WHERE period_id = ANY ($1::int8[])`,
    [opened.map((entry) => String(fieldOf(entry.body, 'period_id')))],
  );
  const found = new Map(rows.map((row) => [row.period_id, row]));
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
  row('webhook_endpoint', 'endpoint_id', (entry) => created(entry, 'webhook_endpoint')),
  row('api_key', 'key_id', (entry) => [
    ...created(entry, 'key'),
    ...(entry.type === 'key.rotated' ? [textField(entry.body, 'new_key_id')] : []),
  ]),
  row('policy_version', "policy_id || '/' || version", (entry) =>
    entry.type === 'policy.published'
      ? [`${entry.subjectId}/${String(fieldOf(entry.body, 'changes', 'version', 'after'))}`]
      : [],
  ),
  row('approval_signature', "approval_id || '/' || step_index", ({ body }) =>
    listOf(fieldOf(body, 'approval', 'steps')).map((step, index) =>
      textField(step, 'signed_by') === null
        ? null
        : `${String(fieldOf(body, 'approval', 'approval_id'))}/${index}`,
    ),
  ),
];

function row(table: string, column: string, keysOf: Presence['keysOf']): Presence {
  return { table, column, keysOf };
}

function isPurchase(entry: AuditedEntry): boolean {
  return entry.type.startsWith('purchase.') && entry.type !== 'purchase.unavailable'; // never reached the ledger
}

function created(entry: AuditedEntry, kind: string): string[] {
  return entry.type === `${kind}.created` ? [entry.subjectId] : [];
}

async function auditPresence(audit: RowAudit, entries: readonly AuditedEntry[]): Promise<void> {
  for (const { table, column, keysOf } of PRESENCE) {
    const wanted = new Set(entries.flatMap((entry) => keysOf(entry).filter((key) => key !== null)));
    if (wanted.size === 0) continue;
    // Composite keys are looked up by their first part, which leads the primary key.
    const first = column.split(' ')[0] ?? column;
    const rows = await audit.rows<{ key: string }>(
      `SELECT ${column} AS key FROM ${table} WHERE ${first} = ANY ($1::text[])`,
      [[...wanted].map((key) => (first === column ? key : (key.split('/')[0] ?? key)))],
    );
    const found = new Set(rows.map((one) => one.key));
    for (const key of wanted) {
      if (!found.has(key)) audit.missing(table, { [first === column ? column : 'key']: key });
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

const SUMS = `SELECT p.period_id, p.limit_minor, p.pending_minor, p.committed_minor, p.spent_minor, p.overrun_minor,
    COALESCE(s.limit_minor, 0)::int8 AS limit_sum, COALESCE(s.pending_minor, 0)::int8 AS pending_sum,
    COALESCE(s.committed_minor, 0)::int8 AS committed_sum, COALESCE(s.spent_minor, 0)::int8 AS spent_sum,
    COALESCE(s.overrun_minor, 0)::int8 AS overrun_sum
  FROM budget_period AS p LEFT JOIN (
    SELECT period_id,
      sum(CASE WHEN from_account = 'external' AND to_account = 'available' THEN amount_minor
               WHEN from_account = 'available' AND to_account = 'external' THEN -amount_minor END) AS limit_minor,
      sum(CASE WHEN to_account = 'pending' THEN amount_minor WHEN from_account = 'pending' THEN -amount_minor END)
        AS pending_minor,
      sum(CASE WHEN to_account = 'committed' THEN amount_minor WHEN from_account = 'committed' THEN -amount_minor END)
        AS committed_minor,
      sum(CASE WHEN to_account = 'spent' THEN amount_minor WHEN from_account = 'spent' THEN -amount_minor END)
        AS spent_minor,
      sum(CASE WHEN to_account = 'overrun' THEN amount_minor END) AS overrun_minor
    FROM transfer GROUP BY period_id) AS s USING (period_id)
  ORDER BY p.period_id`;

/** Balances are the sums of their transfers; transfers and periods that no entry made are extra. */
export async function auditBalances(audit: RowAudit): Promise<void> {
  for await (const rows of audit.pages<SumRow>('budget_period', SUMS)) {
    for (const found of rows) {
      const columns = BALANCE_COLUMNS.map(
        (column) => [column, [found[column.replace('_minor', '_sum')], found[column]]] as const,
      );
      audit.compare('budget_period', { period_id: found.period_id }, Object.fromEntries(columns));
    }
  }
  const strays = `SELECT entry_id, line FROM transfer
    WHERE NOT EXISTS (SELECT FROM log_entry WHERE log_entry.entry_id = transfer.entry_id) ORDER BY entry_id, line`;
  for await (const rows of audit.pages<{ entry_id: bigint; line: number }>('transfer', strays)) {
    for (const stray of rows) audit.extra('transfer', stray);
  }
  const unopened = `SELECT period_id FROM budget_period WHERE NOT EXISTS (
      SELECT FROM log_entry WHERE subject_id = budget_id
        AND position(convert_to('"period_id":' || period_id || ',', 'UTF8') IN body) > 0
        AND position(convert_to('"type":"budget.period_opened"', 'UTF8') IN body) > 0) ORDER BY period_id`;
  for await (const rows of audit.pages<{ period_id: bigint }>('budget_period', unopened)) {
    for (const stray of rows) audit.extra('budget_period', stray);
  }
}
