// suppliers/identifiers.ts: reads hosts, tax ids and bank accounts into the one form in which they are compared.
// Pure. A fault is an answer, never a guess.
import { getDomain, getHostname } from 'tldts';

export type Identifier =
  { readonly ok: true; readonly value: string } | { readonly ok: false; readonly message: string };

const PRIVATE = { allowPrivateDomains: true } as const;

/** The part of a host that somebody registered: `shop.acme.co.uk` -> `acme.co.uk`. null: an address, a suffix, no host. */
export function registrableDomain(host: string): string | null {
  return getDomain(host.toLowerCase(), PRIVATE);
}

/** The host of an address somebody typed: `https://www.acme.com/x` -> `www.acme.com`. */
export function hostOfText(text: string): string | null {
  const at = text.includes('@') ? text.slice(text.lastIndexOf('@') + 1) : text;
  const host = getHostname(at.trim());
  return host === null || getDomain(host, PRIVATE) === null ? null : host;
}

/** Letters and digits, upper case: `DE 123.456.789` -> `DE123456789`. */
export function normalTaxId(text: string): Identifier {
  const value = text
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[\s./_-]+/g, '');
  if (!/^[A-Z0-9&]{5,24}$/.test(value)) {
    return { ok: false, message: 'a tax id has 5 to 24 letters and digits' };
  }
  return /\d/.test(value) ? { ok: true, value } : { ok: false, message: 'a tax id has at least one digit' };
}

/** An IBAN, its check digits tested (ISO 13616), or another account as `routing:number` or plain letters and digits. */
export function normalBankAccount(text: string): Identifier {
  const value = text
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[\s.-]+/g, '');
  if (/^[A-Z]{2}\d{2}/.test(value)) {
    if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(value))
      return { ok: false, message: 'an IBAN has 15 to 34 letters and digits' };
    const length = IBAN_LENGTHS[value.slice(0, 2)];
    if (length !== undefined && value.length !== length) {
      return { ok: false, message: `an IBAN of ${value.slice(0, 2)} has ${length} characters` };
    }
    return remainderOf97(value) === 1
      ? { ok: true, value }
      : { ok: false, message: 'the check digits of the IBAN are wrong' };
  }
  if (/^[A-Z0-9]{4,34}(:[A-Z0-9]{4,34})?$/.test(value) && /\d{4}/.test(value)) return { ok: true, value };
  return { ok: false, message: 'a bank account is an IBAN, or `routing:number`, of letters and digits' };
}

/** ISO 7064 MOD 97-10 of the account behind its country and check digits. */
function remainderOf97(iban: string): number {
  let remainder = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const digits = character >= 'A' ? String(character.charCodeAt(0) - 55) : character;
    for (const digit of digits) remainder = (remainder * 10 + Number(digit)) % 97;
  }
  return remainder;
}

/** Length by country, from the SWIFT IBAN registry; a country that is not listed is checked by its digits alone. */
const IBAN_LENGTHS: Readonly<Record<string, number>> = {
  AD: 24,
  AE: 23,
  AL: 28,
  AT: 20,
  AZ: 28,
  BA: 20,
  BE: 16,
  BG: 22,
  BH: 22,
  BR: 29,
  BY: 28,
  CH: 21,
  CR: 22,
  CY: 28,
  CZ: 24,
  DE: 22,
  DK: 18,
  DO: 28,
  EE: 20,
  EG: 29,
  ES: 24,
  FI: 18,
  FO: 18,
  FR: 27,
  GB: 22,
  GE: 22,
  GI: 23,
  GL: 18,
  GR: 27,
  GT: 28,
  HR: 21,
  HU: 28,
  IE: 22,
  IL: 23,
  IQ: 23,
  IS: 26,
  IT: 27,
  JO: 30,
  KW: 30,
  KZ: 20,
  LB: 28,
  LI: 21,
  LT: 20,
  LU: 20,
  LV: 21,
  MC: 27,
  MD: 24,
  ME: 22,
  MK: 19,
  MR: 27,
  MT: 31,
  MU: 30,
  NL: 18,
  NO: 15,
  PK: 24,
  PL: 28,
  PS: 29,
  PT: 25,
  QA: 29,
  RO: 24,
  RS: 22,
  SA: 24,
  SE: 24,
  SI: 19,
  SK: 24,
  SM: 27,
  TN: 24,
  TR: 26,
  UA: 29,
  VG: 24,
  XK: 20,
};
