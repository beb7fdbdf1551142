// policy/rule-types.ts: every rule type there is. A new one is a file in controls/ and a line here.
import { agentCap } from '../controls/agent-cap.ts';
import { blockedCategories } from '../controls/blocked-categories.ts';
import { blockedPaymentRails } from '../controls/blocked-payment-rails.ts';
import { discountCap } from '../controls/discount-cap.ts';
import { duplicateGuard } from '../controls/duplicate-guard.ts';
import { escalateIf } from '../controls/escalate-if.ts';
import { geographyBlock } from '../controls/geography-block.ts';
import { maxAmount } from '../controls/max-amount.ts';
import { mccAllowlist } from '../controls/mcc-allowlist.ts';
import { mccBlocklist } from '../controls/mcc-blocklist.ts';
import { refundAgeLimit } from '../controls/refund-age-limit.ts';
import { timeRestriction } from '../controls/time-restriction.ts';
import { vendorAllowlist } from '../controls/vendor-allowlist.ts';
import { vendorBlocklist } from '../controls/vendor-blocklist.ts';
import type { RuleControl } from './rule.ts';

const RULE_CONTROLS: readonly RuleControl[] = [
  maxAmount,
  refundAgeLimit,
  blockedCategories,
  vendorAllowlist,
  vendorBlocklist,
  blockedPaymentRails,
  discountCap,
  geographyBlock,
  timeRestriction,
  duplicateGuard,
  escalateIf,
  mccAllowlist,
  mccBlocklist,
  agentCap,
];

/** Rule type -> its control. */
export const RULE_TYPES: ReadonlyMap<string, RuleControl> = new Map(
  RULE_CONTROLS.map((control) => [control.ruleType, control]),
);
