// refund-age-limit.ts: a refund or an expense claim may be at most so many days after the purchase it is about.
// Clause: none; a rule of refund and expense policies. Refunds, and spend in a check (an expense claim); it
// does not concern purchase requests. All stages.
// Missing evidence: no age, or one that cannot be (below zero, not whole).
import { ParameterReader } from '../policy/parameter-reader.ts';
import type { RuleControl } from '../policy/rule.ts';

const DAYS_MAX = 36_500;

export const refundAgeLimit: RuleControl = {
  ruleType: 'refund_age_limit',
  stages: ['request', 'execution', 'authorization'],
  clause: null,
  compile(parameters, pointer) {
    const reader = new ParameterReader(parameters, pointer);
    const daysMax = reader.integer('max_days', { min: 0, max: DAYS_MAX });
    return reader.finish(() => {
      const limit = daysText(daysMax);
      return {
        evaluate(action) {
          const concerned =
            action.type === 'refund' || (action.type === 'spend' && action.subject === 'check');
          if (!concerned) return null;
          const days = action.daysSincePurchase;
          if (days === null || !Number.isInteger(days) || days < 0) {
            return {
              kind: 'missing',
              evidence: 'metadata.days_since_purchase',
              message:
                days === null
                  ? 'How long ago the purchase was is not given, so its age cannot be checked.'
                  : `A purchase cannot be \`${days}\` days old, so its age cannot be checked.`,
            };
          }
          const observed = daysText(days);
          if (days <= daysMax) return { kind: 'pass', observed, limit };
          return {
            kind: 'violation',
            reasonCode: 'refund_age_limit_exceeded',
            message: `The purchase was ${observed} ago; at most ${limit} are allowed.`,
            observed,
            limit,
            nextStep: 'Do not submit it again: it only gets older. Ask an operator about an exception.',
          };
        },
      };
    });
  },
};

function daysText(days: number): string {
  return days === 1 ? '1 day' : `${days} days`;
}
