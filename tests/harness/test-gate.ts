// A gate on a test database, with a clock that the test owns and configuration rows written directly: the control plane
// has tests of its own. Everything else is the product's: writer, locks, ledger, recorder, sandbox rail.
import { randomBytes } from 'node:crypto';

import type { CurrencyCode } from '@countersign/core';

import type { Database } from '../../packages/server/src/db/connect.ts';
import { resolveUncertainCommit } from '../../packages/server/src/db/uncertain-commit.ts';
import { Writer } from '../../packages/server/src/db/writer.ts';
import type { GateAnswer, PurchaseInput } from '../../packages/server/src/gate/command.ts';
import { ConfigurationCache } from '../../packages/server/src/gate/configuration-cache.ts';
import { Foresight } from '../../packages/server/src/gate/foresight.ts';
import { HoldGuard } from '../../packages/server/src/gate/hold-guard.ts';
import { Gate } from '../../packages/server/src/gate/gate.ts';
import { DEFAULT_GATE_SETTINGS, type GateSettings } from '../../packages/server/src/gate/settings.ts';
import { newId } from '../../packages/server/src/ids.ts';
import { createSandboxRail } from '../../packages/server/src/rails/sandbox/sandbox-rail.ts';
import { LogReader } from '../../packages/server/src/record/log-reader.ts';
import type { Caller } from '../../packages/server/src/record/caller.ts';
import { testLogKey, testRecorder } from './test-record.ts';

export interface TestGate {
  readonly gate: Gate;
  readonly database: Database;
  readonly configuration: ConfigurationCache;
  readonly writer: Writer;
  /** Moves the gate's clock. */
  readonly clock: { nowMs: number };
  close(): Promise<void>;
}

/** A Wednesday, 10:00 UTC: inside every business hour of the templates. */
export const TEST_TIME_MS = Date.UTC(2026, 10, 18, 10, 0, 0);

export async function createTestGate(
  database: Database,
  settings: Partial<GateSettings> = {},
): Promise<TestGate> {
  const key = testLogKey();
  const clock = { nowMs: TEST_TIME_MS };
  const configuration = new ConfigurationCache(database.pool);
  const writer = new Writer({
    connect: () => database.writer(),
    outcomeOf: (transactionId, proof) =>
      resolveUncertainCommit({
        connect: () => database.connect(),
        transactionId,
        ...(proof === undefined
          ? {}
          : { isRecorded: async (client) => ((await client.query(proof)).rowCount ?? 0) > 0 }),
      }),
  });
  const rail = createSandboxRail({ secret: randomBytes(32), cardValidForMs: 7 * 86_400_000 });
  const gate = new Gate({
    writer,
    pool: database.pool,
    recorder: testRecorder(key),
    log: new LogReader({ pool: database.pool, verifierKey: key.verifierKey }),
    configuration,
    settings: { ...DEFAULT_GATE_SETTINGS, ...settings },
    checkoutFor: (railName, cardId) => rail.checkoutFor(railName ?? 'card', cardId) ?? { method: 'external' },
    entropy: { newId, newSalt: () => randomBytes(16) },
    now: () => clock.nowMs,
    spool: null,
    knownPeriods: new Map(),
    foresight: new Foresight(),
    holds: new HoldGuard(),
  });
  await configuration.load();
  return {
    gate,
    database,
    configuration,
    writer,
    clock,
    async close() {
      await gate.drain();
      await writer.close();
    },
  };
}

