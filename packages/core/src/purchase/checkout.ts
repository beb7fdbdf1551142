// purchase/checkout.ts: what an approval gives the agent to pay with: a locked card, or nothing but leave to pay outside.
import type { Action } from '../action.ts';
import type { CardState, Checkout, CheckoutStatus } from './state.ts';

/** The card and checkout status of a purchase approved now. */
export function checkoutOf(
  checkout: Checkout,
  action: Action,
  nowMs: number,
): { checkoutStatus: CheckoutStatus; card: CardState | null } {
  if (checkout.method === 'external') return { checkoutStatus: 'none', card: null };
  return {
    checkoutStatus: 'issued',
    card: {
      cardId: checkout.cardId,
      rail: action.rail ?? 'card',
      provider: checkout.provider,
      status: 'active',
      last4: checkout.last4,
      expiresAtMs: nowMs + checkout.validForMs,
    },
  };
}
