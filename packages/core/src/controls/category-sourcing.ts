// category-sourcing.ts: rules for buying in a category: not at all, from verified or from named suppliers only, only after
// a tender or under a framework agreement. Clause: AG-642 4.3 (category-specific sourcing rules). All stages.
// Missing evidence: no category, where only named categories have rules; a supplier that is not registered, where its
// verification is asked for. Whether the cited tender or agreement holds is for their own controls.
import type { Action } from '../action.ts';
import type { DecisionFacts, PurchaseControl } from '../decision-facts.ts';
import type { Finding } from '../finding.ts';
import { type SourcingFacts, isCallOff } from '../sourcing/sourcing-facts.ts';
import { type CategoryRule, type CompiledSourcingPolicy, ruleFor } from '../sourcing/sourcing-policy.ts';
import { type Violation, sourcingMissing, sourcingPass, sourcingViolation } from './sourcing-finding.ts';

const NAME = 'category_sourcing';
const CLAUSE = 'AG-642 4.3';

export const categorySourcing: PurchaseControl = {
  name: NAME,
  stages: ['request', 'execution', 'authorization'],
  clause: CLAUSE,
  evaluate(action, facts) {
    const { sourcing } = facts;
    if (sourcing === undefined) return [];
    return sourcing.policies.flatMap((policy) => {
      const rule = ruleFor(policy.categories, action.category);
      if (rule === null) return [];
      if (rule !== 'missing') return findingsOf(policy, rule, action, facts, sourcing);
      const message = 'No category is given, and some categories have rules of their own.';
      const missing = { evidence: 'category', message };
      return [sourcingMissing(NAME, CLAUSE, policy, action, missing, policy.onMissing.category_rules)];
    });
  },
};

function findingsOf(
  policy: CompiledSourcingPolicy,
  rule: CategoryRule,
  action: Action,
  { supplier }: DecisionFacts,
  sourcing: SourcingFacts,
): Finding[] {
  const findings: Finding[] = [];
  const violated = (violation: Omit<Violation, 'reasonCode'>): void => {
    const full = { ...violation, reasonCode: 'category_rule_violated' };
    findings.push(sourcingViolation(NAME, CLAUSE, policy, action, full, rule.onViolation));
  };
  const category = action.category ?? 'no category';
  if (rule.isBlocked) {
    violated({
      message: `Nothing may be bought in the category \`${category}\`.`,
      observed: category,
      limit: `not ${rule.category}`,
      nextStep:
        'Do not submit it again under another category: ask an operator whether this is allowed at all.',
    });
  }
  if (rule.allowed?.admits(action, supplier) === false) {
    violated({
      message: `\`${action.counterparty}\` is not one of the suppliers for the category \`${category}\`.`,
      observed: action.counterparty,
      limit: `one of ${rule.allowed.entries.length} suppliers`,
      nextStep: 'Buy it from a supplier that is allowed for this category.',
    });
  }
  if (rule.requires !== null && !isMet(rule.requires, action, sourcing)) {
    const [what, field] = REQUIREMENT[rule.requires];
    violated({
      message: `The category \`${category}\` may be bought ${what} only.`,
      observed: `no ${field}`,
      limit: field,
      nextStep: `Submit it anew with the \`${field}\` it belongs to.`,
    });
  }
  if (rule.requiredVerification !== null && supplier === null) {
    const message = `The supplier \`${action.counterparty}\` is not registered, so nobody has verified it.`;
    const missing = { evidence: 'vendor', message };
    findings.push(sourcingMissing(NAME, CLAUSE, policy, action, missing, policy.onMissing.category_rules));
  } else if (supplier !== null && isLess(supplier.verification, rule.requiredVerification)) {
    violated({
      message: `The supplier \`${supplier.supplierId}\` is \`${supplier.verification}\`, not \`${rule.requiredVerification ?? ''}\`.`,
      observed: supplier.verification,
      limit: rule.requiredVerification,
      nextStep: 'Ask the operator to have the supplier verified, or choose another.',
    });
  }
  if (findings.length > 0) return findings;
  return [sourcingPass(NAME, CLAUSE, policy, { observed: category, limit: rule.category })];
}

const REQUIREMENT = {
  tender: ['after a tender', 'tender_reference'],
  framework: ['under a framework agreement', 'framework_id'],
} as const;

function isMet(
  requires: 'tender' | 'framework',
  { sourcing: claims }: Action,
  facts: SourcingFacts,
): boolean {
  return requires === 'tender' ? facts.tender !== null : isCallOff(claims, facts.framework);
}

/** From least to most; a check that failed is less than none. */
const VERIFICATION_ORDER = ['failed', 'unverified', 'pending', 'verified'] as const;

function isLess(
  verification: (typeof VERIFICATION_ORDER)[number],
  required: (typeof VERIFICATION_ORDER)[number] | null,
): boolean {
  return required !== null && VERIFICATION_ORDER.indexOf(verification) < VERIFICATION_ORDER.indexOf(required);
}
