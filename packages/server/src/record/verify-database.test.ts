import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PoolClient, QueryConfig } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { parseVerifierKey, type VerifierKey } from '@countersign/audit';

import { createTestDatabase, type TestDatabase } from '../../../../tests/harness/test-database.ts';
import { accepted, purchaseInput, stateAfter } from '../../../../tests/harness/test-gate.ts';
import type { Database } from '../db/connect.ts';
import { actionOfTerms } from '../gate/entry-body.ts';
import type { GateCommand } from '../gate/command.ts';
import { fingerprintOf } from '../gate/resolve-action.ts';
import { cardIdOf } from '../ids.ts';
import { assembleGateway, type Gateway } from '../main.ts';
import type { Caller } from './caller.ts';
import type { RowDifference } from './audit/row-audit.ts';
import { verifyDatabase } from './verify-database.ts';

const ACTOR = { kind: 'system', name: 'test' } as const;
const AWS = { name: 'aws', domain: null, merchantId: null, mcc: null, country: null };
let folder: string;
let files: TestDatabase;
let owner: Database;
let gateway: Gateway;
let verifierKey: VerifierKey;
let agent: Caller;
let finance: Caller;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-verify-'));
  files = await createTestDatabase();
  owner = await files.open('owner');
  gateway = await assembleGateway({
    connection: files.connection,
    logKeyFile: join(folder, 'log-key.pem'),
    log: pino({ level: 'silent' }),
    now: () => Date.now(),
    batchSizeMax: 64,
    allowPrivateWebhooks: true,
  });
  verifierKey = parseVerifierKey(gateway.logReader.verifierKey());
  await configure();
  await purchase();
  while ((await gateway.sequencer.run()).outcome === 'appended');
});
afterAll(async () => {
  await gateway.close();
  await files.drop();
  await rm(folder, { recursive: true });
});

async function configure(): Promise<void> {
  const { admin } = gateway;
  await admin.entities.create(ACTOR, { entityId: 'uk', name: 'UK Ltd', taxId: 'GB1', country: 'GB' });
  await admin.costCenters.create(ACTOR, { costCenterId: 'platform', name: 'Platform' });
  await admin.policies.publish(ACTOR, {
    policy_id: 'pol_procurement',
    name: 'Procurement',
    rules: [
      { rule_id: 'r1', rule_type: 'max_amount', parameters: { limit: 10000, currency: 'USD' } },
      { rule_id: 'r2', rule_type: 'escalate_if', parameters: { amount_above: 2500 } },
    ],
  });
  await admin.suppliers.put(ACTOR, 'example_supplier', {
    legal_name: 'Example Supplier Ltd',
    standing: 'approved',
    bank_accounts: ['GB29NWBK60161331926819'],
  });
  await admin.agents.create(ACTOR, {
    agentId: 'agent_ops_042',
    name: 'Operations',
    owner: 'owner@example.com',
  });
  await admin.agents.suspend(ACTOR, 'agent_ops_042', 'a moment please');
  await admin.agents.resume(ACTOR, 'agent_ops_042');
  const { keyId } = await admin.keys.create(ACTOR, { agentId: 'agent_ops_042' });
  await admin.principals.create(ACTOR, {
    principalId: 'finance',
    name: 'Finance',
    email: 'finance@example.com',
    roles: ['approver'],
  });
  await admin.principals.create(ACTOR, { principalId: 'deputy', name: 'Deputy', roles: ['approver'] });
  await admin.delegations.create(ACTOR, {
    principalId: 'finance',
    delegateId: 'deputy',
    from: '2026-01-01T00:00:00Z',
    until: '2999-01-01T00:00:00Z',
    reason: 'annual leave',
  });
  const approverKey = await admin.keys.create(ACTOR, { principalId: 'finance' });
  const rotated = await admin.keys.rotate(ACTOR, approverKey.keyId, {});
  await admin.budgets.create(ACTOR, {
    budgetId: 'org',
    name: 'Everything',
    scope: { type: 'organisation', id: '*' },
    period: 'month',
    currency: 'USD',
    limit: '100000.00',
  });
  await configureSourcing();
  const matrix = { rows: [{ agent_id: '*', autonomous_limit: { amount: '9000000.00', currency: 'USD' } }] };
  await admin.authorityMatrices.publish(ACTOR, matrix);
  await admin.authorityMatrices.publish(ACTOR, matrix); // the same again: its entry says no digest
  const date = new Date().toISOString().slice(0, 10);
  await admin.exchangeRates.publish(ACTOR, {
    rates: [
      { base: 'EUR', quote: 'USD', rate: '1.25', date, source: 'example' },
      {
        base: 'GBP',
        quote: 'USD',
        rate: '1.4',
        date,
        source: 'example',
        methodology: 'contract',
        supplier: 'aws',
        valid_until: date,
      },
    ],
  });
  await admin.jurisdictions.publish(ACTOR, [{ id: 'DACH', members: ['DE', 'AT', 'CH'] }]);
  await admin.webhookEndpoints.create(ACTOR, {
    url: 'http://127.0.0.1:9/hook',
    events: ['purchase.completed'],
  });
  await gateway.configuration.load();
  agent = { kind: 'agent', agentId: 'agent_ops_042', keyId };
  finance = {
    kind: 'principal',
    principalId: 'finance',
    roles: ['approver'],
    email: 'finance@example.com',
    keyId: rotated.keyId,
  };
}

