// ledger/load-configuration.ts: reads the whole configuration in one snapshot, with the version it has.
import type { Pool } from 'pg';

export interface ConfigurationRows {
  readonly version: bigint;
  readonly changeControl: 'single' | 'four_eyes';
  readonly requireIdempotencyKey: boolean;
  readonly installationId: string;
  readonly entities: readonly EntityRow[];
  readonly costCenters: readonly { cost_center_id: string; entity_id: string }[];
  readonly agents: readonly AgentRow[];
  readonly principals: readonly PrincipalRow[];
  readonly keys: readonly KeyRow[];
  /** The newest version of each policy. */
  readonly policies: readonly { policy_id: string; version: number; document: unknown }[];
  readonly budgets: readonly BudgetRow[];
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
}

export async function loadConfiguration(pool: Pool): Promise<ConfigurationRows> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const read = async <R>(text: string): Promise<R[]> => (await client.query(text)).rows as R[];
    const [configuration] = await read<{
      version: bigint;
      change_control: 'single' | 'four_eyes';
      require_idempotency_key: boolean;
      installation_id: string;
    }>('SELECT version, change_control, require_idempotency_key, installation_id FROM configuration');
    if (configuration === undefined) throw new Error('the installation has no configuration row');
    const rows: ConfigurationRows = {
      version: configuration.version,
      changeControl: configuration.change_control,
      requireIdempotencyKey: configuration.require_idempotency_key,
      installationId: configuration.installation_id,
      entities: await read(
        'SELECT entity_id, name, country, base_currency, time_zone, is_default FROM legal_entity',
      ),
      costCenters: await read('SELECT cost_center_id, entity_id FROM cost_center'),
      agents: await read('SELECT agent_id, team, owner, entity_id, status, bindings FROM agent'),
      principals: await read('SELECT principal_id, roles, email, status FROM principal'),
      keys: await read(
        'SELECT key_id, key_hash, agent_id, principal_id, expires_at FROM api_key WHERE revoked_at IS NULL',
      ),
      policies: await read(
        'SELECT DISTINCT ON (policy_id) policy_id, version, document FROM policy_version ORDER BY policy_id, version DESC',
      ),
      budgets: await read(
        `SELECT budget_id, scope, period, starts_at, ends_at, currency, limit_minor, time_zone
         FROM budget WHERE status = 'active' ORDER BY budget_id`,
      ),
    };
    await client.query('COMMIT');
    return rows;
  } finally {
    client.release();
  }
}
