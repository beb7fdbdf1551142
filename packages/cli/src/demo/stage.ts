// demo/stage.ts: what the story plays on: a gateway's API, the keys of everybody in it, a webhook endpoint. Sets it up
// through the API as an operator would.
import type { PurchaseRequest } from '@countersign/contract';

import type { Api } from './api.ts';
import type { Narrator } from './narrator.ts';
import type { WebhookReceiver } from './webhook-receiver.ts';

export interface Stage {
  readonly api: Api;
  readonly tell: Narrator;
  readonly webhooks: WebhookReceiver;
  readonly keys: Keys;
}

export interface Keys {
  readonly operator: string;
  readonly agent: string;
  readonly finance: string;
  readonly cfo: string;
}

export const AGENT = 'agent_ops_042';

const POLICY = {
  policy_id: 'pol_procurement',
  name: 'Procurement',
  description: 'What buying agents may do by themselves.',
  rules: [
    { rule_id: 'ceiling', rule_type: 'max_amount', parameters: { limit: '10000.00', currency: 'USD' } },
    {
      rule_id: 'finance',
      rule_type: 'escalate_if',
      description: 'Finance signs above 2,500 USD.',
      parameters: { amount_above: 2500, currency: 'USD', approvers: ['finance_dana'] },
    },
    {
      rule_id: 'cfo',
      rule_type: 'escalate_if',
      description: 'The CFO signs too above 5,000 USD.',
      parameters: { amount_above: 5000, currency: 'USD', approvers: ['cfo_lee'] },
    },
    {
      rule_id: 'vendors',
      rule_type: 'vendor_allowlist',
      parameters: { vendors: ['aws', 'aws.amazon.com', 'figma.com', '*.example.com'] },
    },
    {
      rule_id: 'categories',
      rule_type: 'blocked_categories',
      parameters: { categories: ['gambling', 'personal'] },
    },
    { rule_id: 'rails', rule_type: 'blocked_payment_rails', parameters: { rails: ['wire', 'crypto'] } },
    { rule_id: 'once', rule_type: 'duplicate_guard', parameters: { window_minutes: 10 } },
  ],
};

export async function setStage(
  given: Omit<Stage, 'keys'> & { readonly operatorKey: string },
): Promise<Stage> {
  const { api, tell, webhooks, operatorKey } = given;
  const create = <Body>(path: string, body: object): Promise<Body> =>
    api.create<Body>(path, operatorKey, body);
  await create('/v1/policies', POLICY);
  await create('/v1/agents', {
    agent_id: AGENT,
    name: 'Operations buyer',
    team: 'platform',
    owner: 'owner@example.com',
  });
  await create('/v1/approvers', {
    approver_id: 'finance_dana',
    name: 'Dana, finance',
    email: 'dana@example.com',
  });
  await create('/v1/approvers', { approver_id: 'cfo_lee', name: 'Lee, CFO', email: 'lee@example.com' });
  const budget = { period: 'month', currency: 'USD', time_zone: 'UTC' };
  const platform = { type: 'cost_center', id: 'platform' };
  await create('/v1/budgets', {
    ...budget,
    budget_id: 'platform',
    name: 'Platform, a month',
    scope: platform,
    limit: '25000.00',
  });
  await create('/v1/budgets', {
    ...budget,
    budget_id: 'ops_042',
    name: 'One agent, a month',
    scope: { type: 'agent', id: AGENT },
    limit: '20000.00',
  });
  const endpoint = await create<{ secret: string }>('/v1/webhook-endpoints', {
    url: webhooks.url,
    events: ['purchase.completed'],
  });
  webhooks.trust(endpoint.secret);
  const keyOf = async (path: string): Promise<string> =>
    (await create<{ api_key: string }>(path, {})).api_key;
  const keys = {
    operator: operatorKey,
    agent: await keyOf(`/v1/agents/${AGENT}/keys`),
    finance: await keyOf('/v1/approvers/finance_dana/keys'),
    cfo: await keyOf('/v1/approvers/cfo_lee/keys'),
  };
  tell.say(
    'Set up over the API: an agent, the policy `pol_procurement` with seven rules, two budgets, two approvers, a webhook endpoint.',
  );
  return { api, tell, webhooks, keys };
}

/** The request once its money has come as far as wanted, or as it is when the time is up. */
export async function settledPurchase(
  { api, keys }: Stage,
  requestId: string,
  timeoutMs = 15_000,
): Promise<PurchaseRequest> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const { body } = await api.get<PurchaseRequest>(`/v1/procurement/requests/${requestId}`, keys.agent);
    if (body.checkout.status === 'reconciled' || performance.now() > deadline) return body;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
