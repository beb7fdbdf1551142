// currency.ts: which currencies exist and how many digits their minor unit has (ISO 4217, and stablecoins).
// Must not ask `Intl`: its digits are for display (it shows HUF, IQD and COP without their minor unit).
import { CURRENCY_TABLE } from './currency-table.ts';

type CurrencyRow = (typeof CURRENCY_TABLE)[number];

/** An ISO 4217 alphabetic code that has a minor unit, or a stablecoin's symbol. Always upper case. */
export type CurrencyCode = CurrencyRow['code'];

export type CurrencyKind = CurrencyRow['kind'];

const rowByCode: ReadonlyMap<string, CurrencyRow> = new Map(CURRENCY_TABLE.map((row) => [row.code, row]));

/**
 * The currency a text names, in any letter case; undefined when it is not exactly a known code.
 * Codes without a minor unit (XAU, XDR, XTS, XXX and their kind) are not currencies to buy in: undefined.
 */
export function parseCurrency(text: string): CurrencyCode | undefined {
  // Tested before folding, because folding alone would turn some letters outside ASCII into ASCII ones.
  if (!/^[A-Za-z]{3,4}$/.test(text)) return undefined;
  return rowByCode.get(text.toUpperCase())?.code;
}

/** How many decimal digits the minor unit has: 2 for USD, 0 for JPY, 3 for KWD, 4 for CLF, 6 for USDC. */
export function currencyDigits(code: CurrencyCode): number {
  return rowOf(code).digits;
}

/** Whether money in this currency is a state's (`fiat`) or an issuer's token (`stablecoin`). */
export function currencyKind(code: CurrencyCode): CurrencyKind {
  return rowOf(code).kind;
}

function rowOf(code: CurrencyCode): CurrencyRow {
  const row = rowByCode.get(code);
  if (row === undefined) throw new Error(`currency was not parsed first: ${code}`);
  return row;
}
