// mcc-blocklist.ts: never from merchants of these categories. Clause: AG-642 4.3. Spend only, all stages.
// Missing evidence: no merchant category code, or one that is not four digits (ISO 18245).
import { ParameterReader } from '../policy/parameter-reader.ts';
import type { RuleControl } from '../policy/rule.ts';
import { mccOf, readMccList } from './mcc-list.ts';

export const mccBlocklist: RuleControl = {
  ruleType: 'mcc_blocklist',
  stages: ['request', 'execution', 'authorization'],
  clause: 'AG-642 4.3',
  compile(parameters, pointer) {
    const reader = new ParameterReader(parameters, pointer);
    const mccs = readMccList(reader, 'mccs');
    return reader.finish(() => {
      const limit = `none of ${mccs.entries} blocked entries`;
      return {
        evaluate(action) {
          if (action.type !== 'spend') return null;
          const mcc = mccOf(action);
          if (mcc === null) {
            return {
              kind: 'missing',
              evidence: 'merchant.mcc',
              message: 'No merchant category code of four digits is given, and some are blocked.',
            };
          }
          if (!mccs.has(mcc)) return { kind: 'pass', observed: mcc, limit };
          return {
            kind: 'violation',
            reasonCode: 'blocked_mcc',
            message: `The merchant category code \`${mcc}\` is blocked.`,
            observed: mcc,
            limit,
            nextStep: 'Choose a merchant of another category.',
          };
        },
      };
    });
  },
};