/** Configuration rows without their log entries: for tests of the data plane only. */
export async function seedConfiguration(
  owner: Database,
  seed: {
    readonly agents?: readonly { agentId: string; team?: string; owner?: string }[];
    readonly policies?: readonly { policy_id: string; rules: readonly object[]; [key: string]: unknown }[];
    readonly budgets?: readonly {
      budgetId: string;
      scope?: readonly { type: string; id: string }[];
      period?: string;
      currency?: string;
      limitMinor: bigint;
    }[];
    readonly principals?: readonly { principalId: string; roles: readonly string[]; email?: string }[];
  },
): Promise<void> {
  const now = new Date(TEST_TIME_MS);
  const run = async (text: string, values: unknown[]): Promise<void> => {
    await owner.pool.query(text, values);
  };
  await run(
    `INSERT INTO configuration (installation_id, created_at) VALUES ('test', $1) ON CONFLICT DO NOTHING`,
    [now],
  );
  await run(
    `INSERT INTO legal_entity (entity_id, name, base_currency, time_zone, is_default, created_at)
     VALUES ('default', 'Default entity', 'USD', 'UTC', true, $1) ON CONFLICT DO NOTHING`,
    [now],
  );
  for (const agent of seed.agents ?? []) {
    await run(
      `INSERT INTO agent (agent_id, name, team, owner, created_at, entry_id) VALUES ($1, $1, $2, $3, $4, 0)`,
      [agent.agentId, agent.team ?? null, agent.owner ?? null, now],
    );
    await run(
      `INSERT INTO api_key (key_id, key_hash, hint, agent_id, created_at, entry_id) VALUES ($1, $2, '', $3, $4, 0)`,
      [`key_${agent.agentId}`, randomBytes(32), agent.agentId, now],
    );
  }
  for (const principal of seed.principals ?? []) {
    await run(
      `INSERT INTO principal (principal_id, roles, name, email, created_at, entry_id) VALUES ($1, $2, $1, $3, $4, 0)`,
      [principal.principalId, principal.roles, principal.email ?? null, now],
    );
    await run(
      `INSERT INTO api_key (key_id, key_hash, hint, principal_id, created_at, entry_id) VALUES ($1, $2, '', $3, $4, 0)`,
      [`key_${principal.principalId}`, randomBytes(32), principal.principalId, now],
    );
  }
  for (const policy of seed.policies ?? []) {
    await run(
      `INSERT INTO policy_version (policy_id, version, document, created_at, created_by, entry_id)
       VALUES ($1, (SELECT coalesce(max(version), 0) + 1 FROM policy_version WHERE policy_id = $1), $2, $3, 'test', 0)`,
      [policy.policy_id, JSON.stringify({ name: policy.policy_id, ...policy }), now],
    );
  }
  for (const budget of seed.budgets ?? []) {
    await run(
      `INSERT INTO budget (budget_id, name, scope, period, currency, limit_minor, time_zone, created_at, entry_id)
       VALUES ($1, $1, $2, $3, $4, $5, 'UTC', $6, 0)`,
      [
        budget.budgetId,
        JSON.stringify(budget.scope ?? [{ type: 'organisation', id: '*' }]),
        budget.period ?? 'month',
        budget.currency ?? 'USD',
        budget.limitMinor.toString(),
        now,
      ],
    );
  }
  await run('UPDATE configuration SET version = version + 1', []);
}

export function agentCaller(agentId: string): Caller {
  return { kind: 'agent', agentId, keyId: `key_${agentId}` };
}

export function principalCaller(principalId: string, email: string | null = null): Caller {
  return { kind: 'principal', principalId, roles: ['approver'], email, keyId: `key_${principalId}` };
}

export const NETWORK_CALLER: Caller = { kind: 'system', name: 'sandbox' };

/** The body of seed 000 as the gate takes it. */
export function purchaseInput(change: Partial<PurchaseInput> = {}): PurchaseInput {
  return {
    agentId: 'agent_ops_042',
    policyId: 'pol_procurement',
    vendor: 'aws',
    amountMinor: 184_000n,
    currency: 'USD' satisfies CurrencyCode,
    category: 'cloud',
    costCenter: 'platform',
    project: null,
    rail: null,
    merchant: { domain: null, mcc: null, country: null },
    commitmentType: 'purchase',
    sourcing: null,
    replaces: null,
    expiresInSeconds: null,
    privateText: { intent: 'infra renewal Q3', metadata: { category: 'cloud', cost_center: 'platform' } },
    ...change,
  };
}

/** The answer of a command that must have gone through. */
export function accepted(answer: GateAnswer): GateAnswer & { ok: true } {
  if (!answer.ok) throw new Error(`refused: ${answer.code}: ${answer.message}`);
  return answer;
}

/** The state after a command that must have gone through. */
export function stateAfter(answer: GateAnswer): NonNullable<(GateAnswer & { ok: true })['purchase']> {
  const { purchase } = accepted(answer);
  if (purchase === null) throw new Error('the command has no purchase');
  return purchase;
}
