// record/audit/audit-configuration.ts: agents, principals, keys, budgets, policies, endpoints and entities against the
// changes recorded of them: each row is the fold of its changes, and names are compared through their commitments.
import { verifyCommitment } from '@countersign/audit';
import { formatAmount, parseCurrency } from '@countersign/core';
import { createHash } from 'node:crypto';
import type { QueryResultRow } from 'pg';

import { auditConfigurationRows } from '../../ledger/audit-configuration-rows.ts';
import { auditKeyRotation } from '../../ledger/audit-key-rotation.ts';
import { auditPolicyRows } from '../../ledger/audit-policy-rows.ts';
import { auditSourcing, waiverColumns } from './audit-sourcing.ts';
import { auditSuppliers } from './audit-suppliers.ts';
import { DocumentDigests } from './document-digests.ts';
import { type RowAudit, entryOf, fieldOf, instant, textField } from './row-audit.ts';

interface ConfigurationRow extends QueryResultRow {
  entries: { entry_id: string; body: string }[] | null;
  texts: { entry_id: string; field: string; text: string; salt: string }[] | null;
  created: string | null;
}

/** How a table is recorded: entry types begin with `kind.`; columns are named as the log names them. */
interface RecordedTable {
  readonly table: string;
  readonly kind: string;
  readonly id: string;
  /** Column of the log's entry id, where the row has one. */
  readonly entryId: boolean;
  /** What the row says of each field the log knows; texts as they are. */
  readonly fieldsOf: (row: QueryResultRow) => Readonly<Record<string, unknown>>;
}

const TABLES: readonly RecordedTable[] = [
  table('agent', 'agent', 'agent_id', (row) => ({
    bindings: Object.keys(row['bindings'] as object).length === 0 ? null : (row['bindings'] as unknown),
    entity_id: row['entity_id'] as unknown,
    name: row['name'] as unknown,
    owner: row['owner'] as unknown,
    status: row['status'] as unknown,
    team: row['team'] as unknown,
  })),
  table('principal', 'principal', 'principal_id', (row) => ({
    email: row['email'] as unknown,
    kind: row['kind'] as unknown,
    name: row['name'] as unknown,
    roles: row['roles'] as unknown,
    status: row['status'] as unknown,
  })),
  table('approver_delegation', 'delegation', 'delegation_id', (row) => ({
    delegate_id: row['delegate_id'] as unknown,
    from: isoOf(row['starts_at']),
    principal_id: row['principal_id'] as unknown,
    reason: row['reason'] as unknown,
    revoked_at: isoOf(row['revoked_at']),
    until: isoOf(row['ends_at']),
  })),
  table('budget', 'budget', 'budget_id', (row) => ({
    allocation: row['allocation'] as unknown,
    carry_over: row['carry_over'] as unknown,
    currency: row['currency'] as unknown,
    ends_at: isoOf(row['ends_at']),
    limit: limitOf(row),
    name: row['name'] as unknown,
    owner: row['owner'] as unknown,
    period: row['period'] as unknown,
    scope: row['scope'] as unknown,
    starts_at: isoOf(row['starts_at']),
    status: row['status'] as unknown,
    time_zone: row['time_zone'] as unknown,
  })),
  {
    ...table('legal_entity', 'entity', 'entity_id', (row) => ({
      base_currency: row['base_currency'] as unknown,
      country: row['country'] as unknown,
      is_default: row['is_default'] as unknown,
      name: row['name'] as unknown,
      tax_id: row['tax_id'] as unknown,
      time_zone: row['time_zone'] as unknown,
    })),
    entryId: false,
  },
  {
    ...table('cost_center', 'cost_center', 'cost_center_id', (row) => ({
      entity_id: row['entity_id'] as unknown,
      name: row['name'] as unknown,
      parent_id: row['parent_id'] as unknown,
    })),
    entryId: false,
  },
  table('velocity_review', 'review', 'review_id', (row) => ({
    alert_id: row['alert_id'] as unknown,
    lifted_by: row['lifted_by'] as unknown,
    status: row['lifted_at'] === null ? 'open' : 'lifted',
    subject: { id: row['subject_id'] as unknown, type: row['subject_type'] as unknown },
  })),
  table('project', 'project', 'project_id', (row) => ({
    name: row['name'] as unknown,
    programme_id: row['programme_id'] as unknown,
  })),
  table('configuration_change', 'change', 'change_id', (row) => ({
    author: row['author_id'] as unknown,
    due_at: isoOf(row['due_at']),
    emergency_reason: row['emergency_reason'] as unknown,
    operation: row['operation'] as unknown,
    overdue_at: isoOf(row['overdue_at']),
    review_reason: row['review_reason'] as unknown,
    reviewer: row['reviewer_id'] as unknown,
    status: row['status'] as unknown,
    subject: row['subject_id'] as unknown,
  })),
  table('legal_hold', 'legal_hold', 'hold_id', (row) => ({
    ...holdScopeOf(row['scope'] as Readonly<Record<string, unknown>>),
    created_by: row['created_by'] as unknown,
    reason: row['reason'] as unknown,
    released_by: row['released_by'] as unknown,
    status: row['status'] as unknown,
  })),
  table('sourcing_waiver', 'waiver', 'waiver_id', waiverColumns),
  table('webhook_endpoint', 'webhook_endpoint', 'endpoint_id', (row) => ({
    events: row['events'] as unknown,
    host: URL.canParse(String(row['url'])) ? new URL(String(row['url'])).host : null,
    status: row['status'] as unknown,
    url: row['url'] as unknown,
    reason: row['disabled_reason'] as unknown,
  })),
];

