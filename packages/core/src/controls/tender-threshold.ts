// tender-threshold.ts: above a threshold only what a competitive tender, or a waiver in its place, covers. Clauses:
// AG-642 4.3, 4.4. All stages. The threshold sees the sum of related purchases, or the contract's estimated value where
// that is larger; strictly above it a tender is required. A call-off from a framework agreement is exempt: the agreement's
// own ceiling is its aggregate. A tender that is cited must hold whatever the value: its ceiling counts every purchase.
// Missing evidence: no category or jurisdiction where a threshold might apply; no exchange rate to its currency.
import type { Action } from '../action.ts';
import type { DecisionFacts, PurchaseControl } from '../decision-facts.ts';
import type { Finding } from '../finding.ts';
import { formatMoney } from '../money.ts';
import type { Aggregate } from '../related/aggregate-for.ts';
import { roomUnder } from '../sourcing/ceiling.ts';
import { type SourcingFacts, isCallOff } from '../sourcing/sourcing-facts.ts';
import type { CompiledSourcingPolicy, TenderThreshold } from '../sourcing/sourcing-policy.ts';
import { ceilingOfTender, coveringWaiver, tenderFault } from '../sourcing/tender-cover.ts';
import { thresholdFor, valueAt } from '../sourcing/threshold-for.ts';
import { denial } from './purchase-finding.ts';
import { SOURCING_PREFIX, sourcingMissing, sourcingPass, sourcingViolation } from './sourcing-finding.ts';

const NAME = 'tender_threshold';
const CLAUSE = 'AG-642 4.3';
const SPLIT_CLAUSE = 'AG-642 4.4';

export const tenderThreshold: PurchaseControl = {
  name: NAME,
  stages: ['request', 'execution', 'authorization'],
  clause: CLAUSE,
  evaluate(action, facts, nowMs) {
    const { sourcing } = facts;
    if (sourcing === undefined) return [];
    const chain = sourcing.jurisdictions;
    const cited = citedTender(action, facts, sourcing, chain, nowMs);
    if (isCallOff(action.sourcing, sourcing.framework)) return cited.findings;
    const at = { action, facts, chain, nowMs, isTendered: cited.holds };
    return [...cited.findings, ...sourcing.policies.flatMap((policy) => findingsOf(policy, at))];
  },
};

interface Circumstances {
  readonly action: Action;
  readonly facts: DecisionFacts;
  readonly chain: readonly string[];
  readonly nowMs: number;
  /** A tender that holds is cited. */
  readonly isTendered: boolean;
}

/** What is to be said of the tender that the request names. */
function citedTender(
  action: Action,
  facts: DecisionFacts,
  { tender }: SourcingFacts,
  chain: readonly string[],
  nowMs: number,
): { readonly holds: boolean; readonly findings: Finding[] } {
  const reference = action.sourcing?.tenderReference ?? null;
  if (reference === null) return { holds: false, findings: [] };
  const fault = tender === null ? 'is not recorded' : tenderFault(tender, action, facts, chain, nowMs);
  if (tender === null || fault !== null) {
    const invalid = denial(NAME, CLAUSE, {
      reasonCode: 'tender_invalid',
      message: `The tender \`${reference}\` ${fault ?? ''}, so it does not cover this purchase.`,
      observed: reference,
      nextStep: 'Name the tender that this purchase was awarded in, or have one held.',
    });
    return { holds: false, findings: [invalid] };
  }
  const room = roomUnder(ceilingOfTender(tender), action, facts);
  if (room.ok) return { holds: true, findings: [sourcingPass(NAME, CLAUSE, null, room)] };
  const exceeded = denial(NAME, CLAUSE, {
    reasonCode: room.reasonCode ?? 'tender_ceiling_exceeded',
    message: `The tender \`${reference}\` does not cover it: ${room.message}`,
    observed: room.observed,
    limit: room.limit,
    nextStep:
      'Buy within what is left under the tender, or have the operator record what was awarded beyond it.',
  });
  return { holds: false, findings: [exceeded] };
}

