// bench/workload.ts: the one workload of every measurement: the body of the product page, every rule type configured, a
// list of 1,000 vendors, 90 % approved, 5 % held, 5 % denied. A function of the purchase's number: no randomness but keys.
import { createHash, randomUUID } from 'node:crypto';

import type { CurrencyCode } from '@countersign/core';

import type { GateRequest } from '../packages/server/src/gate/command.ts';

export const POLICY_ID = 'pol_procurement';
export const AGENTS_MAX = 1_000;

/** Agent 42 is the one of the product page; its budget is the hot one. */
export const HOT_AGENT = 42;

/** Enough for every run: what is measured is decisions, not budgets that run out. */
export const BUDGET_LIMIT = '900000000000.00';

export type Outcome = 'approved' | 'held' | 'denied';

export interface Purchase {
  readonly agent: number;
  readonly outcome: Outcome;
  readonly idempotencyKey: string;
  readonly body: {
    readonly agent_id: string;
    readonly policy_id: string;
    readonly vendor: string;
    readonly amount: number;
    readonly currency: string;
    readonly intent: string;
    readonly metadata: { readonly category: string; readonly cost_center: string };
  };
}

export const VENDORS = Array.from({ length: 1_000 }, (_, index) =>
  index === 0 ? 'aws' : index % 3 === 0 ? `vendor_${pad(index, 4)}` : `shop${pad(index, 4)}.example`,
);

export function agentIdOf(agent: number): string {
  return `agent_ops_${pad(agent, 3)}`;
}

/**
 * The purchase with this number, by agent 42 alone (`hot`) or by each of `agents` in turn. Vendor and amount repeat
 * together only after 150 million, so that the duplicate guard looks and finds nothing.
 */
export function purchaseOf(number: number, agents: 'hot' | number): Purchase {
  const agent = agents === 'hot' ? HOT_AGENT : number % agents;
  // Shifted each time round, so that no agent always gets the same outcome.
  const outcome = outcomeOf((number + Math.floor(number / AGENTS_MAX)) % 20);
  const cents = Math.floor(number / VENDORS.length) % 150_000;
  return {
    agent,
    outcome,
    idempotencyKey: randomUUID(),
    body: {
      agent_id: agentIdOf(agent),
      policy_id: POLICY_ID,
      vendor: outcome === 'denied' ? 'unlisted.example.net' : (VENDORS[number % VENDORS.length] ?? 'aws'),
      amount: ((outcome === 'held' ? 300_000 : 100_000) + cents) / 100,
      currency: 'usd',
      intent: `renewal ${letters(number)}`,
      metadata: { category: 'cloud', cost_center: 'platform' },
    },
  };
}

function outcomeOf(turn: number): Outcome {
  return turn === 18 ? 'held' : turn === 19 ? 'denied' : 'approved';
}

/** The purchase as the HTTP surface hands it to the gate. */
export function gateRequestOf({ body, idempotencyKey }: Purchase, keyId: string): GateRequest {
  return {
    caller: { kind: 'agent', agentId: body.agent_id, keyId },
    command: {
      kind: 'request',
      idempotency: {
        key: idempotencyKey,
        bodyHash: createHash('sha256').update(JSON.stringify(body)).digest(),
      },
      input: {
        agentId: body.agent_id,
        policyId: body.policy_id,
        vendor: body.vendor,
        amountMinor: BigInt(Math.round(body.amount * 100)),
        currency: 'USD' satisfies CurrencyCode,
        category: body.metadata.category,
        costCenter: body.metadata.cost_center,
        project: null,
        rail: null,
        merchant: { domain: null, mcc: null, country: null },
        commitmentType: 'purchase',
        sourcing: null,
        replaces: null,
        expiresInSeconds: null,
        privateText: { intent: body.intent, metadata: { ...body.metadata } },
      },
    },
  };
}

/** Every rule type. What the body gives no evidence of is `ignore`d where written, which is recorded too. */
export const POLICY = {
  policy_id: POLICY_ID,
  name: 'Procurement',
  rules: [
    rule('ceiling', 'max_amount', { limit: 10_000, currency: 'USD' }),
    rule('finance', 'escalate_if', { amount_above: 2_500, currency: 'USD', action_types: ['spend'] }),
    rule('per_agent', 'agent_cap', { limit: BUDGET_LIMIT, currency: 'USD', period: 'month' }),
    rule('vendors', 'vendor_allowlist', { vendors: VENDORS }),
    rule('prohibited', 'vendor_blocklist', { vendors: ['evil.example', '*.evil.example'] }),
    rule('merchants', 'mcc_allowlist', { mccs: ['5734', '3000-3299'] }, 'ignore'),
    rule('no_gambling', 'mcc_blocklist', { mccs: ['7995'] }, 'ignore'),
    rule('categories', 'blocked_categories', { categories: ['personal', 'gambling'] }),
    rule('rails', 'blocked_payment_rails', { rails: ['wire', 'crypto'] }),
    rule('countries', 'geography_block', { blocked_countries: ['RU', 'KP', 'IR'] }, 'ignore'),
    rule('hours', 'time_restriction', {
      allowed_days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
      allowed_hours_utc: '00:00-24:00',
    }),
    rule('once', 'duplicate_guard', { window_minutes: 60 }),
    rule('refund_age', 'refund_age_limit', { max_days: 30 }),
    rule('discounts', 'discount_cap', { max_percent: 20 }),
  ],
};

function rule(ruleId: string, type: string, parameters: object, onMissing?: 'ignore'): object {
  return {
    rule_id: ruleId,
    rule_type: type,
    parameters,
    ...(onMissing === undefined ? {} : { on_missing: onMissing }),
  };
}

/** A word of its own for each purchase: they are not parts of one job. */
function letters(number: number): string {
  return String(number)
    .replaceAll(/\d/g, (digit) => String.fromCharCode(97 + Number(digit)))
    .padStart(8, 'x');
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