function table(name: string, kind: string, id: string, fieldsOf: RecordedTable['fieldsOf']): RecordedTable {
  return { table: name, kind, id, entryId: true, fieldsOf };
}

export async function auditConfiguration(audit: RowAudit): Promise<void> {
  for (const recorded of TABLES) await auditTable(audit, recorded);
  await auditKeys(audit);
  await auditPolicies(audit);
  await auditSuppliers(audit);
  await auditSourcing(audit);
  await auditInstallation(audit);
}

interface Change {
  readonly entryId: bigint;
  readonly type: string;
  readonly at: unknown;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The changes of one kind; null where one of them was altered: then the entry is to blame. */
function changesOf(
  audit: RowAudit,
  row: ConfigurationRow,
  kind: string,
  subjectId: unknown,
): Change[] | null {
  if (audit.alteredSubjects.has(String(subjectId))) return null;
  const changes: Change[] = [];
  for (const { entry_id: id, body } of row.entries ?? []) {
    const entryId = BigInt(id);
    const entry = entryOf({ entry_id: entryId, subject_id: '', body: Buffer.from(body, 'base64') });
    if (entry === null || audit.altered.has(entryId)) return null;
    if (entry.body['changes'] === undefined || !entry.type.startsWith(`${kind}.`)) continue;
    changes.push({ entryId, type: entry.type, at: entry.body['at'], body: entry.body });
  }
  return changes;
}

async function auditTable(
  audit: RowAudit,
  { table: name, kind, id, entryId, fieldsOf }: RecordedTable,
): Promise<void> {
  for await (const rows of audit.pages<ConfigurationRow>(
    name,
    auditConfigurationRows({ table: name, id, kind }),
  )) {
    for (const row of rows) {
      const key = { [id]: row[id] as unknown };
      const changes = changesOf(audit, row, kind, row[id]);
      if (changes === null) continue;
      const [first] = changes;
      const latest = changes.at(-1);
      if (first === undefined || latest === undefined) {
        audit.extra(name, key, 'no entry made it');
        continue;
      }
      compareFields(audit, { name, kind, key, row, changes, fields: fieldsOf(row) });
      audit.compare(name, key, {
        created_at: [instant(first.at), row.created],
        ...(entryId ? { entry_id: [latest.entryId, row['entry_id'] as unknown] } : {}),
      });
    }
  }
}

interface Comparison {
  readonly name: string;
  readonly kind: string;
  readonly key: Readonly<Record<string, unknown>>;
  readonly row: ConfigurationRow;
  readonly changes: readonly Change[];
  readonly fields: Readonly<Record<string, unknown>>;
}

function compareFields(audit: RowAudit, { name, kind, key, row, changes, fields }: Comparison): void {
  for (const [field, actual] of Object.entries(fields)) {
    const change = changes.findLast(({ body }) => fieldOf(body, 'changes', field) !== undefined);
    const expected = fieldOf(change?.body, 'changes', field, 'after') ?? null;
    const commitment = textField(expected, 'commitment');
    if (commitment === null) {
      audit.compare(name, key, { [field]: [expected, actual] });
      continue;
    }
    if (change === undefined) continue;
    const stored = row.texts?.find(
      (text) => BigInt(text.entry_id) === change.entryId && text.field === `${kind}.${field}`,
    );
    if (stored === undefined) continue; // erased: nothing to compare with
    const salt = Buffer.from(stored.salt, 'base64');
    const textKey = { entry_id: change.entryId, field: stored.field };
    const isWhole = verifyCommitment(commitment, stored.text, salt);
    audit.compare('configuration_text', textKey, { text: [FITS, isWhole ? FITS : 'another text'] });
    if (!isWhole) continue;
    audit.compare(name, key, { [field]: [stored.text, actual] });
  }
}

const FITS = 'a text that fits its commitment';

async function auditKeys(audit: RowAudit): Promise<void> {
  for await (const rows of audit.pages<ConfigurationRow>(
    'api_key',
    auditConfigurationRows({ table: 'api_key', id: 'key_id', kind: 'key' }),
  )) {
    for (const row of rows) {
      const key = { key_id: row['key_id'] as unknown };
      const changes = changesOf(audit, row, 'key', key.key_id);
      if (changes === null) continue;
      // A key that took another's place is recorded with the one it replaced.
      const made =
        changes.find(({ type }) => type === 'key.created') ?? (await rotationTo(audit, String(key.key_id)));
      if (made === null) {
        audit.extra('api_key', key, 'no entry made it');
        continue;
      }
      const ended = changes.findLast(({ type }) => type === 'key.revoked' || type === 'key.rotated');
      const holder = (field: string): unknown =>
        fieldOf(made.body, 'changes', field, 'after') ?? fieldOf(made.body, field) ?? null;
      const isRevoked = fieldOf(ended?.body, 'changes', 'status', 'after') === 'revoked';
      const digest = fieldOf(made.body, 'changes', 'key_digest', 'after') ?? fieldOf(made.body, 'key_digest');
      audit.compare('api_key', key, {
        agent_id: [holder('agent_id'), row['agent_id'] as unknown],
        principal_id: [holder('principal_id'), row['principal_id'] as unknown],
        is_revoked: [isRevoked, row['revoked_at'] !== null],
        created_at: [instant(made.at), row.created],
        entry_id: [(ended ?? made).entryId, row['entry_id'] as unknown],
        ...(digest === undefined ? {} : { key_hash: [digest, digestOf(row['key_hash'] as Buffer)] }),
      });
    }
  }
}

async function rotationTo(audit: RowAudit, keyId: string): Promise<Change | null> {
  const rows = await audit.rows<{ entry_id: bigint; subject_id: string; body: Buffer }>(
    auditKeyRotation(keyId),
  );
  const entry = rows[0] === undefined ? null : entryOf(rows[0]);
  if (entry === null || fieldOf(entry.body, 'new_key_id') !== keyId) return null;
  return { entryId: entry.entryId, type: entry.type, at: entry.body['at'], body: entry.body };
}

async function auditPolicies(audit: RowAudit): Promise<void> {
  const digests = new DocumentDigests();
  for await (const rows of audit.pages('policy_version', auditPolicyRows())) {
    for (const row of rows) {
      const key = { policy_id: row['policy_id'] as unknown, version: row['version'] as unknown };
      const entryId = row['entry_id'] as bigint;
      if (audit.altered.has(entryId)) continue;
      const body = row['entry_body'] as Buffer | null;
      const entry = body === null ? null : entryOf({ entry_id: entryId, subject_id: '', body });
      if (entry?.type !== 'policy.published' || row['entry_subject'] !== key.policy_id) {
        audit.compare('policy_version', key, { entry_id: ['the entry that published it', entryId] });
        continue;
      }
      audit.compare('policy_version', key, {
        version: [fieldOf(entry.body, 'changes', 'version', 'after'), key.version],
        ...digests.columnOf(
          { record: String(key.policy_id), version: key.version, document: row['document'] as unknown },
          entry.body,
        ),
        created_at: [instant(entry.body['at']), row['created'] as unknown],
        created_by: [fieldOf(entry.body, 'actor', 'id'), row['created_by'] as unknown],
      });
    }
  }
}

async function auditInstallation(audit: RowAudit): Promise<void> {
  const rows = await audit.rows<ConfigurationRow>(
    auditConfigurationRows({ table: 'configuration', id: 'installation_id', kind: 'installation' }),
  );
  if (rows.length === 0) audit.missing('configuration', {});
  for (const row of rows) {
    const changes = changesOf(audit, row, 'installation', row['installation_id']);
    const first = changes?.[0];
    if (changes === null) continue;
    if (first === undefined) {
      audit.compare(
        'configuration',
        {},
        { installation_id: ['the one the log began with', row['installation_id'] as unknown] },
      );
      continue;
    }
    const latest = (name: string): unknown =>
      fieldOf(
        changes.findLast(({ body }) => fieldOf(body, 'changes', name) !== undefined)?.body,
        'changes',
        name,
        'after',
      );
    const settings = row['settings'] as Readonly<Record<string, unknown>>;
    audit.compare(
      'configuration',
      {},
      {
        change_control: [latest('change_control'), row['change_control'] as unknown],
        require_idempotency_key: [
          latest('require_idempotency_key') ?? false,
          row['require_idempotency_key'] as unknown,
        ],
        ...Object.fromEntries(
          Object.entries(settings).map(([name, value]) => [`settings.${name}`, [latest(name), value]]),
        ),
        created_at: [instant(first.at), row.created],
      },
    );
  }
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Vendors are recorded apart from the rest of a scope, as a commitment: they may name people. */
function holdScopeOf({ vendors, ...scope }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { scope, vendors: Array.isArray(vendors) ? vendors.join('\n') : null };
}

function isoOf(value: unknown): string | null {
  return value instanceof Date ? value.toISOString() : null;
}

function limitOf(row: QueryResultRow): string | null {
  const currency = parseCurrency(String(row['currency']));
  return currency === undefined ? null : formatAmount(row['limit_minor'] as bigint, currency);
}
