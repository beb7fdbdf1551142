// purchase/release.ts: gives back what a purchase has set aside, from wherever it sits.
import { type Transfer, transferAll } from '../ledger.ts';
import { homePeriods } from './period-rates.ts';
import type { PurchaseState } from './state.ts';

/** The account a purchase's reservation sits in. */
function reservedAccount(state: PurchaseState): 'pending' | 'committed' {
  return state.status === 'held' ? 'pending' : 'committed';
}

/** Of the periods in its own currency; see withForeignTransfers for the others. */
export function releaseTransfers(state: PurchaseState): Transfer[] {
  return transferAll(homePeriods(state), reservedAccount(state), 'available', state.reservedMinor);
}

/** The card of a purchase that came to its end before money moved. */
export function endCard(state: PurchaseState, status: 'cancelled' | 'expired'): PurchaseState['card'] {
  if (state.card === null) return null;
  return state.card.status === 'active' || state.card.status === 'frozen'
    ? { ...state.card, status }
    : state.card;
}
