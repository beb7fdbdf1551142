// purchase/merchant-amount.ts: a charge in another currency than the card's. The network bills the card in its own
// currency; what the merchant asked for is kept beside that, with the rate that the two amounts come to.
// Must not decide anything: the lock, the reservation and the postings are compared with what is billed alone.
import { parseCurrency } from '../currency.ts';
import { crossRate } from '../exchange/exchange-rate.ts';
import { formatAmount } from '../money.ts';

export interface ChargedAmount {
  readonly amountMinor: bigint;
  readonly currency: string;
}

/** What the merchant asked for, in its own currency. */
export interface MerchantAmount extends ChargedAmount {
  /** Units of the billing currency for one unit of this one, as a decimal string of about 15 digits, rounded up. */
  readonly rate: string;
}

/** null: the merchant charges in the currency that is billed. */
export function merchantAmountOf(
  asked: ChargedAmount | null | undefined,
  billed: ChargedAmount,
): MerchantAmount | null {
  if (asked === null || asked === undefined || asked.currency === billed.currency) return null;
  const { amountMinor, currency } = asked;
  return { amountMinor, currency, rate: crossRate({ from: wholeUnits(asked), to: wholeUnits(billed) }) };
}

/** What the record says of it: nothing, where there is none. */
export function merchantAmountDetail(
  charged: MerchantAmount | null,
): { merchant_amount: { amount_minor: string; currency: string; rate: string } } | null {
  if (charged === null) return null;
  const { amountMinor, currency, rate } = charged;
  return { merchant_amount: { amount_minor: amountMinor.toString(), currency, rate } };
}

function wholeUnits({ amountMinor, currency }: ChargedAmount): string {
  const code = parseCurrency(currency);
  if (code === undefined) throw new Error(`currency was not parsed first: ${currency}`);
  return formatAmount(amountMinor, code);
}
