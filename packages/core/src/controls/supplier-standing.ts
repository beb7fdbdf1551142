// supplier-standing.ts: nothing from a supplier that is sanctioned, prohibited or suspended. Clause: AG-642 4.3 (prohibited
// suppliers). All stages, so a change of standing also stops what was approved before it, at the till too.
// Missing evidence: a counterparty that is not registered has no standing; whether it must be registered is for the
// sourcing policy to say. A name that resembles such a supplier's holds: names raise review, they neither deny nor admit.
// Identifiers of two suppliers in one purchase deny. A pass leaves no finding.
import type { Action } from '../action.ts';
import type { PurchaseControl } from '../decision-facts.ts';
import type { Finding } from '../finding.ts';
import type { SupplierFacts, SupplierReview } from '../suppliers/supplier-facts.ts';
import { denial } from './purchase-finding.ts';

const NAME = 'supplier_standing';
const CLAUSE = 'AG-642 4.3';
const LIMIT = 'preferred, approved or on probation, and not sanctioned';

export const supplierStanding: PurchaseControl = {
  name: NAME,
  stages: ['request', 'execution', 'authorization'],
  clause: CLAUSE,
  evaluate(action, { supplier, supplierReview }) {
    const findings = supplier === null ? [] : standingOf(action, supplier);
    if (supplierReview !== null) findings.push(reviewOf(action, supplierReview));
    return findings;
  },
};

function standingOf({ counterparty }: Action, supplier: SupplierFacts): Finding[] {
  const { supplierId, standing, sanctioned, conflictsWith } = supplier;
  const findings: Finding[] = [];
  if (sanctioned) {
    findings.push(
      denial(NAME, CLAUSE, {
        reasonCode: 'supplier_sanctioned',
        message: `The vendor \`${counterparty}\` is the supplier \`${supplierId}\`, which is on a sanctions list.`,
        observed: 'sanctioned',
        limit: LIMIT,
        nextStep: 'Do not buy from it under any name; tell the operator, and choose another supplier.',
      }),
    );
  }
  if (standing === 'prohibited' || standing === 'suspended') {
    findings.push(
      denial(NAME, CLAUSE, {
        reasonCode: `supplier_${standing}`,
        message: `The vendor \`${counterparty}\` is the supplier \`${supplierId}\`, which is ${standing}.`,
        observed: standing,
        limit: LIMIT,
        nextStep:
          standing === 'prohibited'
            ? 'Choose another supplier.'
            : 'Choose another supplier, or ask the operator when the suspension ends.',
      }),
    );
  }
  if (conflictsWith !== null) {
    findings.push(
      denial(NAME, CLAUSE, {
        reasonCode: 'supplier_conflict',
        message: `The purchase shows identifiers of two suppliers, \`${supplierId}\` and \`${conflictsWith}\`.`,
        observed: `${supplierId}, ${conflictsWith}`,
        limit: 'one supplier',
        nextStep: 'Submit it anew, with the vendor and the merchant domain of the one supplier that is paid.',
      }),
    );
  }
  return findings;
}

function reviewOf({ counterparty }: Action, review: SupplierReview): Finding {
  const { supplierId, standing, sanctioned, reason, score } = review;
  const what = sanctioned ? 'sanctioned' : standing;
  const how = reason === 'look_alike' ? 'is written to look like a name of' : RESEMBLES[reason];
  return {
    control: NAME,
    policyId: null,
    ruleId: null,
    outcome: 'hold',
    reasonCode: 'supplier_name_review',
    message: `The vendor \`${counterparty}\` ${how} the ${what} supplier \`${supplierId}\`; no identifier says whether it is the same.`,
    observed: `${reason} ${score} %`,
    limit: 'no name of a supplier that is sanctioned, prohibited or suspended',
    clause: CLAUSE,
    nextStep: 'Wait for a person to compare the two, or name the vendor by an identifier that is registered.',
    approvers: null,
  };
}

const RESEMBLES = { same_name: 'has a name of', similar_name: 'has a name like one of' } as const;
