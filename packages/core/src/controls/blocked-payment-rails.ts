// blocked-payment-rails.ts: money must not move these ways. Clause: none. All action types, all stages. Blocking a rail
// blocks every kind of it: `crypto` blocks `usdc`. Missing evidence: no rail, one that is not known, or a general one
// (`bank`) of which only some kinds (`wire`) are blocked.
import { ParameterReader } from '../policy/parameter-reader.ts';
import type { RuleControl } from '../policy/rule.ts';
import { parseRail, railIsWithin } from '../rail.ts';

export const blockedPaymentRails: RuleControl = {
  ruleType: 'blocked_payment_rails',
  stages: ['request', 'execution', 'authorization'],
  clause: null,
  compile(parameters, pointer) {
    const reader = new ParameterReader(parameters, pointer);
    const blocked = reader.list('rails', (entry) => {
      const rail = parseRail(entry);
      return rail === undefined
        ? {
            ok: false,
            code: 'unknown_rail',
            message: `\`${entry}\` is not a payment rail that is known here.`,
          }
        : { ok: true, value: rail };
    });
    return reader.finish(() => {
      const limit = `not ${blocked.join(', ')}`;
      return {
        evaluate(action) {
          const evidence = action.subject === 'purchase' ? 'rail' : 'payment_method';
          if (action.rail === null) {
            return { kind: 'missing', evidence, message: 'How the money would move is not given.' };
          }
          const rail = parseRail(action.rail);
          if (rail === undefined) {
            const message = `\`${action.rail}\` is not a payment rail that is known here, so it may be a blocked one.`;
            return { kind: 'missing', evidence, message };
          }
          switch (railIsWithin(rail, blocked)) {
            case 'clear':
              return { kind: 'pass', observed: rail, limit };
            case 'indeterminate':
              return {
                kind: 'missing',
                evidence,
                message: `\`${rail}\` does not say which kind is meant, and some kinds of it are blocked.`,
              };
            case 'blocked':
              return {
                kind: 'violation',
                reasonCode: 'blocked_payment_rail',
                message: `Paying by \`${rail}\` is blocked.`,
                observed: rail,
                limit,
                nextStep: `Pay another way, ${limit}.`,
              };
          }
        },
      };
    });
  },
};
