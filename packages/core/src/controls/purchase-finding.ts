// purchase-finding.ts: the form of a denial by a control over the whole purchase, which belongs to no policy rule.
import type { Finding } from '../finding.ts';

export type DenialDetail = Pick<Finding, 'reasonCode' | 'message' | 'nextStep'> &
  Partial<Pick<Finding, 'observed' | 'limit' | 'policyId' | 'ruleId'>>;

export function denial(control: string, clause: string | null, detail: DenialDetail): Finding {
  return {
    control,
    policyId: detail.policyId ?? null,
    ruleId: detail.ruleId ?? null,
    outcome: 'deny',
    reasonCode: detail.reasonCode,
    message: detail.message,
    observed: detail.observed ?? null,
    limit: detail.limit ?? null,
    clause,
    nextStep: detail.nextStep,
    approvers: null,
  };
}
