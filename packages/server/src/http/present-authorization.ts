// http/present-authorization.ts: the amounts of one authorization: what the merchant asked for, and what the card is billed.
import { type CurrencyCode, formatAmount } from '@countersign/core';

import type { RecordedMerchantAmount } from './present-decision.ts';

interface Charged {
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly merchantAmount: RecordedMerchantAmount | null;
}

/** `billing_amount` and `exchange_rate` where the merchant charges in another currency than the card's. */
export function presentCharged({ amountMinor, currency, merchantAmount }: Charged): {
  amount: string;
  currency: string;
  billing_amount?: string;
  billing_currency?: string;
  exchange_rate?: string;
} {
  const billed = formatAmount(amountMinor, currency as CurrencyCode); // stored as parsed
  if (merchantAmount === null) return { amount: billed, currency };
  return {
    amount: formatAmount(BigInt(merchantAmount.amount_minor), merchantAmount.currency as CurrencyCode), // the same
    currency: merchantAmount.currency,
    billing_amount: billed,
    billing_currency: currency,
    exchange_rate: merchantAmount.rate,
  };
}
