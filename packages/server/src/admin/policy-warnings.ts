// admin/policy-warnings.ts: what is valid in a policy but probably not meant. Warns, never refuses; decides nothing.
import { parseAmount, parseCurrency } from '@countersign/core';

export interface PolicyWarning {
  /** JSON pointer into the document. */
  readonly pointer: string;
  readonly code: 'escalation_without_currency' | 'escalation_never_reached' | 'evidence_ignored';
  readonly message: string;
}

interface Rule {
  readonly rule_id: string;
  readonly rule_type: string;
  readonly on_violation?: string;
  readonly on_missing?: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

interface Ceiling {
  readonly ruleId: string;
  readonly minor: bigint;
  readonly currency: string;
}

/** Warnings about a policy document that has parsed. */
export function warnAboutPolicy(document: unknown): PolicyWarning[] {
  const { rules } = document as { rules: Rule[] }; // parsed before
  const ceilings = rules.flatMap(ceilingOf);
  return rules.flatMap((rule, index) => {
    const pointer = `/rules/${index}`;
    const warnings = rule.rule_type === 'escalate_if' ? warnAboutEscalation(rule, pointer, ceilings) : [];
    if (rule.on_missing !== 'ignore') return warnings;
    const message = `\`${rule.rule_id}\` passes whenever the evidence it needs is missing.`;
    return [...warnings, { pointer: `${pointer}/on_missing`, code: 'evidence_ignored' as const, message }];
  });
}

function warnAboutEscalation(rule: Rule, pointer: string, ceilings: readonly Ceiling[]): PolicyWarning[] {
  const warnings: PolicyWarning[] = [];
  const { amount_above: threshold, currency, action_types: actionTypes } = rule.parameters;
  if (currency === undefined) {
    warnings.push({
      pointer: `${pointer}/parameters`,
      code: 'escalation_without_currency',
      message: `\`${rule.rule_id}\` compares the number with the amount in whatever currency it comes in.`,
    });
  }
  // A discount is measured by its deal, which may be above what the discount itself is limited to.
  const mayMeasureDeals = !Array.isArray(actionTypes) || actionTypes.includes('discount');
  const ceiling = mayMeasureDeals
    ? undefined
    : ceilings.find((candidate) => isAtOrAbove(threshold, currency, candidate));
  if (ceiling !== undefined) {
    warnings.push({
      pointer: `${pointer}/parameters/amount_above`,
      code: 'escalation_never_reached',
      message: `\`${rule.rule_id}\` is never reached: \`${ceiling.ruleId}\` denies everything above its limit first.`,
    });
  }
  return warnings;
}

/** A limit that denies; one that holds does not keep an escalation from being reached. */
function ceilingOf(rule: Rule): Ceiling[] {
  if (rule.rule_type !== 'max_amount' || rule.on_violation === 'hold') return [];
  const minor = minorOf(rule.parameters['limit'], rule.parameters['currency']);
  return minor === undefined ? [] : [{ ruleId: rule.rule_id, ...minor }];
}

function isAtOrAbove(threshold: unknown, currency: unknown, ceiling: Ceiling): boolean {
  const amount = minorOf(threshold, currency ?? ceiling.currency);
  return amount?.currency === ceiling.currency && amount.minor >= ceiling.minor;
}

function minorOf(amount: unknown, currencyText: unknown): { minor: bigint; currency: string } | undefined {
  const currency = typeof currencyText === 'string' ? parseCurrency(currencyText) : undefined;
  if (currency === undefined || (typeof amount !== 'string' && typeof amount !== 'number')) return undefined;
  const parsed = parseAmount(amount, currency, { allowZero: true });
  return parsed.ok ? { minor: parsed.minor, currency } : undefined;
}
