// purchase-finding.ts: the form of a denial by a control over the whole purchase, which belongs to no policy rule.
import type { Finding } from '../finding.ts';

export type DenialDetail = Pick<Finding, 'reasonCode' | 'message' | 'nextStep'> &
  Partial<Pick<Finding, 'observed' | 'limit' | 'policyId' | 'ruleId'>>;

export function denial(control: string, clause: string | null, detail: DenialDetail): Finding {
  return {
    control,
    policyId: null,
    ruleId: null,
    outcome: 'deny',
    observed: null,
    limit: null,
    clause,
    approvers: null,
    ...detail,
  };
}
