// docs-gateway.ts: the gateway that a page's examples are run against: a whole server on a database of its own.
import { pino } from 'pino';

import { type RunningGateway, startGateway } from '../../packages/server/src/main.ts';
import { readSettings } from '../../packages/server/src/settings.ts';
import { createTestDatabase } from '../harness/test-database.ts';
import { makeThrowawayDirectory, removeThrowawayDirectory } from '../harness/throwaway-directory.ts';

export interface DocsGateway {
  /** What a reader has in the shell after the README's first block. */
  readonly environment: { readonly COUNTERSIGN: string; readonly OPERATOR_KEY: string };
  close(): Promise<void>;
}

export async function startDocsGateway(): Promise<DocsGateway> {
  const database = await createTestDatabase('empty');
  const directory = await makeThrowawayDirectory();
  const settings = readSettings(
    { PORT: '0', DATABASE_URL: database.connectionString, COUNTERSIGN_DATA_DIR: directory },
    directory,
  );
  const running: RunningGateway = await startGateway(settings, { log: pino({ level: 'silent' }) });
  const { url, generatedOperatorKey } = running;
  if (generatedOperatorKey === undefined) throw new Error('the first start generates an operator key');
  return {
    environment: { COUNTERSIGN: url, OPERATOR_KEY: generatedOperatorKey },
    async close() {
      await running.close();
      await database.drop();
      await removeThrowawayDirectory(directory);
    },
  };
}

/** What the README sets up, for the pages that go on from there: gives the agent's key. */
export async function setUpAsTheReadme({ environment }: DocsGateway): Promise<string> {
  const post = async (path: string, body?: object): Promise<Record<string, unknown>> => {
    const response = await fetch(`${environment.COUNTERSIGN}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${environment.OPERATOR_KEY}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status !== 201) throw new Error(`${path}: ${text}`);
    return JSON.parse(text) as Record<string, unknown>;
  };
  await post('/v1/agents', { agent_id: 'agent_ops_042', name: 'Infrastructure renewals' });
  await post('/v1/policies', {
    policy_id: 'pol_procurement',
    name: 'Procurement',
    rules: [{ rule_id: 'ceiling', rule_type: 'max_amount', parameters: { limit: 10000, currency: 'USD' } }],
  });
  await post('/v1/budgets', {
    name: 'Platform, monthly',
    scope: { type: 'cost_center', id: 'platform' },
    period: 'month',
    currency: 'USD',
    limit: '25000.00',
  });
  const { api_key: apiKey } = await post('/v1/agents/agent_ops_042/keys');
  if (typeof apiKey !== 'string') throw new Error('a key is a text');
  return apiKey;
}
