// mcc-allowlist.ts: only from merchants of these categories. Clause: AG-642 4.3. Spend only, all stages.
// Missing evidence: no merchant category code, or one that is not four digits (ISO 18245).
import { ParameterReader } from '../policy/parameter-reader.ts';
import type { RuleControl } from '../policy/rule.ts';
import { mccOf, readMccList } from './mcc-list.ts';

export const mccAllowlist: RuleControl = {
  ruleType: 'mcc_allowlist',
  stages: ['request', 'execution', 'authorization'],
  clause: 'AG-642 4.3',
  compile(parameters, pointer) {
    const reader = new ParameterReader(parameters, pointer);
    const mccs = readMccList(reader, 'mccs');
    return reader.finish(() => {
      const limit = `one of ${mccs.entries} allowed entries`;
      return {
        evaluate(action) {
          if (action.type !== 'spend') return null;
          const mcc = mccOf(action);
          if (mcc === null) {
            return {
              kind: 'missing',
              evidence: 'merchant.mcc',
              message: 'No merchant category code of four digits is given, and only some are allowed.',
            };
          }
          if (mccs.has(mcc)) return { kind: 'pass', observed: mcc, limit };
          return {
            kind: 'violation',
            reasonCode: 'mcc_not_on_allowlist',
            message: `The merchant category code \`${mcc}\` is not on the list of allowed ones.`,
            observed: mcc,
            limit,
            nextStep: 'Buy from a merchant of an allowed category, or ask an operator to add this code.',
          };
        },
      };
    });
  },
};
