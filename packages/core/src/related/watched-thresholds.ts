// related/watched-thresholds.ts: every threshold that sees the sum of a purchase and what it is related to: the agent's own
// authority, the tender thresholds, and the amounts above which a rule asks for a human. Clause: AG-642 4.4.
// Sums are looked at once an authority matrix or a sourcing policy is in force: policies alone judge each purchase alone.
import type { Action } from '../action.ts';
import type { DecisionFacts } from '../decision-facts.ts';
import { thresholdFor } from '../sourcing/threshold-for.ts';
import type { Threshold } from './aggregate-for.ts';

export function watchedThresholds(
  action: Action,
  { policies, authority, sourcing }: Pick<DecisionFacts, 'policies' | 'authority' | 'sourcing'>,
): Threshold[] {
  if (authority === null && (sourcing === undefined || sourcing.policies.length === 0)) return [];
  const thresholds: Threshold[] = [];
  const row = authority?.row ?? null;
  if (row !== null) thresholds.push({ amountMinor: row.limitMinor, currency: row.currency });
  for (const { rules } of policies) {
    for (const rule of rules) {
      const threshold = rule.watchedThreshold?.(action) ?? null;
      if (threshold !== null) thresholds.push(threshold);
    }
  }
  if (sourcing === undefined || sourcing.policies.length === 0) return thresholds;
  for (const policy of sourcing.policies) {
    const applicable = thresholdFor(policy, sourcing.jurisdictions, action.category);
    if (applicable.kind === 'one') thresholds.push(applicable.threshold);
    else if (applicable.kind === 'unclear') thresholds.push(...applicable.candidates);
  }
  return thresholds;
}
