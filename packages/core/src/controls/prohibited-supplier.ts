// prohibited-supplier.ts: nothing from a supplier that a sourcing policy prohibits. Clause: AG-642 4.3 (prohibited supplier
// lists). All stages. The vendor as named (letter case aside), the merchant's domain, the registered supplier and its group
// are all looked up; any of them is enough. Missing evidence: a vendor or domain that cannot be read, so not compared.
import type { PurchaseControl } from '../decision-facts.ts';
import { sourcingMissing, sourcingPass, sourcingViolation } from './sourcing-finding.ts';

const NAME = 'prohibited_supplier';
const CLAUSE = 'AG-642 4.3';

export const prohibitedSupplier: PurchaseControl = {
  name: NAME,
  stages: ['request', 'execution', 'authorization'],
  clause: CLAUSE,
  evaluate(action, { sourcing, supplier }) {
    if (sourcing === undefined) return [];
    return sourcing.policies.flatMap((policy) => {
      if (policy.prohibited === null) return [];
      const limit = `none of ${policy.prohibited.entries.length} prohibited suppliers`;
      const observed = action.counterparty;
      switch (policy.prohibited.forbids(action, supplier)) {
        case 'clear':
          return [sourcingPass(NAME, CLAUSE, policy, { observed, limit })];
        case 'unreadable': {
          const message = `\`${observed}\` is neither a host nor a vendor id, so it cannot be compared with the prohibited suppliers.`;
          const missing = { evidence: 'vendor', message };
          const onMissing = policy.onMissing.prohibited_suppliers;
          return [sourcingMissing(NAME, CLAUSE, policy, action, missing, onMissing)];
        }
        case 'listed': {
          const violation = {
            reasonCode: 'supplier_prohibited',
            message: `The supplier \`${observed}\` is prohibited by the sourcing policy \`${policy.policyId}\`.`,
            observed,
            limit,
            nextStep: 'Choose another supplier; this one is prohibited under every name it goes by.',
          };
          const onViolation = policy.onViolation.prohibited_suppliers;
          return [sourcingViolation(NAME, CLAUSE, policy, action, violation, onViolation)];
        }
      }
    });
  },
};
