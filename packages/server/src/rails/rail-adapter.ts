// rails/rail-adapter.ts: what every payment rail adapter provides. Money moves only as its network reports it.
import type { Checkout } from '@countersign/core';

/** How an approved purchase is paid on this rail; null: this adapter does not serve the rail. */
export interface RailAdapter {
  readonly name: string;
  checkoutFor(rail: string, cardId: string): Checkout | null;
  /** The number of a card this adapter issued. The caller has already been let through by the gate. */
  reveal(cardId: string): { readonly pan: string; readonly cvc: string };
}
