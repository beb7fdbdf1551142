// ledger/load-configuration.ts: reads the whole configuration in one snapshot, with the version it has.
import type { Pool } from 'pg';

import type { StoredCarryOver } from './insert-budget.ts';
import type { SourcingKind } from './insert-sourcing-version.ts';
import { type ExchangeRateRow, newestExchangeRates } from './newest-exchange-rates.ts';

export interface ConfigurationRows {
  readonly version: bigint;
  readonly changeControl: 'single' | 'four_eyes';
  readonly requireIdempotencyKey: boolean;
  readonly installationId: string;
  /** What else the installation has set, by its name on the wire. */
  readonly settings: StoredSettings;
  readonly entities: readonly EntityRow[];
  readonly costCenters: readonly { cost_center_id: string; entity_id: string; parent_id: string | null }[];
  /** Those that are part of a programme. */
  readonly projects: readonly { project_id: string; programme_id: string }[];
  readonly agents: readonly AgentRow[];
  readonly principals: readonly PrincipalRow[];
  readonly keys: readonly KeyRow[];
  /** The newest version of each policy. */
  readonly policies: readonly { policy_id: string; version: number; document: unknown }[];
  readonly budgets: readonly BudgetRow[];
  readonly sourcing: readonly SourcingRow[];
  /** Approved and not revoked; past ones too, as this is read without a clock. */
  readonly waivers: readonly WaiverStateRow[];
  /** The newest version of each supplier that changed after the entry that was asked for. */
  readonly changedSuppliers: readonly SupplierRow[];
  readonly exchangeRates: readonly ExchangeRateRow[];
  /** The newest; none where none was published. */
  readonly jurisdictions: readonly { version: number; document: unknown }[];
  /** Not revoked; past ones too, as this is read without a clock. */
  readonly delegations: readonly DelegationRow[];
  /** Not lifted. */
  readonly velocityReviews: readonly VelocityReviewStateRow[];
  /**
   * The one in force a day ago, and all after it: decisions go by the gateway's clock, and a purchase must not be without a
   * matrix because the database's is ahead of it.
   */
  readonly authorityMatrices: readonly { version: number; effective_from: Date; document: unknown }[];
}

/** What is set of the installation beyond columns of its own, by its name on the wire; what is absent has its default. */
export type StoredSettings = Readonly<Record<string, unknown>>;

/** The newest version of a sourcing policy, a tender or a framework agreement. */
export interface SourcingRow {
  kind: SourcingKind;
  record_id: string;
  version: number;
  document: unknown;
}

export interface WaiverStateRow {
  waiver_id: string;
  document: unknown;
}

export interface SupplierRow {
  supplier_id: string;
  version: number;
  document: unknown;
  entry_id: bigint;
}

export interface VelocityReviewStateRow {
  review_id: string;
  alert_id: string;
  subject_type: 'agent' | 'team' | 'supplier';
  subject_id: string;
  created_at: Date;
}

export interface EntityRow {
  entity_id: string;
  name: string;
  country: string | null;
  base_currency: string;
  time_zone: string;
  is_default: boolean;
}

export interface AgentRow {
  agent_id: string;
  team: string | null;
  role: string | null;
  owner: string | null;
  entity_id: string | null;
  status: 'active' | 'suspended';
  bindings: Record<string, unknown>;
}

export interface PrincipalRow {
  principal_id: string;
  roles: string[];
  email: string | null;
  status: 'active' | 'disabled';
}

export interface DelegationRow {
  principal_id: string;
  delegate_id: string;
  starts_at: Date;
  ends_at: Date;
}

export interface KeyRow {
  key_id: string;
  key_hash: Buffer;
  agent_id: string | null;
  principal_id: string | null;
  expires_at: Date | null;
}

export interface BudgetRow {
  budget_id: string;
  scope: { type: string; id: string }[];
  period: 'day' | 'week' | 'month' | 'quarter' | 'year' | 'lifetime' | 'fixed';
  starts_at: Date | null;
  ends_at: Date | null;
  currency: string;
  limit_minor: bigint;
  time_zone: string;
  carry_over: StoredCarryOver | null;
  allocation: { freshness_seconds: number } | null;
}