async function configureSourcing(): Promise<void> {
  const { sourcing, waivers, principals } = gateway.admin;
  const validity = { valid_from: '2026-01-01T00:00:00Z', valid_until: '2999-01-01T00:00:00Z' };
  const ceiling = { amount: '5000.00', currency: 'USD' };
  const policy = { tender_thresholds: [{ category: 'works', amount: '1000.00', currency: 'USD' }] };
  await sourcing.policies.put(ACTOR, 'default', policy);
  await sourcing.policies.put(ACTOR, 'default', policy); // the same again
  await sourcing.tenders.put(ACTOR, 'T-1', { winner: 'roofers.example', ceiling, ...validity });
  await sourcing.frameworks.put(ACTOR, 'fw', {
    supplier: 'roofers.example',
    call_off_ceiling: ceiling,
    ...validity,
  });
  await principals.create(ACTOR, { principalId: 'mia', name: 'Mia', roles: ['operator'] });
  const mia = {
    kind: 'principal',
    principalId: 'mia',
    roles: ['operator'],
    email: null,
    keyId: 'key_mia',
  } as const;
  const asked = await waivers.request(ACTOR, {
    supplier: 'roofers.example',
    up_to: ceiling,
    valid_until: '2999-01-01T00:00:00Z',
    reason: 'The roof is open.',
  });
  await waivers.approve(mia, asked.waiverId);
}

async function submit(command: GateCommand, caller: Caller = { kind: 'system', name: 'network' }) {
  return accepted(await gateway.gate.submit({ command, caller }));
}

async function request(change: Parameters<typeof purchaseInput>[0] = {}) {
  const answer = await submit({ kind: 'request', input: purchaseInput(change), idempotency: null }, agent);
  return stateAfter(answer);
}

