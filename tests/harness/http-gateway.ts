// The HTTP surface over a real gateway on a test database: real keys, real gate, real log; only the background jobs are
// left to the test, which sequences when it wants to.
import { join } from 'node:path';

import { pino } from 'pino';

import { createHttpServer } from '../../packages/server/src/http/server.ts';
import type { HttpSettings } from '../../packages/server/src/http/context.ts';
import { createMetrics } from '../../packages/server/src/http/metrics.ts';
import { ensureBootstrapOperator } from '../../packages/server/src/admin/bootstrap-operator.ts';
import { type AssemblyOptions, type Gateway, assembleGateway } from '../../packages/server/src/main.ts';
import { DeliveryLog } from '../../packages/server/src/record/delivery-log.ts';
import { EventFeed } from '../../packages/server/src/record/event-feed.ts';
import { createTestDatabase } from './test-database.ts';
import { makeThrowawayDirectory, removeThrowawayDirectory } from './throwaway-directory.ts';

type HttpServer = Awaited<ReturnType<typeof createHttpServer>>;

export interface HttpGateway {
  readonly app: HttpServer;
  readonly gateway: Gateway;
  readonly operatorKey: string;
  readonly clock: { nowMs: number };
  /** Everything that was logged, one JSON text a line. */
  readonly logged: string[];
  call(request: HttpCall): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT';
  readonly url: string;
  readonly key?: string;
  readonly body?: unknown;
  /** Sent as it is, with the type of JSON. */
  readonly raw?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- asserted by the tests
  readonly text: string;
  readonly headers: Awaited<ReturnType<HttpServer['inject']>>['headers'];
}

/** A Wednesday, 10:00 UTC: inside every business hour of the templates. */
const TEST_TIME_MS = Date.UTC(2026, 10, 18, 10, 0, 0);
const OPERATOR_KEY = 'operator-key-of-the-tests-0123456789abcdef';

/** On a database of its own in the run's cluster, at a time the test owns, unless `on` says otherwise. */
export async function startHttpGateway(
  settings: Partial<HttpSettings> = {},
  on: Partial<Pick<AssemblyOptions, 'connection' | 'now' | 'spool'>> = {},
): Promise<HttpGateway> {
  const testDatabase = on.connection === undefined ? await createTestDatabase() : null;
  const connection = on.connection ?? testDatabase?.connection;
  if (connection === undefined) throw new Error('a gateway has a database');
  const directory = await makeThrowawayDirectory();
  const clock = { nowMs: TEST_TIME_MS };
  const now = on.now ?? ((): number => clock.nowMs);
  const logged: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });
  const metrics = createMetrics();
  const feeds: EventFeed[] = [];
  const gateway = await assembleGateway({
    connection,
    ...(on.spool === undefined ? {} : { spool: on.spool }),
    logKeyFile: join(directory, 'log-key.pem'),
    log,
    now,
    allowPrivateWebhooks: true,
    observer: {
      flushed: metrics.flushed,
      changed: (subjectIds) => feeds.forEach((feed) => feed.notifyLocal(subjectIds)),
    },
    onIntegrated: () => feeds.forEach((feed) => feed.wake()),
  });
  const { pool } = gateway.database;
  const { writer, recorder } = gateway;
  await ensureBootstrapOperator({ writer, recorder, pool, now }, OPERATOR_KEY);
  await gateway.configuration.load();
  await gateway.sequencer.run();
  const events = new EventFeed({ pool, log });
  feeds.push(events);
  const app = await createHttpServer({
    gate: gateway.gate,
    configuration: gateway.configuration,
    pool,
    admin: gateway.admin,
    rails: {
      reveal: ({ cardId, provider }) =>
        provider === gateway.rail.name ? gateway.rail.reveal(cardId) : undefined,
    },
    events,
    deliveries: new DeliveryLog(gateway.database, now),
    record: gateway.logReader,
    log,
    metrics,
    now,
    checkReady: async () => {
      await pool.query('SELECT 1');
    },
    settings: { publicLog: false, publicMetrics: false, ...settings },
  });
  return {
    app,
    gateway,
    operatorKey: OPERATOR_KEY,
    clock,
    logged,
    async call(request) {
      const answer = await call(app, request);
      // Never an expected answer: what went wrong stands in the log alone.
      if (answer.status === 500) console.error(logged.findLast((line) => line.includes('a request failed')));
      return answer;
    },
    async close() {
      events.close();
      await app.close();
      await gateway.close();
      await testDatabase?.drop();
      await removeThrowawayDirectory(directory);
    },
  };
}