/** `suppliersAfter`: entry of the newest change of the suppliers that is known already; 0: none. */
export async function loadConfiguration(pool: Pool, suppliersAfter: bigint): Promise<ConfigurationRows> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const read = async <R>(text: string, values: unknown[] = []): Promise<R[]> =>
      (await client.query(text, values)).rows as R[];
    const rows = await readAll(read, suppliersAfter);
    await client.query('COMMIT');
    return rows;
  } finally {
    client.release();
  }
}

type Read = <R>(text: string, values?: unknown[]) => Promise<R[]>;

async function readAll(read: Read, suppliersAfter: bigint): Promise<ConfigurationRows> {
  return {
    ...(await readInstallation(read)),
    entities: await read(
      'SELECT entity_id, name, country, base_currency, time_zone, is_default FROM legal_entity',
    ),
    costCenters: await read('SELECT cost_center_id, entity_id, parent_id FROM cost_center'),
    projects: await read('SELECT project_id, programme_id FROM project WHERE programme_id IS NOT NULL'),
    agents: await read('SELECT agent_id, team, role, owner, entity_id, status, bindings FROM agent'),
    principals: await read('SELECT principal_id, roles, email, status FROM principal'),
    keys: await read(
      'SELECT key_id, key_hash, agent_id, principal_id, expires_at FROM api_key WHERE revoked_at IS NULL',
    ),
    policies: await read(
      'SELECT DISTINCT ON (policy_id) policy_id, version, document FROM policy_version ORDER BY policy_id, version DESC',
    ),
    authorityMatrices: await read(
      `SELECT version, effective_from, document FROM authority_matrix_version
       WHERE effective_from > now() - interval '1 day' OR version = (
         SELECT version FROM authority_matrix_version WHERE effective_from <= now() - interval '1 day'
         ORDER BY effective_from DESC, version DESC LIMIT 1)`,
    ),
    budgets: await read(
      `SELECT budget_id, scope, period, starts_at, ends_at, currency, limit_minor, time_zone, carry_over, allocation
       FROM budget WHERE status = 'active' ORDER BY budget_id`,
    ),
    sourcing: await read(
      `SELECT DISTINCT ON (kind, record_id) kind, record_id, version, document
       FROM sourcing_version ORDER BY kind, record_id, version DESC`,
    ),
    waivers: await read(
      `SELECT waiver_id, document FROM sourcing_waiver WHERE status = 'approved' ORDER BY waiver_id`,
    ),
    changedSuppliers: await read(
      `SELECT DISTINCT ON (supplier_id) supplier_id, version, document, entry_id FROM supplier_version
       WHERE entry_id > $1 ORDER BY supplier_id, version DESC`,
      [suppliersAfter],
    ),
    velocityReviews: await read(
      'SELECT review_id, alert_id, subject_type, subject_id, created_at FROM velocity_review WHERE lifted_at IS NULL',
    ),
    exchangeRates: await read(newestExchangeRates().text),
    jurisdictions: await read(
      'SELECT version, document FROM jurisdiction_version ORDER BY version DESC LIMIT 1',
    ),
    delegations: await read(
      `SELECT principal_id, delegate_id, starts_at, ends_at FROM approver_delegation
       WHERE revoked_at IS NULL ORDER BY delegation_id`,
    ),
  };
}

async function readInstallation(
  read: Read,
): Promise<
  Pick<
    ConfigurationRows,
    'version' | 'changeControl' | 'requireIdempotencyKey' | 'installationId' | 'settings'
  >
> {
  const [configuration] = await read<{
    version: bigint;
    change_control: 'single' | 'four_eyes';
    require_idempotency_key: boolean;
    installation_id: string;
    settings: Readonly<Record<string, unknown>>;
  }>('SELECT version, change_control, require_idempotency_key, installation_id, settings FROM configuration');
  if (configuration === undefined) throw new Error('the installation has no configuration row');
  return {
    version: configuration.version,
    changeControl: configuration.change_control,
    requireIdempotencyKey: configuration.require_idempotency_key,
    installationId: configuration.installation_id,
    settings: configuration.settings,
  };
}
