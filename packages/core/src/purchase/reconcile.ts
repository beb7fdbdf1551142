// purchase/reconcile.ts: matches what was settled to what was asked for. Differences are flagged, never smoothed over.
import { isTheVendor } from './authorize-card.ts';
import type { AuthorizationState, DetailValue, PurchaseEvent, PurchaseState } from './state.ts';

export type ReconciliationFlag =
  | 'amount_above_request'
  | 'amount_below_request'
  | 'vendor_differs'
  | 'currency_differs'
  | 'settled_after_end';

/** Below the request is a difference worth showing, as a partial shipment is no fault; the others are mismatches. */
const MISMATCHES: ReadonlySet<ReconciliationFlag> = new Set([
  'amount_above_request',
  'vendor_differs',
  'currency_differs',
  'settled_after_end',
]);

export interface Reconciliation {
  readonly matched: boolean;
  readonly flags: readonly ReconciliationFlag[];
}

export function reconcile(state: PurchaseState): Reconciliation {
  const flags: ReconciliationFlag[] = [];
  const captured = state.authorizations.filter((authorization) => authorization.capturedMinor > 0n);
  const total = captured.reduce((sum, authorization) => sum + authorization.capturedMinor, 0n);
  if (total > state.action.amountMinor) flags.push('amount_above_request');
  if (total < state.action.amountMinor) flags.push('amount_below_request');
  if (captured.some((authorization) => !isTheVendor(state, authorization.merchant)))
    flags.push('vendor_differs');
  if (captured.some((authorization) => authorization.currency !== state.action.currency))
    flags.push('currency_differs');
  if (state.status !== 'approved') flags.push('settled_after_end');
  return { matched: !flags.some((flag) => MISMATCHES.has(flag)), flags };
}

/** The event that closes a purchase, and the state it leaves. */
export function closePurchase(state: PurchaseState): { state: PurchaseState; event: PurchaseEvent } {
  const { matched, flags } = reconcile(state);
  const detail: Record<string, DetailValue> = {
    settled_minor: state.settledMinor.toString(),
    requested_minor: state.action.amountMinor.toString(),
    flags,
  };
  return {
    state: { ...state, checkoutStatus: matched ? 'reconciled' : 'settled' },
    event: {
      type: matched ? 'purchase.completed' : 'purchase.mismatched',
      transfers: [],
      findings: null,
      detail,
    },
  };
}

/** What was captured on one authorization and not given back. */
export function netCaptured(authorization: AuthorizationState): bigint {
  return authorization.capturedMinor - authorization.refundedMinor;
}
