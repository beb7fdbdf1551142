// gate/velocity-thresholds.ts: the amounts whose neighbourhood is watched: whatever a rule, the authority matrix or a
// sourcing policy in force says more is needed above. Pure: configuration in.
import { type CurrencyCode, parseAmount, parseCurrency } from '@countersign/core';

import type { Configuration } from './configuration.ts';

export interface WatchedThreshold {
  /** Which part of the configuration it stands in. */
  readonly label: string;
  readonly amountMinor: bigint;
  /** null: it is compared in whatever currency a purchase has, and `amount` says it. */
  readonly currency: CurrencyCode | null;
  /** A plain decimal; only where there is no currency. */
  readonly amount: string;
}

/** Different amounts of one currency that are watched; a matrix of thousands of rows has few, and the first stand for all. */
const WATCHED_MAX = 40;

export interface PolicyDocument {
  readonly policy_id: string;
  readonly document: unknown;
}

export function watchedThresholds(
  configuration: Configuration,
  policies: readonly PolicyDocument[],
): WatchedThreshold[] {
  return [...policies.flatMap(ofPolicy), ...ofMatrices(configuration), ...ofSourcing(configuration)];
}

/** Of one currency, each amount once, in minor units. */
export function thresholdsIn(
  currency: CurrencyCode,
  watched: readonly WatchedThreshold[],
): { readonly label: string; readonly amountMinor: bigint }[] {
  const found = new Map<bigint, string>();
  for (const threshold of watched) {
    if (found.size >= WATCHED_MAX) break;
    if (threshold.currency !== null && threshold.currency !== currency) continue;
    const amountMinor =
      threshold.currency === null ? minorOf(threshold.amount, currency) : threshold.amountMinor;
    if (amountMinor === null || amountMinor <= 0n || found.has(amountMinor)) continue;
    found.set(amountMinor, threshold.label);
  }
  return [...found].map(([amountMinor, label]) => ({ label, amountMinor }));
}

function ofPolicy({ policy_id: policyId, document }: PolicyDocument): WatchedThreshold[] {
  const { rules } = document as { rules: readonly RuleDocument[] }; // parsed when it was published
  return rules.flatMap((rule) => {
    const { limit, amount_above: above, currency: text } = rule.parameters;
    const amount =
      rule.rule_type === 'max_amount' ? limit : rule.rule_type === 'escalate_if' ? above : undefined;
    if (typeof amount !== 'string' && typeof amount !== 'number') return [];
    const currency = typeof text === 'string' ? (parseCurrency(text) ?? null) : null;
    const amountMinor = currency === null ? 0n : minorOf(String(amount), currency);
    if (amountMinor === null) return [];
    const label = `rule \`${rule.rule_id}\` of the policy \`${policyId}\``;
    return [{ label, amountMinor, currency, amount: String(amount) }];
  });
}

interface RuleDocument {
  readonly rule_id: string;
  readonly rule_type: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

function ofMatrices({ authorityMatrices }: Configuration): WatchedThreshold[] {
  return authorityMatrices.flatMap(({ tiers, rowsByAgent, rowsByRole }) => {
    const rows = [...rowsByAgent.values(), ...rowsByRole.values()].flat();
    return [
      ...tiers.map((tier) => ofMoney(`the tier \`${tier.tier}\` of the authority matrix`, tier)),
      ...rows.map((row) => ofMoney('a row of the authority matrix', row)),
    ];
  });
}

function ofSourcing({ sourcing: { general, byScope } }: Configuration): WatchedThreshold[] {
  const policies = new Set([...general, ...[...byScope.values()].flat()]);
  return [...policies].flatMap(({ policyId, thresholds }) =>
    [...thresholds.values()].flatMap(({ byCategory, any }) =>
      [...byCategory.values(), ...(any === null ? [] : [any])].map(({ amountMinor, currency }) => ({
        label: `a tender threshold of the sourcing policy \`${policyId}\``,
        amountMinor,
        currency,
        amount: '',
      })),
    ),
  );
}

function ofMoney(
  label: string,
  { limitMinor, currency }: { readonly limitMinor: bigint; readonly currency: CurrencyCode },
): WatchedThreshold {
  return { label, amountMinor: limitMinor, currency, amount: '' };
}

function minorOf(amount: string, currency: CurrencyCode): bigint | null {
  const parsed = parseAmount(amount, currency, { allowZero: true });
  return parsed.ok ? parsed.minor : null;
}
