// max-amount.ts: a single action may be at most this much. Clause: AG-642 4.1 (hard ceiling). All action types,
// all stages. Missing evidence: an amount in another currency than the limit, which is never a pass.
import { formatMoney } from '../money.ts';
import { ParameterReader } from '../policy/parameter-reader.ts';
import type { RuleControl } from '../policy/rule.ts';

export const maxAmount: RuleControl = {
  ruleType: 'max_amount',
  stages: ['request', 'execution', 'authorization'],
  clause: 'AG-642 4.1',
  compile(parameters, pointer) {
    const reader = new ParameterReader(parameters, pointer);
    const { minor: limitMinor, currency } = reader.money('limit', 'currency');
    return reader.finish(() => {
      const limit = formatMoney(limitMinor, currency);
      return {
        evaluate(action) {
          if (action.currency !== currency) {
            return {
              kind: 'missing',
              evidence: 'currency',
              message: `The limit is in \`${currency}\` and the amount in \`${action.currency}\`: they cannot be compared.`,
            };
          }
          const observed = formatMoney(action.amountMinor, currency);
          if (action.amountMinor <= limitMinor) return { kind: 'pass', observed, limit };
          return {
            kind: 'violation',
            reasonCode: 'max_amount_exceeded',
            message: `${observed} is above the limit of ${limit} for one transaction.`,
            observed,
            limit,
            nextStep: `Ask for at most ${limit}, or have an operator raise the limit.`,
          };
        },
      };
    });
  },
};
