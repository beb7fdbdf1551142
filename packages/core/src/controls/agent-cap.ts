// agent-cap.ts: what one agent may spend in a period under this policy. Clause: AG-642 4.2. Purchases only.
// The ledger keeps the cap exactly, whatever the concurrency, so the rule itself decides nothing: budget-room reports
// it (control `agent_cap`, reason `agent_cap_exceeded`). It always denies: nothing is set aside beyond a cap.
import { isTimeZone } from '../calendar.ts';
import { ParameterReader } from '../policy/parameter-reader.ts';
import type { RuleControl } from '../policy/rule.ts';

export const agentCap: RuleControl = {
  ruleType: 'agent_cap',
  stages: ['request', 'execution', 'authorization'],
  clause: 'AG-642 4.2',
  compile(parameters, pointer) {
    const reader = new ParameterReader(parameters, pointer);
    const { minor: limitMinor, currency } = reader.money('limit', 'currency');
    const period = reader.choice('period', ['day', 'week', 'month', 'quarter', 'year', 'lifetime']);
    const timeZone = reader.optionalText('time_zone') ?? 'UTC';
    if (timeZone !== '' && timeZone !== 'UTC' && !isTimeZone(timeZone)) {
      const message = `\`${timeZone}\` is not a time zone such as \`Europe/Berlin\`.`;
      reader.fault('time_zone', 'unknown_time_zone', message);
    }
    return reader.finish(() => ({
      agentCap: { limitMinor, currency, period, timeZone },
      evaluate: () => null,
    }));
  },
};
