// An installation with several gateways on one database: everything is configured through the real control plane, so
// that every row has its log entry. The test owns the clock they share.
import { join } from 'node:path';
import { pino } from 'pino';
import type { ClientConfig, Pool } from 'pg';

import type { GateAnswer, GateCommand, PurchaseInput } from '../../packages/server/src/gate/command.ts';
import { type AssemblyOptions, type Gateway, assembleGateway } from '../../packages/server/src/main.ts';
import type { Caller, PrincipalCaller } from '../../packages/server/src/record/caller.ts';
import { OPERATOR } from './test-admin.ts';
import { createTestDatabase } from './test-database.ts';
import { TEST_TIME_MS, purchaseInput } from './test-gate.ts';
import { makeThrowawayDirectory, removeThrowawayDirectory } from './throwaway-directory.ts';

export interface Seed {
  readonly agents: readonly string[];
  readonly owner?: string;
  readonly people?: readonly string[];
  readonly policy?: object;
  readonly budgets: readonly {
    readonly budgetId: string;
    readonly agentId?: string | null;
    readonly limit: string;
    readonly period?: string;
  }[];
}

export interface Installation {
  readonly clock: { nowMs: number };
  readonly connection: Connection;
  readonly logKeyFile: string;
  readonly directory: string;
  /** One more gateway; closed with the installation unless it is closed before. */
  gateway(options?: Partial<AssemblyOptions>): Promise<Gateway>;
  callerOf(agentId: string): Caller;
  person(name: string): PrincipalCaller;
  close(): Promise<void>;
}

type Connection = ClientConfig & { host: string; port: number; user: string; password: string };

export const NO_LOG = pino({ level: 'silent' });

/** On a database of its own in the run's cluster, or on the one of `on`. */
export async function createInstallation(
  seed: Seed,
  on?: { readonly connection: Connection; readonly clock?: { nowMs: number } },
): Promise<Installation> {
  const testDatabase = on === undefined ? await createTestDatabase() : null;
  const connection = on?.connection ?? testDatabase?.connection;
  if (connection === undefined) throw new Error('an installation has a database');
  const directory = await makeThrowawayDirectory();
  const clock = on?.clock ?? { nowMs: TEST_TIME_MS };
  const logKeyFile = join(directory, 'log-key.pem');
  const gateways: Gateway[] = [];
  const installation: Installation = {
    clock,
    connection,
    logKeyFile,
    directory,
    async gateway(options = {}) {
      const now = (): number => clock.nowMs;
      const gateway = await assembleGateway({ connection, logKeyFile, log: NO_LOG, now, ...options });
      gateways.push(gateway);
      return gateway;
    },
    callerOf(agentId) {
      const caller = callers.get(agentId);
      if (caller === undefined) throw new Error(`no key was made for ${agentId}`);
      return caller;
    },
    person(name) {
      const person = people.get(name);
      if (person === undefined) throw new Error(`no key was made for ${name}`);
      return person;
    },
    async close() {
      await Promise.all(gateways.map((gateway) => gateway.close().catch(() => undefined)));
      await testDatabase?.drop();
      await removeThrowawayDirectory(directory);
    },
  };
  const first = await installation.gateway();
  const { callers, people } = await configure(first, seed);
  return installation;
}

async function configure(
  { admin }: Gateway,
  seed: Seed,
): Promise<{ callers: Map<string, Caller>; people: Map<string, PrincipalCaller> }> {
  const callers = new Map<string, Caller>();
  const people = new Map<string, PrincipalCaller>();
  for (const name of seed.people ?? []) {
    await admin.principals.create(OPERATOR, { principalId: name, name, roles: ['approver'] });
    const { keyId } = await admin.keys.create(OPERATOR, { principalId: name });
    people.set(name, { kind: 'principal', principalId: name, roles: ['approver'], email: null, keyId });
  }
  for (const agentId of seed.agents) {
    await admin.agents.create(OPERATOR, { agentId, name: agentId, owner: seed.owner ?? null });
    const { keyId } = await admin.keys.create(OPERATOR, { agentId });
    callers.set(agentId, { kind: 'agent', agentId, keyId });
  }
  await admin.policies.publish(OPERATOR, seed.policy ?? policyOf([]));
  for (const { budgetId, agentId = null, limit, period = 'lifetime' } of seed.budgets) {
    const scope = agentId === null ? { type: 'organisation' } : { type: 'agent', id: agentId };
    await admin.budgets.create(OPERATOR, { budgetId, name: budgetId, scope, period, currency: 'USD', limit });
  }
  return { callers, people };
}

export function policyOf(rules: readonly object[], policyId = 'pol'): object {
  return {
    policy_id: policyId,
    name: policyId,
    rules: [
      { rule_id: 'r_max', rule_type: 'max_amount', parameters: { limit: 1_000_000, currency: 'USD' } },
      ...rules,
    ],
  };
}

/** What an agent of an installation asks for, by its own key. */
export function requestOf(
  installation: Installation,
  agentId: string,
  change: Partial<PurchaseInput> & { readonly key?: string } = {},
): { command: GateCommand; caller: Caller } {
  const { key, ...input } = change;
  return {
    command: {
      kind: 'request',
      input: purchaseInput({ agentId, policyId: 'pol', amountMinor: 100n, ...input }),
      idempotency: key === undefined ? null : { key, bodyHash: bodyHashOf(input) },
    },
    caller: installation.callerOf(agentId),
  };
}

