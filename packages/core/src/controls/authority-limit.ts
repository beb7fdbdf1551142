// authority-limit.ts: the agent's delegated authority, and the tier that signs above it. Clauses: AG-642 4.1, 4.4, 4.5.
// All stages. The value is the sum of the purchase and what is related to it. Above the autonomous limit a human of the
// lowest tier that covers the sum signs; above the top tier nobody can. Without a published matrix it does not speak;
// with one, an agent without a row has no authority. Missing evidence: a limit in a currency without a rate.
import type { Action } from '../action.ts';
import type { AuthorityRowFacts, AuthorityTierFacts } from '../authority/authority-facts.ts';
import type { CurrencyCode } from '../currency.ts';
import type { DecisionFacts, PurchaseControl } from '../decision-facts.ts';
import { convertMinor } from '../exchange/convert.ts';
import type { Finding } from '../finding.ts';
import { formatMoney } from '../money.ts';
import { nextStepOfHold } from '../policy/evaluate-rule.ts';
import { type Aggregate, aggregateFor } from '../related/aggregate-for.ts';
import { denial } from './purchase-finding.ts';

const CONTROL = 'authority_limit';
const CLAUSE = 'AG-642 4.1';
const SPLIT_CLAUSE = 'AG-642 4.4';

export const authorityLimit: PurchaseControl = {
  name: CONTROL,
  stages: ['request', 'execution', 'authorization'],
  clause: CLAUSE,
  evaluate(action, facts) {
    if (facts.authority === null) return [];
    const { row } = facts.authority;
    if (row === null) return [noAuthority(action)];
    const aggregate = aggregateFor(action, facts, { amountMinor: row.limitMinor, currency: row.currency });
    if (!aggregate.ok) return [notComparable(aggregate)];
    const observed = formatMoney(aggregate.totalMinor, row.currency as CurrencyCode); // parsed when it was published
    const limit = formatMoney(row.limitMinor, row.currency as CurrencyCode);
    if (aggregate.totalMinor <= row.limitMinor) {
      return [
        {
          control: CONTROL,
          policyId: null,
          ruleId: null,
          outcome: 'pass',
          reasonCode: 'ok',
          message: '',
          observed,
          limit,
          clause: CLAUSE,
          nextStep: null,
          approvers: null,
        },
      ];
    }
    return [routed(action, facts, row, aggregate, { observed, limit })];
  },
};

/** To the lowest tier that covers the sum and can be signed. */
function routed(
  action: Action,
  facts: DecisionFacts,
  row: AuthorityRowFacts,
  aggregate: Aggregate & { ok: true },
  texts: { readonly observed: string; readonly limit: string },
): Finding {
  const covering: { tier: AuthorityTierFacts; limitMinor: bigint }[] = [];
  for (const tier of facts.authority?.tiers ?? []) {
    const sum = convertMinor(aggregate.totalMinor, { from: row.currency, to: tier.currency }, facts.exchange);
    if (!sum.ok) return notComparable(sum);
    if (sum.minor > tier.limitMinor) continue;
    const inRow = convertMinor(tier.limitMinor, { from: tier.currency, to: row.currency }, facts.exchange);
    if (!inRow.ok) return notComparable(inRow);
    covering.push({ tier, limitMinor: inRow.minor });
  }
  if (covering.length === 0) return aboveTopTier(facts, aggregate, texts);
  covering.sort((a, b) => (a.limitMinor < b.limitMinor ? -1 : a.limitMinor > b.limitMinor ? 1 : 0));
  const index = covering.findIndex(({ tier }) => tier.approvers.length >= tier.quorum);
  const chosen = covering[index]?.tier;
  if (chosen === undefined) return nobodyCanSign(covering[0]?.tier.tier ?? '', aggregate, texts);
  const higher = covering.slice(index + 1).flatMap(({ tier }) => tier.approvers);
  return heldFor(action, chosen, higher, aggregate, texts);
}

