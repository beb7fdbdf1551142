// duplicate-guard.ts: not the same action twice within a window. Clause: none. All action types; at the request
// only: an action decided again is itself, not its duplicate. The same is: same agent, type, counterparty, amount
// and currency, accepted before (SEMANTICS: denied attempts do not count); who loads the facts compares these.
// After exactly `window_minutes` it is no duplicate any more. Missing evidence: there is none.
import { ParameterReader } from '../policy/parameter-reader.ts';
import type { RuleControl } from '../policy/rule.ts';

const MINUTES_MAX = 525_600; // a year
const MINUTE_MS = 60_000;

export const duplicateGuard: RuleControl = {
  ruleType: 'duplicate_guard',
  stages: ['request'],
  clause: null,
  compile(parameters, pointer) {
    const reader = new ParameterReader(parameters, pointer);
    const windowMinutes = reader.integer('window_minutes', { min: 1, max: MINUTES_MAX });
    return reader.finish(() => {
      const limit = `once in ${minutesText(windowMinutes)}`;
      return {
        duplicateWindowMinutes: windowMinutes,
        evaluate(_action, facts) {
          if (facts.duplicateAtMs === null) return { kind: 'pass', observed: null, limit };
          // An earlier one that seems to lie ahead of now (clocks differ) is as recent as can be.
          const ageMs = facts.nowMs - facts.duplicateAtMs;
          const observed = `${minutesText(Math.max(0, Math.floor(ageMs / MINUTE_MS)))} ago`;
          if (ageMs >= windowMinutes * MINUTE_MS) return { kind: 'pass', observed, limit };
          return {
            kind: 'violation',
            reasonCode: 'duplicate_action_detected',
            message: `The same was already accepted ${observed}; it is allowed ${limit}.`,
            observed,
            limit,
            nextStep: `Use the earlier one. If a second is really wanted, wait until ${minutesText(windowMinutes)} have passed.`,
          };
        },
      };
    });
  },
};

function minutesText(minutes: number): string {
  return minutes === 1 ? '1 minute' : `${minutes} minutes`;
}
