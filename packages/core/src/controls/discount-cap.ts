// discount-cap.ts: a discount may be at most this deep. Clause: none; a rule of pricing policies. Discounts only,
// all stages. Missing evidence: no depth, or one below zero or finer than a hundredth of a percent.
import { ParameterReader } from '../policy/parameter-reader.ts';
import type { RuleControl } from '../policy/rule.ts';

export const discountCap: RuleControl = {
  ruleType: 'discount_cap',
  stages: ['request', 'execution', 'authorization'],
  clause: null,
  compile(parameters, pointer) {
    const reader = new ParameterReader(parameters, pointer);
    const basisPointsMax = reader.percentBasisPoints('max_percent');
    return reader.finish(() => {
      const limit = percentText(basisPointsMax);
      return {
        evaluate(action) {
          if (action.type !== 'discount') return null;
          const basisPoints = action.discountBasisPoints;
          if (basisPoints === null || !Number.isInteger(basisPoints) || basisPoints < 0) {
            return {
              kind: 'missing',
              evidence: 'metadata.discount_percent',
              message: 'How deep the discount is, in percent, is not given in a usable form.',
            };
          }
          const observed = percentText(basisPoints);
          if (basisPoints <= basisPointsMax) return { kind: 'pass', observed, limit };
          return {
            kind: 'violation',
            reasonCode: 'discount_cap_exceeded',
            message: `A discount of ${observed} is deeper than the ${limit} that is allowed.`,
            observed,
            limit,
            nextStep: `Offer at most ${limit}, or ask a human to grant more.`,
          };
        },
      };
    });
  },
};

function percentText(basisPoints: number): string {
  const hundredths = String(basisPoints % 100)
    .padStart(2, '0')
    .replace(/0+$/, '');
  const whole = Math.floor(basisPoints / 100);
  return hundredths === '' ? `${whole} %` : `${whole}.${hundredths} %`;
}