function heldFor(
  action: Action,
  tier: AuthorityTierFacts,
  higher: readonly string[],
  aggregate: Aggregate & { ok: true },
  { observed, limit }: { readonly observed: string; readonly limit: string },
): Finding {
  const isSplit = isForItsSum(aggregate);
  return {
    control: CONTROL,
    policyId: null,
    ruleId: tier.tier,
    outcome: 'hold',
    reasonCode: isSplit ? 'split_order_detected' : 'above_autonomous_limit',
    message: isSplit
      ? `With the purchases it belongs to this comes to ${observed}, above the agent's own authority of ${limit}: tier \`${tier.tier}\` signs.`
      : `${observed} is above the agent's own authority of ${limit}: tier \`${tier.tier}\` signs.`,
    observed,
    limit,
    clause: isSplit ? SPLIT_CLAUSE : 'AG-642 4.5',
    nextStep: nextStepOfHold(action),
    approvers: tier.approvers,
    routing: {
      tier: tier.tier,
      quorum: tier.quorum,
      order: 0,
      remindAfterMs: tier.remindAfterMs,
      escalateAfterMs: tier.escalateAfterMs,
      escalateTo: higher.filter((name) => !tier.approvers.includes(name)),
    },
    ...(aggregate.requestIds.length === 0 ? {} : { relatedRequestIds: aggregate.requestIds }),
  };
}

/** Alone it would have been within the limit. */
function isForItsSum(aggregate: Aggregate & { ok: true }): boolean {
  return aggregate.totalMinor > aggregate.ownMinor && aggregate.requestIds.length > 0;
}

function noAuthority(action: Action): Finding {
  return denial(CONTROL, CLAUSE, {
    reasonCode: 'no_authority',
    message: `No row of the authority matrix gives \`${action.agentId}\` authority for this category and jurisdiction now.`,
    observed: action.category ?? 'no category',
    limit: 'a row of the authority matrix',
    nextStep:
      'Ask the operator for a row of the authority matrix that covers this agent, category and jurisdiction.',
  });
}

function aboveTopTier(
  facts: DecisionFacts,
  aggregate: Aggregate & { ok: true },
  { observed, limit }: { readonly observed: string; readonly limit: string },
): Finding {
  const isSplit = isForItsSum(aggregate);
  const top = (facts.authority?.tiers ?? [])
    .map((tier) => `${tier.tier}: ${formatMoney(tier.limitMinor, tier.currency as CurrencyCode)}`)
    .join(', ');
  return {
    ...denial(CONTROL, isSplit ? SPLIT_CLAUSE : CLAUSE, {
      reasonCode: 'above_top_tier',
      message: `${observed} is above the agent's own authority of ${limit}, and no approval tier reaches that far.`,
      observed,
      limit: top === '' ? limit : top,
      nextStep: 'Nobody can sign this here: take it to whoever keeps the authority matrix.',
    }),
    ...(aggregate.requestIds.length === 0 ? {} : { relatedRequestIds: aggregate.requestIds }),
  };
}

function nobodyCanSign(
  tier: string,
  aggregate: Aggregate & { ok: true },
  { observed, limit }: { readonly observed: string; readonly limit: string },
): Finding {
  return {
    ...denial(CONTROL, 'AG-642 4.5', {
      reasonCode: 'no_eligible_approver',
      message: `${observed} needs tier \`${tier}\` or a higher one, and too few of their approvers are active and may sign for this agent.`,
      observed,
      limit,
      nextStep: 'Ask the operator to name approvers who may sign: the owner of an agent may not sign for it.',
    }),
    ...(aggregate.requestIds.length === 0 ? {} : { relatedRequestIds: aggregate.requestIds }),
  };
}

function notComparable(fault: { readonly reasonCode: string; readonly message: string }): Finding {
  return denial(CONTROL, 'AG-642 4.7', {
    reasonCode: fault.reasonCode,
    message: `${fault.message} So the purchase cannot be held against its authority.`,
    nextStep: 'Ask the operator to publish the exchange rate, then submit it anew.',
  });
}
