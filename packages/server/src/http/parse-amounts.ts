// http/parse-amounts.ts: from the wire's texts to what the gate takes: minor units, known currencies, countries, rails.
// Every fault is a 422 that names its field.
import {
  type CountryCode,
  type CurrencyCode,
  parseAmount,
  parseCountry,
  parseCurrency,
  parseRail,
} from '@countersign/core';

import { invalidField } from './problem.ts';

export interface ParsedMoney {
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
}

export function parsedMoney(amount: string | number, currencyText: string): ParsedMoney {
  const currency = parsedCurrency('currency', currencyText);
  return { amountMinor: parsedAmount('amount', amount, currency), currency };
}

export function parsedCurrency(field: string, text: string): CurrencyCode {
  const currency = parseCurrency(text);
  if (currency !== undefined) return currency;
  const message = `\`${field}\` must be an ISO 4217 code or a stablecoin that is known here.`;
  throw invalidField('unknown_currency', { field, code: 'unknown_currency', message });
}

export function parsedAmount(
  field: string,
  amount: string | number,
  currency: CurrencyCode,
  { allowZero = false }: { readonly allowZero?: boolean } = {},
): bigint {
  const result = parseAmount(amount, currency, { allowZero });
  if (result.ok) return result.minor;
  const message = result.message.replace(/^amount/, `\`${field}\``);
  throw invalidField('invalid_amount', { field, code: result.code, message: `${message}.` });
}

export function parsedCountry(field: string, text: string): CountryCode {
  const country = parseCountry(text);
  if (country !== undefined) return country;
  const message = `\`${field}\` must be an ISO 3166-1 alpha-2 code such as \`DE\`.`;
  throw invalidField('invalid', { field, code: 'unknown_country', message });
}

export function parsedRail(field: string, text: string): string {
  const rail = parseRail(text);
  if (rail !== undefined) return rail;
  const message = `\`${field}\` is not a payment rail that is known here.`;
  throw invalidField('invalid', { field, code: 'unknown_rail', message });
}