/** Every table of the ledger gets a row, on every path a purchase can take. */
async function purchase(): Promise<void> {
  const charged = await request();
  const cardId = cardIdOf(charged.requestId);
  const authorize = { kind: 'authorize', cardId, currency: 'USD', amountMinor: 184_000n } as const;
  await submit({ ...authorize, merchant: { ...AWS, name: 'aws-evil' } });
  const { createdId } = await submit({ ...authorize, merchant: AWS });
  const authorizationId = createdId ?? '';
  await submit({ kind: 'capture', authorizationId, amountMinor: 180_000n, closeAuthorization: true });
  await submit({ kind: 'refund', authorizationId, amountMinor: 1_000n });
  await submit(
    {
      kind: 'receipt',
      requestId: charged.requestId,
      vendor: 'aws',
      amountMinor: 180_000n,
      currency: 'USD',
      sha256: null,
    },
    agent,
  );
  await request({ amountMinor: 1_000n, currency: 'EUR' });
  const held = await request({ amountMinor: 300_000n });
  await submit(
    {
      kind: 'sign',
      approvalId: held.approval?.approvalId ?? '',
      authorizationReference: 'REF-1',
      comment: 'fine',
    },
    finance,
  );
  const forced = cardIdOf(held.requestId);
  await submit({ kind: 'force_post', cardId: forced, amountMinor: 400_000n, currency: 'USD', merchant: AWS });
  const rejected = await request({ amountMinor: 310_000n });
  await submit(
    { kind: 'reject', approvalId: rejected.approval?.approvalId ?? '', reason: 'too much' },
    finance,
  );
  const cancelled = await request({ amountMinor: 100n });
  await submit({ kind: 'cancel', requestId: cancelled.requestId, reason: 'no need' }, agent);
  await request({ amountMinor: 1_100_000n });
  await request({ amountMinor: 2_000n, rail: 'cash' });
  const reversed = await request({ amountMinor: 5_000n });
  const again = await submit({
    ...authorize,
    cardId: cardIdOf(reversed.requestId),
    amountMinor: 5_000n,
    merchant: AWS,
  });
  await submit({ kind: 'reverse', authorizationId: again.createdId ?? '', amountMinor: 5_000n });
  await request({ amountMinor: 260_000n });
  await submit(
    {
      kind: 'check',
      idempotency: null,
      input: {
        agentId: 'agent_ops_042',
        policyId: 'pol_procurement',
        actionType: 'refund',
        counterparty: 'customer_1',
        amountMinor: 500n,
        currency: 'USD',
        rail: null,
        category: null,
        country: null,
        mcc: null,
        merchantDomain: null,
        daysSincePurchase: 3,
        discountBasisPoints: null,
        dealAmountMinor: null,
      },
    },
    agent,
  );
  // Enough leaves for full tiles.
  for (let round = 0; round < 5; round += 1) {
    await Promise.all(
      Array.from({ length: 64 }, (_, index) => request({ amountMinor: BigInt(1 + index + 100 * round) })),
    );
  }
  await gateway.admin.budgets.changeLimit(ACTOR, 'org', '120000.00');
}

async function verify(): Promise<readonly RowDifference[]> {
  const report = await verifyDatabase({
    database: owner,
    verifierKey,
    fingerprintOf: (subject, terms) => fingerprintOf(actionOfTerms(subject, terms)),
  });
  expect(report.valid).toBe(report.differences.length === 0);
  return report.differences;
}

