// split-order.ts: a purchase whose sum with a later one was stopped waits for a human too, as long as it is not charged.
// Clause: AG-642 4.4. Execution and authorization: at the request there is no later purchase yet. Silent where another
// control holds or denies it for the same sum already: one reason asks for one signature. Signed by the tier that covers
// both, where a matrix is in force.
import type { Action } from '../action.ts';
import { parseCurrency } from '../currency.ts';
import type { DecisionFacts } from '../decision-facts.ts';
import { convertMinor } from '../exchange/convert.ts';
import type { Finding, StepRouting } from '../finding.ts';
import { formatMoney } from '../money.ts';
import { nextStepOfHold } from '../policy/evaluate-rule.ts';

export const SPLIT_ORDER = 'split_order';
export const SPLIT_ORDER_CLAUSE = 'AG-642 4.4';

/** `findings`: of all other controls, before signatures count. null: nothing to say. */
export function splitOrder(
  action: Action,
  facts: DecisionFacts,
  findings: readonly Finding[],
): Finding | null {
  const { stopped } = facts.related;
  if (stopped === null || facts.stage === 'request') return null;
  const isSaid = findings.some(
    ({ outcome, relatedRequestIds }) => outcome !== 'pass' && relatedRequestIds !== undefined,
  );
  if (isSaid) return null;
  const currency = parseCurrency(stopped.currency);
  const tier = tierFor(action, facts);
  return {
    control: SPLIT_ORDER,
    policyId: null,
    ruleId: null,
    outcome: 'hold',
    reasonCode: 'split_order_detected',
    message: `The later purchase \`${stopped.requestId}\` was stopped for the sum it makes with this one, so a human has to look at both.`,
    observed: currency === undefined ? null : formatMoney(stopped.amountMinor, currency),
    limit: null,
    clause: SPLIT_ORDER_CLAUSE,
    nextStep: nextStepOfHold(action),
    approvers: tier?.approvers ?? null,
    ...(tier === null ? {} : { routing: tier.routing }),
    relatedRequestIds: [stopped.requestId],
  };
}

/** The lowest tier that covers both and can be signed; null: any approver. */
function tierFor(
  action: Action,
  { authority, exchange, related: { stopped } }: DecisionFacts,
): { readonly approvers: readonly string[]; readonly routing: StepRouting } | null {
  if (authority === null || stopped === null) return null;
  let best: { tier: (typeof authority.tiers)[number]; limitMinor: bigint } | null = null;
  for (const tier of authority.tiers) {
    const own = convertMinor(action.amountMinor, { from: action.currency, to: tier.currency }, exchange);
    const other = convertMinor(stopped.amountMinor, { from: stopped.currency, to: tier.currency }, exchange);
    if (!own.ok || !other.ok || own.minor + other.minor > tier.limitMinor) continue;
    if (tier.approvers.length < tier.quorum) continue;
    if (best === null || tier.limitMinor < best.limitMinor) best = { tier, limitMinor: tier.limitMinor };
  }
  if (best === null) return null;
  const { tier, approvers, quorum, remindAfterMs, escalateAfterMs } = best.tier;
  return {
    approvers,
    routing: { tier, quorum, order: 0, remindAfterMs, escalateAfterMs, escalateTo: [] },
  };
}
