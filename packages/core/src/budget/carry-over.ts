// budget/carry-over.ts: how much of a budget period's unused room goes into the next one. Pure; the ledger moves it.
import type { Balance } from '../ledger.ts';
import { availableMinor } from '../ledger.ts';

export type CarryOver =
  | { readonly kind: 'unused' }
  | { readonly kind: 'up_to_amount'; readonly amountMinor: bigint }
  /** A whole percentage, 1 to 100, of the limit that the budget has when the next period is opened. */
  | { readonly kind: 'up_to_percent'; readonly percent: number };

/**
 * Of a period that is over, what may still be set aside is moved on, rounded down to a whole minor unit; what is set
 * aside, posted or overdrawn stays. Never below zero.
 */
export function carriedMinor(
  rule: CarryOver,
  { former, limitMinor }: { readonly former: Balance; readonly limitMinor: bigint },
): bigint {
  const unused = availableMinor(former);
  if (unused <= 0n) return 0n;
  // A refund of another period's purchase takes `spent` below zero: room that was never allocated here is not moved on.
  const movable = unused < former.limitMinor ? unused : former.limitMinor;
  const most = mostOf(rule, limitMinor);
  return most !== null && most < movable ? most : movable;
}

/** null: no most. */
function mostOf(rule: CarryOver, limitMinor: bigint): bigint | null {
  switch (rule.kind) {
    case 'unused':
      return null;
    case 'up_to_amount':
      return rule.amountMinor;
    case 'up_to_percent':
      return (limitMinor * BigInt(rule.percent)) / 100n;
  }
}