function bodyHashOf(input: object): Buffer {
  const text = JSON.stringify(input, (_name, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
  return Buffer.from(text.padEnd(32)).subarray(0, 256);
}

export function statusOf(answer: GateAnswer): string {
  return answer.ok ? (answer.purchase?.status ?? `replayed ${answer.entry.type}`) : answer.code;
}

/** Every fault of the ledger: periods whose row is not the sum of its transfers or is beyond its limit. */
export async function ledgerFaults(pool: Pool): Promise<object[]> {
  const { rows } = await pool.query<object>(`
    SELECT period.*, sums.* FROM countersign.budget_period AS period
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(CASE WHEN to_account = 'pending' THEN amount_minor WHEN from_account = 'pending' THEN -amount_minor END), 0) AS pending,
             coalesce(sum(CASE WHEN to_account = 'committed' THEN amount_minor WHEN from_account = 'committed' THEN -amount_minor END), 0) AS committed,
             coalesce(sum(CASE WHEN to_account = 'spent' THEN amount_minor WHEN from_account = 'spent' THEN -amount_minor END), 0) AS spent,
             coalesce(sum(CASE WHEN from_account = 'external' AND to_account = 'available' THEN amount_minor WHEN to_account = 'external' THEN -amount_minor END), 0) AS limit_sum,
             coalesce(sum(CASE WHEN to_account = 'overrun' THEN amount_minor END), 0) AS overrun,
             (SELECT coalesce(sum(reserved_minor), 0) FROM countersign.purchase_request
              WHERE status = 'held' AND period.period_id = ANY (reserved_periods)) AS held,
             (SELECT coalesce(sum(reserved_minor), 0) FROM countersign.purchase_request
              WHERE status <> 'held' AND period.period_id = ANY (reserved_periods)) AS promised
      FROM countersign.transfer WHERE transfer.period_id = period.period_id) AS sums
    WHERE (pending, committed, spent, limit_sum, overrun, held, promised)
        IS DISTINCT FROM (pending_minor, committed_minor, spent_minor, limit_minor, overrun_minor, pending_minor, committed_minor)
       OR pending_minor + committed_minor + spent_minor > limit_minor + overrun_minor`);
  return rows;
}

/**
 * Every fault of the record: entries that no row of state or no leaf corresponds to, transfers that are in the table and
 * not in an entry or the other way round, rows whose latest entry is not there.
 */
export async function recordFaults(gateway: Gateway): Promise<string[]> {
  for (;;) {
    const run = await gateway.sequencer.run();
    if (run.outcome === 'idle') break;
  }
  const { pool } = gateway.database;
  const faults: string[] = [];
  const check = async (name: string, text: string): Promise<void> => {
    const { rows } = await pool.query<object>(text);
    if (rows.length > 0)
      faults.push(`${name}: ${rows.length}, such as ${JSON.stringify(rows[0], withBigints)}`);
  };
  await check(
    'entries without a leaf',
    'SELECT entry_id FROM log_entry WHERE entry_id NOT IN (SELECT entry_id FROM log_leaf)',
  );
  await check(
    'leaves without an entry',
    'SELECT entry_id FROM log_leaf WHERE entry_id NOT IN (SELECT entry_id FROM log_entry)',
  );
  await check('entries still pending', 'SELECT first_entry_id FROM log_pending');
  await check(
    'entries in no promise',
    `SELECT entry_id FROM log_entry
     WHERE entry_id NOT IN (SELECT unnest(entry_ids) FROM log_promise)`,
  );
  await check(
    'requests whose latest entry is not the last about them',
    `SELECT request_id FROM purchase_request AS request
     WHERE last_entry_id IS DISTINCT FROM (SELECT max(entry_id) FROM log_entry WHERE subject_id = request.request_id)`,
  );
  await check(
    'requests that differ from the state in their latest entry',
    `SELECT request_id FROM purchase_request AS request
     JOIN log_entry ON entry_id = last_entry_id
     CROSS JOIN LATERAL (SELECT convert_from(body, 'UTF8')::json -> 'state' AS said) AS last
     WHERE (said ->> 'status', said ->> 'checkout_status', said ->> 'reserved_minor', coalesce(said ->> 'settled_minor', '0'))
       IS DISTINCT FROM (status::text, checkout_status::text, reserved_minor::text, settled_minor::text)`,
  );
  await check(
    'transfers that are not the ones in their entries',
    `SELECT coalesce(stored.entry_id, said.entry_id) AS entry_id FROM
       (SELECT entry_id, line, period_id::text, from_account::text, to_account::text, amount_minor::text FROM transfer) AS stored
     FULL JOIN
       (SELECT entry_id, (place - 1)::smallint AS line, each ->> 0 AS period_id, each ->> 1 AS from_account,
               each ->> 2 AS to_account, each ->> 3 AS amount_minor
        FROM log_entry CROSS JOIN LATERAL json_array_elements(convert_from(body, 'UTF8')::json -> 'transfers')
          WITH ORDINALITY AS listed (each, place)
        WHERE convert_from(body, 'UTF8')::json -> 'transfers' IS NOT NULL) AS said
     USING (entry_id, line, period_id, from_account, to_account, amount_minor)
     WHERE stored.entry_id IS NULL OR said.entry_id IS NULL`,
  );
  await check(
    'cards of requests that are not approved',
    `SELECT card_id FROM card JOIN purchase_request ON request_id = 'preq' || substr(card_id, strpos(card_id, '_'))
     WHERE card.status IN ('active', 'used') AND purchase_request.status <> 'approved'
        OR card.status = 'frozen' AND purchase_request.status <> 'held'`,
  );
  await check(
    'ended requests that still hold money',
    `SELECT request_id FROM purchase_request
     WHERE status IN ('denied', 'cancelled', 'expired') AND reserved_minor <> 0`,
  );
  return faults;
}

function withBigints(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
