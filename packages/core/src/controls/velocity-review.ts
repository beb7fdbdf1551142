// velocity-review.ts: what an alert has put under review is looked at by a human. Clause: AG-642 4.9. At the request
// alone: what was approved before goes on. Missing evidence: there is none, a review is a fact of the configuration. One
// hold for each review; an operator who lifts it ends it for the requests after that.
import type { PurchaseControl } from '../decision-facts.ts';
import type { Finding } from '../finding.ts';
import type { VelocityReviewFact } from '../velocity/review-facts.ts';

export const velocityReview: PurchaseControl = {
  name: 'velocity_review',
  stages: ['request'],
  clause: 'AG-642 4.9',
  evaluate: (_action, { velocityReviews = [] }) => velocityReviews.map(holdOf),
};

function holdOf({ reviewId, alertId, subjectType, subjectId, sinceMs }: VelocityReviewFact): Finding {
  return {
    control: 'velocity_review',
    policyId: null,
    // Of two reviews each asks for its own signature.
    ruleId: reviewId,
    outcome: 'hold',
    reasonCode: 'under_review',
    message: `The ${subjectType} \`${subjectId}\` is under review since ${new Date(sinceMs).toISOString()}: see the alert \`${alertId}\`.`,
    observed: `${subjectType} ${subjectId} under review`,
    limit: 'no review',
    clause: 'AG-642 4.9',
    nextStep: `Wait for an approver to look at this request. Requests are held until an operator lifts the review of the ${subjectType}.`,
    approvers: null,
  };
}
