// amount-for-limit.ts: an amount as a limit of a rule sees it: in the limit's currency, converted and rounded up where there
// is a good exchange rate. Without one there is nothing to compare: missing evidence, never a pass.
import type { CurrencyCode } from '../currency.ts';
import { type ExchangeFacts, convertMinor, describeRate } from '../exchange/convert.ts';
import { formatMoney } from '../money.ts';
import type { RuleVerdict } from '../policy/rule.ts';

export type AmountForLimit =
  | {
      readonly ok: true;
      readonly minor: bigint;
      /** What was seen, with the rate where it was converted. */
      readonly text: string;
    }
  | { readonly ok: false; readonly verdict: RuleVerdict };

/** `of`: what the limit is called in the message. */
export function amountForLimit(
  amount: { readonly minor: bigint; readonly currency: CurrencyCode },
  limit: { readonly currency: CurrencyCode; readonly of: string },
  exchange: ExchangeFacts,
): AmountForLimit {
  const converted = convertMinor(amount.minor, { from: amount.currency, to: limit.currency }, exchange);
  if (converted.ok) {
    const text = formatMoney(converted.minor, limit.currency);
    if (converted.rate === null) return { ok: true, minor: converted.minor, text };
    const original = formatMoney(amount.minor, amount.currency);
    return {
      ok: true,
      minor: converted.minor,
      text: `${text}, which is ${original} at ${describeRate(converted.rate)}`,
    };
  }
  const message = `The ${limit.of} is in \`${limit.currency}\` and the amount in \`${amount.currency}\`: they cannot be compared.`;
  return {
    ok: false,
    verdict:
      converted.reasonCode === 'exchange_rate_stale'
        ? {
            kind: 'missing',
            evidence: 'currency',
            reasonCode: converted.reasonCode,
            message: `${message} ${converted.message}`,
          }
        : { kind: 'missing', evidence: 'currency', message },
  };
}