async function call(
  app: HttpServer,
  { method, url, key, body, raw, headers }: HttpCall,
): Promise<HttpAnswer> {
  const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await app.inject({
    method,
    url,
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(payload === undefined ? {} : { payload }),
  });
  const text = response.body;
  const isJson = String(response.headers['content-type'] ?? '').includes('json');
  return {
    status: response.statusCode,
    body: isJson ? (JSON.parse(text) as HttpAnswer['body']) : {},
    text,
    headers: response.headers,
  };
}

export interface Cast {
  readonly agent: string;
  readonly otherAgent: string;
  readonly approver: string;
  readonly secondApprover: string;
  readonly auditor: string;
  readonly budgetOwner: string;
}

/** The people and agents of the product page, with a policy and a budget: each value is an API key. */
export async function setUpCast({ call: send, operatorKey: key }: HttpGateway): Promise<Cast> {
  const post = async (url: string, body?: unknown): Promise<HttpAnswer> => {
    const answer = await send({ method: 'POST', url, key, ...(body === undefined ? {} : { body }) });
    if (answer.status !== 201) throw new Error(`${url}: ${answer.text}`);
    return answer;
  };
  const keyOf = async (url: string): Promise<string> => (await post(`${url}/keys`)).body['api_key'] as string;
  await post('/v1/agents', { agent_id: 'agent_ops_042', name: 'Renewals', team: 'platform', owner: 'maria' });
  await post('/v1/agents', { agent_id: 'agent_other', name: 'Another' });
  await post('/v1/approvers', { approver_id: 'anna', name: 'Anna', email: 'anna@example.com' });
  await post('/v1/approvers', { approver_id: 'ben', name: 'Ben', email: 'ben@example.com' });
  await post('/v1/auditors', { auditor_id: 'audrey', name: 'Audrey' });
  await post('/v1/budget-owners', { budget_owner_id: 'bob', name: 'Bob' });
  await post('/v1/policies', {
    policy_id: 'pol_procurement',
    name: 'Procurement',
    rules: [
      { rule_id: 'r1', rule_type: 'max_amount', parameters: { limit: 10000, currency: 'USD' } },
      {
        rule_id: 'r2',
        rule_type: 'escalate_if',
        parameters: { amount_above: 2500 },
        description: 'Finance signs',
      },
      { rule_id: 'r3', rule_type: 'vendor_allowlist', parameters: { vendors: ['aws', 'aws.amazon.com'] } },
    ],
  });
  await post('/v1/budgets', {
    budget_id: 'platform_month',
    name: 'Platform, monthly',
    scope: { type: 'cost_center', id: 'platform' },
    period: 'month',
    currency: 'USD',
    limit: '25000.00',
    time_zone: 'UTC',
  });
  return {
    agent: await keyOf('/v1/agents/agent_ops_042'),
    otherAgent: await keyOf('/v1/agents/agent_other'),
    approver: await keyOf('/v1/approvers/anna'),
    secondApprover: await keyOf('/v1/approvers/ben'),
    auditor: await keyOf('/v1/auditors/audrey'),
    budgetOwner: await keyOf('/v1/budget-owners/bob'),
  };
}

/** The body of the product page. */
export const SEED_BODY = {
  agent_id: 'agent_ops_042',
  policy_id: 'pol_procurement',
  vendor: 'aws',
  amount: 1840.0,
  currency: 'usd',
  intent: 'infra renewal Q3',
  metadata: { category: 'cloud', cost_center: 'platform' },
};