function findingsOf(policy: CompiledSourcingPolicy, at: Circumstances): Finding[] {
  const applicable = thresholdFor(policy, at.chain, at.action.category);
  switch (applicable.kind) {
    case 'none':
      return [];
    case 'one':
      return [findingOf(policy, applicable.threshold, at)];
    case 'unclear': {
      const { candidates, missing } = applicable;
      if (at.isTendered || !candidates.some((threshold) => mightExceed(threshold, policy, at))) return [];
      const what = { evidence: missing === 'category' ? 'category' : 'country of the entity' };
      const message = `No ${missing} is known, and the value is above a tender threshold that might apply.`;
      const onMissing = policy.onMissing.tender_thresholds;
      return [sourcingMissing(NAME, CLAUSE, policy, at.action, { ...what, message }, onMissing)];
    }
  }
}

function mightExceed(
  threshold: TenderThreshold,
  policy: CompiledSourcingPolicy,
  { action, facts }: Circumstances,
): boolean {
  const value = valueAt(threshold, action, facts, policy);
  return !value.ok || value.totalMinor > threshold.amountMinor;
}

function findingOf(policy: CompiledSourcingPolicy, threshold: TenderThreshold, at: Circumstances): Finding {
  const { action, facts, chain, nowMs, isTendered } = at;
  const value = valueAt(threshold, action, facts, policy);
  const limit = limitOf(threshold);
  if (!value.ok) {
    return denial(NAME, CLAUSE, {
      policyId: SOURCING_PREFIX + policy.policyId,
      reasonCode: value.reasonCode,
      message: `The value cannot be compared with the tender threshold. ${value.message}`,
      limit,
      nextStep: `Ask the operator to publish an exchange rate to \`${threshold.currency}\`.`,
    });
  }
  const observed = formatMoney(value.totalMinor, threshold.currency);
  if (value.totalMinor <= threshold.amountMinor)
    return sourcingPass(NAME, CLAUSE, policy, { observed, limit });
  if (isTendered) {
    const reference = action.sourcing?.tenderReference ?? '';
    return {
      ...sourcingPass(NAME, CLAUSE, policy, { observed, limit: `${limit}, or the tender ${reference}` }),
      reasonCode: 'tendered',
    };
  }
  const whole = { minor: value.totalMinor, currency: threshold.currency };
  const waiver = coveringWaiver(action, facts, { chain, nowMs, value: whole });
  if (waiver !== null) {
    return {
      ...sourcingPass(NAME, CLAUSE, policy, {
        observed,
        limit: `${limit}, or the waiver ${waiver.waiverId}`,
      }),
      reasonCode: 'waived',
      waiverId: waiver.waiverId,
    };
  }
  return above(policy, threshold, value, action);
}

function above(
  policy: CompiledSourcingPolicy,
  threshold: TenderThreshold,
  value: Aggregate & { ok: true },
  action: Action,
): Finding {
  const observed = formatMoney(value.totalMinor, threshold.currency);
  const own = formatMoney(value.ownMinor, threshold.currency);
  const limit = limitOf(threshold);
  const isSplit = value.ownMinor <= threshold.amountMinor;
  const siblings = value.requestIds.length === 0 ? '' : ` (${value.requestIds.join(', ')})`;
  const violation = {
    reasonCode: isSplit ? 'split_order_detected' : 'tender_required',
    message: isSplit
      ? `With the purchases it belongs to${siblings}, ${own} comes to ${observed}: a tender is required for the sum, above ${limit}.`
      : `${observed} is above ${limit}: a tender is required.`,
    observed,
    limit,
    nextStep: isSplit
      ? 'Do not place it in parts: submit the whole with the `tender_reference` of a tender, or ask the operator for a waiver.'
      : 'Submit it anew with the `tender_reference` of a tender, or ask the operator for a waiver.',
  };
  const clause = isSplit ? SPLIT_CLAUSE : CLAUSE;
  const onViolation = policy.onViolation.tender_thresholds;
  const finding = sourcingViolation(NAME, clause, policy, action, violation, onViolation);
  return value.requestIds.length === 0 ? finding : { ...finding, relatedRequestIds: value.requestIds };
}

function limitOf({ amountMinor, currency, basis, jurisdiction, category }: TenderThreshold): string {
  const where = [jurisdiction, category].filter((text) => text !== '*').join(', ');
  const place = where === '' ? '' : ` (${where})`;
  return `${formatMoney(amountMinor, currency)} ${basis}${place}`;
}
