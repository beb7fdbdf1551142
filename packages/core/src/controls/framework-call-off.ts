// framework-call-off.ts: a call-off is made under an agreement that holds, within its ceiling. Clause: AG-642 4.3 (framework
// agreements and blanket orders). All stages. The agreement's ceiling is the aggregate that is checked, so a call-off that
// passes here needs no tender and is related to nothing else. Where call-offs are not approved in advance a person signs.
// Missing evidence: no agreement is named, or there is no such one: deny.
import type { Action } from '../action.ts';
import type { DecisionFacts, PurchaseControl } from '../decision-facts.ts';
import type { Finding } from '../finding.ts';
import { convertMinor } from '../exchange/convert.ts';
import { formatMoney } from '../money.ts';
import { nextStepOfHold } from '../policy/evaluate-rule.ts';
import { roomUnder } from '../sourcing/ceiling.ts';
import type { FrameworkAgreement, SourcingClaims } from '../sourcing/sourcing-facts.ts';
import { foldCategory } from '../sourcing/sourcing-policy.ts';
import { isOneOf, isoOf } from '../sourcing/tender-cover.ts';
import { denial } from './purchase-finding.ts';
import { sourcingPass } from './sourcing-finding.ts';

const NAME = 'framework_call_off';
const CLAUSE = 'AG-642 4.3';

export const frameworkCallOff: PurchaseControl = {
  name: NAME,
  stages: ['request', 'execution', 'authorization'],
  clause: CLAUSE,
  evaluate(action, facts, nowMs) {
    const { sourcing } = facts;
    const claims = action.sourcing;
    if (sourcing === undefined || claims?.frameworkId == null) return [];
    const { framework } = sourcing;
    const fault = faultOf(claims, framework, action, facts, nowMs);
    if (framework === null || fault !== null) {
      const { reasonCode, why } = fault ?? NOT_RECORDED;
      return [
        denial(NAME, CLAUSE, {
          reasonCode,
          message: `The framework agreement \`${claims.frameworkId}\` ${why}.`,
          observed: claims.frameworkId,
          nextStep: 'Name the agreement that this is called off from, or submit it as a purchase of its own.',
        }),
      ];
    }
    return [
      ...amountFindings(framework, action, facts),
      ...(framework.isPreApproved ? [] : [review(framework, action)]),
    ];
  },
};

interface Fault {
  readonly reasonCode: string;
  /** Words that follow "The framework agreement ...". */
  readonly why: string;
}

const NOT_RECORDED: Fault = { reasonCode: 'framework_not_found', why: 'is not recorded' };

function faultOf(
  claims: SourcingClaims,
  framework: FrameworkAgreement | null,
  action: Action,
  { supplier }: DecisionFacts,
  nowMs: number,
): Fault | null {
  if (framework === null) return NOT_RECORDED;
  if (claims.commitmentType === null) {
    return {
      reasonCode: 'framework_commitment_type',
      why: 'is for requests whose `commitment_type` is `call_off` or `blanket`',
    };
  }
  if (nowMs < framework.validFromMs)
    return { reasonCode: 'framework_not_valid', why: `is valid from ${isoOf(framework.validFromMs)} only` };
  if (nowMs >= framework.validUntilMs)
    return {
      reasonCode: 'framework_not_valid',
      why: `has been valid until ${isoOf(framework.validUntilMs)}`,
    };
  if (!isOneOf(framework.supplier, action, supplier))
    return { reasonCode: 'framework_supplier_mismatch', why: `is with \`${framework.supplier}\`` };
  const { categories, agents, teams } = framework;
  if (
    categories !== null &&
    (action.category === null || !categories.includes(foldCategory(action.category)))
  )
    return { reasonCode: 'framework_category_mismatch', why: `is for ${categories.join(', ')}` };
  const isNamed = agents?.includes(action.agentId) === true;
  const isOfTeam = action.team !== null && teams?.includes(action.team) === true;
  if ((agents !== null || teams !== null) && !isNamed && !isOfTeam)
    return { reasonCode: 'framework_not_for_agent', why: `is not for the agent \`${action.agentId}\`` };
  return null;
}

function amountFindings(framework: FrameworkAgreement, action: Action, facts: DecisionFacts): Finding[] {
  const { frameworkId, ceilingMinor, currency, perCallOffMaxMinor } = framework;
  const room = roomUnder({ kind: 'framework', id: frameworkId, ceilingMinor, currency }, action, facts);
  if (!room.ok) {
    return [
      denial(NAME, CLAUSE, {
        reasonCode: room.reasonCode ?? 'framework_ceiling_exceeded',
        message: `The framework agreement \`${frameworkId}\` does not cover it: ${room.message}`,
        observed: room.observed,
        limit: room.limit,
        nextStep: 'Call off at most what is left, or ask the operator for another agreement.',
      }),
    ];
  }
  const amount = convertMinor(action.amountMinor, { from: action.currency, to: currency }, facts.exchange);
  if (perCallOffMaxMinor !== null && amount.ok && amount.minor > perCallOffMaxMinor) {
    const limit = formatMoney(perCallOffMaxMinor, currency);
    return [
      denial(NAME, CLAUSE, {
        reasonCode: 'framework_call_off_too_large',
        message: `One call-off from \`${frameworkId}\` is at most ${limit}.`,
        observed: formatMoney(amount.minor, currency),
        limit,
        nextStep: `Call off at most ${limit}.`,
      }),
    ];
  }
  return [sourcingPass(NAME, CLAUSE, null, room)];
}

function review({ frameworkId }: FrameworkAgreement, action: Action): Finding {
  return {
    control: NAME,
    policyId: null,
    ruleId: frameworkId,
    outcome: 'hold',
    reasonCode: 'framework_call_off_review',
    message: `Call-offs from the framework agreement \`${frameworkId}\` are not approved in advance.`,
    observed: null,
    limit: 'a signature for each call-off',
    clause: 'AG-642 4.5',
    nextStep: nextStepOfHold(action),
    approvers: null,
  };
}
