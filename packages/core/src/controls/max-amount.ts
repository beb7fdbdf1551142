// max-amount.ts: a single action may be at most this much. Clause: AG-642 4.1 (hard ceiling). All action types,
// all stages. An amount in another currency than the limit is converted (exchange/convert.ts).
// Missing evidence: no good exchange rate, which is never a pass.
import { formatMoney } from '../money.ts';
import { ParameterReader } from '../policy/parameter-reader.ts';
import type { RuleControl } from '../policy/rule.ts';
import { amountForLimit } from './amount-for-limit.ts';

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
        evaluate(action, { exchange }) {
          const amount = amountForLimit(
            { minor: action.amountMinor, currency: action.currency },
            { currency, of: 'limit' },
            exchange,
          );
          if (!amount.ok) return amount.verdict;
          const observed = amount.text;
          if (amount.minor <= limitMinor) return { kind: 'pass', observed, limit };
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
