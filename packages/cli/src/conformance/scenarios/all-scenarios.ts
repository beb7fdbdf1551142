// conformance/scenarios/all-scenarios.ts: every case of a run in the order in which they run. Later ones may leave what earlier
// ones must not see: the log is read when all is done.
import { approvalRouting } from './approval-routing.ts';
import { authorityCeiling } from './authority-ceiling.ts';
import { cumulativeBudget } from './cumulative-budget.ts';
import { denyByDefault } from './deny-by-default.ts';
import { logAccess } from './log-completeness.ts';
import { oversight } from './oversight.ts';
import { reValidation } from './re-validation.ts';
import type { Scenario } from './scenario.ts';
import { sourcingGates } from './sourcing-gates.ts';
import { splitOrders } from './split-orders.ts';

export const SCENARIOS: readonly Scenario[] = [
  ...authorityCeiling,
  ...cumulativeBudget,
  ...sourcingGates,
  ...splitOrders,
  ...approvalRouting,
  ...denyByDefault,
  ...reValidation,
  ...oversight,
  ...logAccess,
];
