// bench/world.ts: a gateway with the workload's agents, keys, policy and budgets, its sequencer and its webhook jobs.
// Built once through the control plane; every form then works on a copy of that database.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';

import type { WebhookEndpointInput } from '../packages/server/src/admin/webhook-endpoints.ts';
import { type Gateway, assembleGateway } from '../packages/server/src/main.ts';
import { deliverWebhooks } from '../packages/server/src/jobs/deliver-webhooks.ts';
import { planDeliveries } from '../packages/server/src/jobs/plan-deliveries.ts';
import { sequenceLog } from '../packages/server/src/jobs/sequence-log.ts';
import type { Cluster, Connection } from './cluster.ts';
import { configureGovernance } from './governance.ts';
import {
  AGENTS_MAX,
  BUDGET_LIMIT,
  HOT_AGENT,
  POLICY,
  agentIdOf,
  gateRequestOf,
  purchaseOf,
} from './workload.ts';

export const TEMPLATE = 'bench_template';

/** What a process needs to work on a copy of the template: plain data, for children too. */
export interface WorldSite {
  readonly connection: Connection;
  readonly logKeyFile: string;
}

export interface World {
  readonly gateway: Gateway;
  readonly connection: Connection;
  /** Key id of an agent, in the order of the agents' numbers. */
  readonly keyIds: readonly string[];
  /** Starts the sequencer and the webhook jobs; the result stops them when the log is integrated. */
  startJobs(): () => Promise<void>;
  close(): Promise<void>;
}

const LOG = pino({ level: 'error' }, pino.destination(2));

export async function openWorld({ connection, logKeyFile }: WorldSite): Promise<World> {
  const gateway = await assembleGateway({
    connection,
    logKeyFile,
    log: LOG,
    now: Date.now,
    allowPrivateWebhooks: true,
    // Nobody signs here: what the workload holds piles up without end.
    approvalLimits: { pendingMax: null },
  });
  const { rows } = await gateway.database.pool.query<{ key_id: string }>(
    'SELECT key_id FROM api_key WHERE agent_id IS NOT NULL ORDER BY agent_id COLLATE "C"',
  );
  return {
    gateway,
    connection,
    keyIds: rows.map((row) => row.key_id),
    startJobs: () => startJobs(gateway),
    close: () => gateway.close(),
  };
}

function startJobs({ database, sequencer, admin }: Gateway): () => Promise<void> {
  const log = LOG;
  const sequence = sequenceLog({ sequencer, log });
  const deliver = deliverWebhooks({
    database,
    log,
    now: Date.now,
    allowPrivate: true,
    disableEndpoint: (endpointId, reason) =>
      admin.webhookEndpoints.disable({ kind: 'system', name: 'webhooks' }, endpointId, reason),
  });
  const plan = planDeliveries({ database, log, now: Date.now, onPlanned: () => deliver.wake() });
  return async () => {
    await Promise.all([sequence.stop(), plan.stop(), deliver.stop()]);
    // Another process may hold the head for a moment: `busy` is not the end.
    for (;;) {
      const run = await sequencer.run();
      if (run.outcome === 'idle') break;
    }
  };
}

export interface Template {
  readonly logKeyFile: string;
  /** Of the agent whose budget is the hot one. */
  readonly hotApiKey: string;
  /** What the webhook endpoint has received so far. */
  received(): number;
  close(): Promise<void>;
}

/** The template database, and the receiver that the webhook endpoint in it names. */
export async function createTemplate(
  cluster: Cluster,
  options: { readonly agents?: number; readonly events?: readonly string[] } = {},
): Promise<Template> {
  const receiver = await startReceiver();
  const logKeyFile = join(cluster.directory, 'bench-log-key.pem');
  const site = { connection: await cluster.create(TEMPLATE), logKeyFile };
  const agents = options.agents ?? AGENTS_MAX;
  const apiKeys = await fillWorld(site, { agents, webhook: { url: receiver.url, events: options.events } });
  const hotApiKey = apiKeys[HOT_AGENT];
  if (hotApiKey === undefined)
    throw new Error(`agent ${HOT_AGENT} has the hot budget: there must be more agents`);
  return { logKeyFile, hotApiKey, received: receiver.count, close: receiver.close };
}

/**
 * Configuration through the control plane, open budget periods, and one purchase of each agent through the real gate.
 * @returns an API key of each agent
 */
export async function fillWorld(
  site: WorldSite,
  { agents, webhook }: { readonly agents: number; readonly webhook?: WebhookEndpointInput },
): Promise<string[]> {
  const world = await openWorld(site);
  const { admin, gate, configuration } = world.gateway;
  const actor = { kind: 'system', name: 'bench' } as const;
  await admin.policies.publish(actor, POLICY);
  await configureGovernance(world.gateway);
  if (webhook !== undefined) await admin.webhookEndpoints.create(actor, webhook);
  const keys: { keyId: string; apiKey: string }[] = [];
  for (let agent = 0; agent < agents; agent += 1) {
    const agentId = agentIdOf(agent);
    await admin.agents.create(actor, { agentId, name: agentId });
    keys.push(await admin.keys.create(actor, { agentId }));
    await admin.budgets.create(actor, {
      budgetId: `bud_${agentId}`,
      name: agentId,
      scope: { type: 'agent', id: agentId },
      period: 'month',
      currency: 'USD',
      limit: BUDGET_LIMIT,
    });
  }
  await configuration.load();
  const purchases = Array.from({ length: agents }, (_, number) => purchaseOf(number, agents));
  const answers = await Promise.all(
    purchases.map((purchase) => gate.submit(gateRequestOf(purchase, keys[purchase.agent]?.keyId ?? ''))),
  );
  for (const [index, answer] of answers.entries()) {
    const wanted = purchases[index]?.outcome;
    const got = answer.ok ? answer.purchase?.status : answer.code;
    if (got !== wanted)
      throw new Error(
        `purchase ${index} should be ${String(wanted)} and is ${String(got)}: ${JSON.stringify(answer.ok ? answer.findings?.filter(({ outcome }) => outcome !== 'pass') : answer)}`,
      );
  }
  await world.startJobs()();
  await world.close();
  return keys.map((key) => key.apiKey);
}

/** What the webhook endpoint of every form talks to. */
async function startReceiver(): Promise<{ url: string; count: () => number; close: () => Promise<void> }> {
  let count = 0;
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      count += 1;
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // a TCP server has no other
  return {
    url: `http://127.0.0.1:${port}/hook`,
    count: () => count,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
