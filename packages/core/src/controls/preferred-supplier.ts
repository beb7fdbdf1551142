// preferred-supplier.ts: what has preferred suppliers is bought from one of them. Clause: AG-642 4.3 (preferred supplier
// requirements). All stages. The vendor must be on the list exactly, or be registered as a supplier that is; names never
// admit. Missing evidence: no category, where only named categories have preferred suppliers.
import type { PurchaseControl } from '../decision-facts.ts';
import { ruleFor } from '../sourcing/sourcing-policy.ts';
import { sourcingMissing, sourcingPass, sourcingViolation } from './sourcing-finding.ts';

const NAME = 'preferred_supplier';
const CLAUSE = 'AG-642 4.3';
const LISTED_MAX = 5;

export const preferredSupplier: PurchaseControl = {
  name: NAME,
  stages: ['request', 'execution', 'authorization'],
  clause: CLAUSE,
  evaluate(action, { sourcing, supplier }) {
    if (sourcing === undefined) return [];
    return sourcing.policies.flatMap((policy) => {
      const rule = ruleFor(policy.preferred, action.category);
      if (rule === null) return [];
      if (rule === 'missing') {
        const message = 'No category is given, and some categories have preferred suppliers.';
        const missing = { evidence: 'category', message };
        return [sourcingMissing(NAME, CLAUSE, policy, action, missing, policy.onMissing.preferred_suppliers)];
      }
      const observed = action.counterparty;
      const { entries } = rule.suppliers;
      const named = entries.slice(0, LISTED_MAX).join(', ');
      const limit = entries.length > LISTED_MAX ? `${named} and ${entries.length - LISTED_MAX} more` : named;
      if (rule.suppliers.admits(action, supplier))
        return [sourcingPass(NAME, CLAUSE, policy, { observed, limit })];
      const forWhat = rule.category === '*' ? 'purchases' : `the category \`${rule.category}\``;
      const violation = {
        reasonCode: 'not_a_preferred_supplier',
        message: `\`${observed}\` is not a preferred supplier for ${forWhat}.`,
        observed,
        limit,
        nextStep: `Buy it from one of the preferred suppliers: ${limit}.`,
      };
      return [sourcingViolation(NAME, CLAUSE, policy, action, violation, rule.onViolation)];
    });
  },
};