/** Runs `sql` as the database's owner with every trigger off, looks, and takes it back. */
async function tampered(sql: string): Promise<readonly RowDifference[]> {
  const client = await owner.pool.connect();
  try {
    await client.query("BEGIN; SET LOCAL session_replication_role = 'replica'");
    const { rowCount } = await client.query(sql);
    expect(rowCount).toBe(1);
    const report = await verifyDatabase({
      database: { pool: poolOf(client) },
      verifierKey,
      fingerprintOf: (subject, terms) => fingerprintOf(actionOfTerms(subject, terms)),
    });
    return report.differences;
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

/** A pool of the one connection that sees the change; its own transaction goes on. */
function poolOf(client: PoolClient): Database['pool'] {
  const within = {
    query: (sent: string | QueryConfig) => {
      if (typeof sent !== 'string') return client.query(sent);
      if (sent.startsWith('BEGIN')) return client.query('SAVEPOINT audit');
      return client.query(sent === 'ROLLBACK' ? 'ROLLBACK TO SAVEPOINT audit' : sent);
    },
    release: () => undefined,
  };
  return { connect: async () => within } as unknown as Database['pool'];
}

describe('a database that nobody touched', () => {
  it('has no difference', async () => {
    expect(await verify()).toEqual([]);
  });

  it('has none with entries that wait to be sequenced', async () => {
    await request({ amountMinor: 7_777n });
    expect(await verify()).toEqual([]);
    expect((await gateway.sequencer.run()).outcome).toBe('appended');
  });
});

const FLIP = (column: string): string => `set_byte(${column}, 5, get_byte(${column}, 5) # 1)`;

/** One byte or one digit of one row: table, column, what is changed, where. */
const CHANGES: readonly [table: string, column: string, set: string, where: string][] = [
  ['log_entry', 'body', FLIP('body'), 'entry_id = (SELECT entry_id FROM log_leaf WHERE leaf_index = 20)'],
  ['log_entry', 'body', FLIP('body'), 'entry_id = (SELECT max(entry_id) FROM log_leaf)'],
  ['log_entry', 'subject_id', `subject_id || 'x'`, 'entry_id = (SELECT max(entry_id) FROM log_leaf)'],
  [
    'log_entry',
    'type_code',
    'type_code # 1',
    'entry_id = (SELECT entry_id FROM log_leaf WHERE leaf_index = 20)',
  ],
  ['log_leaf', 'leaf_hash', FLIP('leaf_hash'), 'leaf_index = 33'],
  ['log_leaf', 'leaf_hash', FLIP('leaf_hash'), 'leaf_index = (SELECT max(leaf_index) FROM log_leaf)'],
  ['log_leaf', 'type_code', 'type_code # 1', 'leaf_index = 33'],
  ['log_tile_hash', 'hash', FLIP('hash'), 'level = 1 AND hash_index = 0'],
  ['log_head', 'frontier', FLIP('frontier'), 'true'],
  ['log_head', 'size', 'size - 1', 'true'],
  [
    'log_checkpoint',
    'note',
    `replace(note, 'countersign.local/', 'countersign.local/x')`,
    'size = (SELECT max(size) FROM log_checkpoint)',
  ],
  [
    'log_promise',
    'promise',
    `replace(promise::text, '"signature":"', '"signature":"A')::json`,
    'first_entry_id = (SELECT min(first_entry_id) FROM log_promise)',
  ],
  ['log_promise', 'sequence', 'sequence + 1000', 'sequence = (SELECT max(sequence) FROM log_promise)'],
  [
    'transfer',
    'amount_minor',
    'amount_minor + 1',
    '(entry_id, line) = (SELECT entry_id, line FROM transfer ORDER BY 1, 2 OFFSET 3 LIMIT 1)',
  ],
  [
    'transfer',
    'to_account',
    `'spent'`,
    `(entry_id, line) = (SELECT entry_id, line FROM transfer WHERE to_account = 'pending' ORDER BY 1, 2 LIMIT 1)`,
  ],
  [
    'transfer',
    'period_id',
    'period_id + 1',
    '(entry_id, line) = (SELECT entry_id, line FROM transfer ORDER BY 1, 2 LIMIT 1)',
  ],
  ['budget_period', 'spent_minor', 'spent_minor - 1', 'true'],
  ['budget_period', 'limit_minor', 'limit_minor + 1', 'true'],
  ['budget_period', 'pending_minor', 'pending_minor + 1', 'true'],
  ['budget_period', 'starts_at', `starts_at + interval '1 microsecond'`, 'true'],
  [
    'purchase_request',
    'amount_minor',
    'amount_minor + 1',
    'request_id = (SELECT min(request_id) FROM purchase_request)',
  ],
  ['purchase_request', 'vendor', `'aws2'`, 'request_id = (SELECT min(request_id) FROM purchase_request)'],
  [
    'purchase_request',
    'agent_id',
    `'agent_ops_043'`,
    'request_id = (SELECT min(request_id) FROM purchase_request)',
  ],
  [
    'purchase_request',
    'fingerprint',
    'fingerprint # 1',
    'request_id = (SELECT min(request_id) FROM purchase_request)',
  ],
  [
    'purchase_request',
    'status',
    `'approved'`,
    `request_id = (SELECT min(request_id) FROM purchase_request WHERE status = 'denied')`,
  ],
  [
    'purchase_request',
    'checkout_status',
    `'settled'`,
    `request_id = (SELECT min(request_id) FROM purchase_request WHERE checkout_status = 'issued')`,
  ],
  [
    'purchase_request',
    'reserved_minor',
    'reserved_minor + 1',
    'request_id = (SELECT max(request_id) FROM purchase_request)',
  ],
  [
    'purchase_request',
    'reserved_periods',
    `'{7}'`,
    'request_id = (SELECT max(request_id) FROM purchase_request)',
  ],
  [
    'purchase_request',
    'settled_minor',
    'settled_minor + 1',
    'request_id = (SELECT max(request_id) FROM purchase_request)',
  ],
  [
    'purchase_request',
    'period_rates',
    `replace(period_rates::text, '1.25', '1.24')::json`,
    'period_rates IS NOT NULL',
  ],
  ['exchange_rate', 'rate', `'1.24'`, `base = 'EUR'`],
  ['exchange_rate', 'rate_date', 'rate_date + 1', `base = 'EUR'`],
  ['exchange_rate', 'supplier', `'other'`, `base = 'GBP'`],
  ['exchange_rate', 'valid_until', 'valid_until + 1', `base = 'GBP'`],
  ['exchange_rate', 'published_by', `'other'`, `base = 'GBP'`],
  [
    'authority_matrix_version',
    'document',
    `replace(document::text, '9000000', '9900000')::json`,
    'version = 1',
  ],
  [
    'authority_matrix_version',
    'document',
    `replace(document::text, '9000000', '9900000')::json`,
    'version = 2',
  ],
  ['authority_matrix_version', 'effective_from', `effective_from + interval '1 day'`, 'version = 2'],
  ['authority_matrix_version', 'version', '3', 'version = 2'],
  ['authority_matrix_version', 'created_by', `'nobody'`, 'version = 1'],
  [
    'sourcing_version',
    'document',
    `replace(document::text, '1000.00', '9000.00')::json`,
    `kind = 'policy' AND version = 1`,
  ],
  [
    'sourcing_version',
    'document',
    `replace(document::text, '1000.00', '9000.00')::json`,
    `kind = 'policy' AND version = 2`,
  ],
  ['sourcing_version', 'document', `replace(document::text, '5000', '6000')::json`, `kind = 'tender'`],
  ['sourcing_version', 'document', `replace(document::text, '5000', '6000')::json`, `kind = 'framework'`],
  ['sourcing_version', 'entry_id', 'entry_id + 1', `kind = 'tender'`],
  ['sourcing_version', 'created_by', `'nobody'`, `kind = 'tender'`],
  ['sourcing_waiver', 'up_to', `replace(document::text, '5000', '6000')::json`, 'true'],
  ['sourcing_waiver', 'valid_until', `replace(document::text, '2999', '3999')::json`, 'true'],
  ['sourcing_waiver', 'reason', `replace(document::text, 'roof', 'Roof')::json`, 'true'],
  ['sourcing_waiver', 'status', `'pending'`, 'true'],
  [
    'related_day',
    'totals',
    // One purchase less, and what it cost.
    `replace(purchases::text, purchases #>> '{t,USD}', '["1",1]')::json`,
    `group_key = (SELECT group_key FROM related_day WHERE (purchases #>> '{t,USD,1}')::int > 1 ORDER BY 1 LIMIT 1)`,
  ],
  ['jurisdiction_version', 'document', `replace(document::text, 'AT', 'FR')::json`, 'true'],
  ['purchase_request', 'approved_by', `'finance2'`, `approved_by = 'finance'`],
  [
    'purchase_request',
    'last_entry_id',
    'last_entry_id + 1',
    'request_id = (SELECT max(request_id) FROM purchase_request)',
  ],
  [
    'purchase_request',
    'decision_entry_id',
    'decision_entry_id + 1',
    'request_id = (SELECT max(request_id) FROM purchase_request)',
  ],
  [
    'purchase_request',
    'created_at',
    `created_at + interval '1 microsecond'`,
    'request_id = (SELECT max(request_id) FROM purchase_request)',
  ],
  [
    'purchase_request',
    'private_text',
    `replace(private_text::text, 'renewal', 'Renewal')::json`,
    'request_id = (SELECT min(request_id) FROM purchase_request)',
  ],
  ['approval', 'status', `'pending'`, `status = 'approved'`],
  ['approval', 'terms_hash', FLIP('terms_hash'), 'approval_id = (SELECT min(approval_id) FROM approval)'],
  ['approval', 'steps', `replace(steps::text, 'finance', 'Finance')::json`, `status = 'approved'`],
  [
    'approval',
    'expires_at',
    `expires_at + interval '1 microsecond'`,
    'approval_id = (SELECT min(approval_id) FROM approval)',
  ],
  ['approval', 'next_due_at', 'created_at', 'approval_id = (SELECT min(approval_id) FROM approval)'],
  ['approval', 'last_entry_id', 'last_entry_id - 1', 'approval_id = (SELECT min(approval_id) FROM approval)'],
  ['approval_signature', 'principal_id', `'finance2'`, 'true'],
  ['approval_signature', 'on_behalf_of', `'deputy'`, 'true'],
  ['approval_signature', 'step_index', 'step_index + 1', 'true'],
  ['approval_signature', 'authorization_reference', `'REF-2'`, 'true'],
  ['approval_signature', 'viewed_seconds', '60', 'true'],
  ['approval_signature', 'terms_hash', FLIP('terms_hash'), 'true'],
  ['approval_signature', 'signed_at', `signed_at + interval '1 microsecond'`, 'true'],
  ['approval_signature', 'entry_id', 'entry_id + 1', 'true'],
  ['approval_rejection', 'principal_id', `'deputy'`, 'true'],
  ['approval_rejection', 'on_behalf_of', `'deputy'`, 'true'],
  ['approval_rejection', 'step_index', 'step_index + 1', 'true'],
  ['approval_rejection', 'viewed_seconds', '60', 'true'],
  ['approval_rejection', 'rejected_at', `rejected_at + interval '1 microsecond'`, 'true'],
  ['approval_rejection', 'entry_id', 'entry_id + 1', 'true'],
  ['card', 'status', `'active'`, `card_id = (SELECT min(card_id) FROM card WHERE status = 'expired')`],
  ['card', 'last4', `'0000'`, 'card_id = (SELECT min(card_id) FROM card)'],
  ['card', 'rail', `'wire'`, 'card_id = (SELECT min(card_id) FROM card)'],
  ['card', 'provider', `'other'`, 'card_id = (SELECT min(card_id) FROM card)'],
  ['card', 'expires_at', `expires_at + interval '1 day'`, 'card_id = (SELECT min(card_id) FROM card)'],
  ['card', 'entry_id', 'entry_id + 1', 'card_id = (SELECT max(card_id) FROM card)'],
  ['card', 'last_entry_id', 'last_entry_id + 1', 'card_id = (SELECT max(card_id) FROM card)'],
  [
    'card_authorization',
    'approved',
    'NOT approved',
    'authorization_id = (SELECT min(authorization_id) FROM card_authorization)',
  ],
  [
    'card_authorization',
    'amount_minor',
    'amount_minor + 1',
    'authorization_id = (SELECT min(authorization_id) FROM card_authorization)',
  ],
  ['card_authorization', 'reason', `'approved'`, 'NOT approved'],
  ['card_authorization', 'captured_minor', 'captured_minor + 1', `captured_minor = 180000`],
  ['card_authorization', 'refunded_minor', 'refunded_minor + 1', `refunded_minor > 0`],
  ['card_authorization', 'reversed_minor', 'reversed_minor + 1', `reversed_minor > 0`],
  ['card_authorization', 'forced', 'NOT forced', 'forced'],
  ['card_authorization', 'closed', 'NOT closed', `captured_minor = 180000`],
  ['receipt', 'flags', `ARRAY['receipt_vendor_differs']`, 'true'],
  ['receipt', 'document.amount_minor', `replace(document::text, '180000', '180001')::json`, 'true'],
  ['receipt', 'request_id', `request_id || 'x'`, 'true'],
  ['note', 'body', `body || '.'`, `entry_id = (SELECT min(entry_id) FROM note)`],
  ['policy_check', 'decision', `'block'`, 'true'],
  ['policy_check', 'amount_minor', 'amount_minor + 1', 'true'],
  ['policy_check', 'counterparty', `'customer_2'`, 'true'],
  ['agent', 'owner', `'other@example.com'`, 'true'],
  ['agent', 'name', `'operations'`, 'true'],
  ['agent', 'status', `'suspended'`, 'true'],
  ['agent', 'entry_id', 'entry_id + 1', 'true'],
  ['principal', 'roles', `ARRAY['approver', 'operator']`, `principal_id = 'finance'`],
  ['principal', 'email', `'Finance@example.com'`, `principal_id = 'finance'`],
  ['approver_delegation', 'until', `ends_at + interval '1 day'`, 'true'],
  ['approver_delegation', 'from', `starts_at - interval '1 day'`, 'true'],
  ['approver_delegation', 'reason', `'other'`, 'true'],
  ['approver_delegation', 'revoked_at', 'starts_at', 'true'],
  ['api_key', 'agent_id', `'agent_ops_043'`, 'agent_id IS NOT NULL'],
  ['api_key', 'is_revoked', 'NULL', 'revoked_at IS NOT NULL'],
  ['policy_version', 'document', `replace(document::text, '10000', '90000')::json`, 'true'],
  ['policy_version', 'created_by', `'nobody'`, 'true'],
  ['supplier_version', 'document', `replace(document::text, '6819', '6818')::json`, 'true'],
  ['supplier_version', 'created_by', `'nobody'`, 'true'],
  ['budget', 'limit', 'limit_minor + 1', 'true'],
  ['budget', 'scope', `'[]'`, 'true'],
  ['legal_entity', 'country', `'FR'`, `entity_id = 'uk'`],
  ['legal_entity', 'tax_id', `'GB2'`, `entity_id = 'uk'`],
  ['cost_center', 'name', `'platform'`, 'true'],
  ['webhook_endpoint', 'url', `url || '/'`, 'true'],
  ['configuration_text', 'text', `text || '.'`, `field = 'agent.name'`],
  ['configuration', 'change_control', `'four_eyes'`, 'true'],
];

const COLUMN_OF: Readonly<Record<string, string>> = {
  'document.amount_minor': 'document',
  is_revoked: 'revoked_at',
  'sourcing_waiver.up_to': 'document',
  'sourcing_waiver.valid_until': 'document',
  'sourcing_waiver.reason': 'document',
  totals: 'purchases',
  limit: 'limit_minor',
  from: 'starts_at',
  until: 'ends_at',
};

describe('one changed row', () => {
  it.each(CHANGES)('is found in %s.%s: %s', async (table, column, set, where) => {
    const differences = await tampered(
      `UPDATE ${table} SET ${COLUMN_OF[`${table}.${column}`] ?? COLUMN_OF[column] ?? column} = ${set} WHERE ${where}`,
    );
    expect(differences).toContainEqual(expect.objectContaining({ table, column, kind: 'differs' }));
    // Whatever else is reported follows from it: a sum from its transfer, nothing from elsewhere.
    const blamed = new Set(differences.map((difference) => difference.table));
    blamed.delete(table);
    if (table === 'transfer') blamed.delete('budget_period');
    if (table === 'log_head') blamed.delete('log_checkpoint');
    if (table === 'log_promise') blamed.delete('log_entry');
    expect([...blamed]).toEqual([]);
  });
});

const TABLES: readonly [table: string, key: string][] = [
  ['log_entry', 'entry_id = (SELECT entry_id FROM log_leaf WHERE leaf_index = 20)'],
  ['log_leaf', 'leaf_index = 20'],
  ['log_tile_hash', 'hash_index = 0'],
  ['log_promise', 'first_entry_id = (SELECT min(first_entry_id) FROM log_promise)'],
  ['transfer', '(entry_id, line) = (SELECT entry_id, line FROM transfer ORDER BY 1, 2 OFFSET 3 LIMIT 1)'],
  ['budget_period', 'true'],
  ['purchase_request', 'request_id = (SELECT min(request_id) FROM purchase_request)'],
  ['approval', 'approval_id = (SELECT min(approval_id) FROM approval)'],
  ['approval_signature', 'true'],
  ['approval_rejection', 'true'],
  ['approver_delegation', 'true'],
  ['card', 'card_id = (SELECT min(card_id) FROM card)'],
  ['card_authorization', 'NOT approved'],
  ['receipt', 'true'],
  ['policy_check', 'true'],
  ['agent', 'true'],
  ['principal', `principal_id = 'finance'`],
  ['api_key', 'agent_id IS NOT NULL'],
  ['policy_version', 'true'],
  ['supplier_version', 'true'],
  ['authority_matrix_version', 'version = 1'],
  ['sourcing_version', `kind = 'tender'`],
  ['sourcing_waiver', 'true'],
  ['jurisdiction_version', 'true'],
  ['related_day', 'group_key = (SELECT min(group_key::text)::uuid FROM related_day)'],
  ['budget', 'true'],
  ['legal_entity', `entity_id = 'uk'`],
  ['cost_center', 'true'],
  ['webhook_endpoint', 'true'],
];

describe('one row that was removed', () => {
  it.each(TABLES)('is missed in %s', async (table, key) => {
    const differences = await tampered(`DELETE FROM ${table} WHERE ${key}`);
    expect(differences).toContainEqual(expect.objectContaining({ table, kind: 'missing' }));
  });
});

describe('one row that was added', () => {
  it.each([
    [
      'transfer',
      `INSERT INTO transfer SELECT entry_id, 99, period_id, from_account, to_account, 1 FROM transfer LIMIT 1`,
    ],
    [
      'transfer',
      `INSERT INTO transfer SELECT 999999999, line, period_id, from_account, to_account, 1 FROM transfer LIMIT 1`,
    ],
    [
      'purchase_request',
      `INSERT INTO purchase_request SELECT 'preq_extra', agent_id, fingerprint, vendor, currency, amount_minor, private_text,
         created_at, external_expires_at, decision_entry_id, status, checkout_status, reserved_periods, reserved_minor, period_rates,
         settled_minor, approved_by, last_entry_id FROM purchase_request LIMIT 1`,
    ],
    [
      'card',
      `INSERT INTO card SELECT 'card_extra', rail, provider, status, last4, expires_at, entry_id, last_entry_id FROM card LIMIT 1`,
    ],
    [
      'log_entry',
      `INSERT INTO log_entry SELECT 999999999, type_code, subject_id, body FROM log_entry LIMIT 1`,
    ],
    [
      'agent',
      `INSERT INTO agent SELECT 'agent_extra', name, team, role, owner, entity_id, status, bindings, created_at, entry_id FROM agent`,
    ],
    [
      'api_key',
      `INSERT INTO api_key SELECT 'key_extra', '\\x00', hint, agent_id, principal_id, created_at, expires_at, NULL, entry_id FROM api_key LIMIT 1`,
    ],
  ])('is found in %s', async (table, sql) => {
    expect(await tampered(sql)).toContainEqual(expect.objectContaining({ table, kind: 'extra' }));
  });
});

describe('a history that was rewritten as a whole', () => {
  it('does not fit what was signed', async () => {
    // Entry, leaf hash and tile hash changed together, as only the database's owner can.
    const differences = await tampered(
      `WITH changed AS (UPDATE log_entry SET body = replace(convert_from(body, 'UTF8'), 'aws', 'AWS')::bytea
         WHERE entry_id = (SELECT entry_id FROM log_leaf JOIN log_entry USING (entry_id)
           WHERE convert_from(body, 'UTF8') LIKE '%aws%' ORDER BY leaf_index LIMIT 1) RETURNING entry_id, body)
       UPDATE log_leaf SET leaf_hash = sha256('\\x00'::bytea || body) FROM changed WHERE log_leaf.entry_id = changed.entry_id`,
    );
    expect(differences.map(({ table }) => table)).toContain('log_leaf');
  });
});
