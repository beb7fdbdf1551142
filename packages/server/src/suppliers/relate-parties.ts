// suppliers/relate-parties.ts: whether two descriptions of somebody are of one supplier: by identifiers where both have one of
// a kind, else by their names. Pure and symmetric. Must never be asked whether a purchase may pass.
import { skeletonOf } from './confusables.ts';
import { hostOfText, normalBankAccount, normalTaxId, registrableDomain } from './identifiers.ts';
import { RELATED_FROM, relateNames } from './relate-names.ts';
import type { SupplierQuery } from './resolve-supplier.ts';

/** Neither is an identifier, offices share them; beside a name that is a little alike they tell. */
export interface Party extends SupplierQuery {
  readonly phone?: string | undefined;
  readonly address?: string | undefined;
}

export interface PartyRelation {
  readonly related: boolean;
  /** 0 to 1. */
  readonly score: number;
  readonly reasons: readonly string[];
}

/** From here on names are one supplier's where the telephone number or the address is the same. */
const NAME_BESIDE_FROM = 0.3;
/** What both being others takes from names that are not the same: two houses of one organisation have like names. */
const ELSEWHERE = 0.8;

export function relateParties(one: Party | string, other: Party | string): PartyRelation {
  const [a, b] = [partyOf(one), partyOf(other)];
  const same = IDENTIFIERS.filter(({ of }) => {
    const [left, right] = [of(a), of(b)];
    return left !== null && left === right;
  });
  const [first] = same;
  if (first !== undefined)
    return { related: true, score: first.score, reasons: same.map(({ reason }) => reason) };
  const [left, right] = [nameOf(a), nameOf(b)];
  if (left === null || right === null) return { related: false, score: 0, reasons: ['nothing_to_compare'] };
  return besides(
    relateNames(left, right),
    compared(phoneOf(a), phoneOf(b)),
    compared(placeOf(a), placeOf(b)),
  );
}

type Compared = 'same' | 'other' | null;

/** null: at least one is not known. */
function compared(one: string | null, other: string | null): Compared {
  if (one === null || other === null) return null;
  return one === other ? 'same' : 'other';
}

function besides(names: PartyRelation, phone: Compared, place: Compared): PartyRelation {
  const reasons = [...names.reasons];
  if (phone === 'same') reasons.push('same_phone');
  if (place === 'same') reasons.push('same_address');
  if (phone === 'same' || place === 'same') {
    const related = names.related || names.score >= NAME_BESIDE_FROM || (phone === place && names.score > 0);
    return { related, score: Math.max(names.score, related ? 0.9 : names.score), reasons };
  }
  if (phone !== 'other' || place !== 'other' || names.score === 1) return names;
  const score = Math.round(names.score * ELSEWHERE * 1000) / 1000;
  return { related: score >= RELATED_FROM, score, reasons: [...reasons, 'other_phone_and_address'] };
}

function partyOf(given: Party | string): Party {
  if (typeof given !== 'string') return given;
  // A text with no space and a known suffix is a host.
  const host = /^[^\s*#]+\.[^\s*#]+$/.test(given) ? hostOfText(given) : null;
  return host === null ? { name: given } : { name: given, domain: host };
}

const IDENTIFIERS: readonly {
  readonly reason: string;
  readonly score: number;
  readonly of: (party: Party) => string | null;
}[] = [
  {
    reason: 'same_tax_id',
    score: 1,
    of: ({ tax_id: text }) => valueOf(text === undefined ? null : normalTaxId(text)),
  },
  {
    reason: 'same_bank_account',
    score: 1,
    of: ({ bank_account: text }) => valueOf(text === undefined ? null : normalBankAccount(text)),
  },
  { reason: 'same_merchant_id', score: 1, of: ({ merchant_id: text }) => text ?? null },
  { reason: 'same_domain', score: 1, of: ({ domain }) => (domain === undefined ? null : hostOfText(domain)) },
  {
    reason: 'same_registrable_domain',
    score: 0.95,
    of: ({ domain }) => {
      const host = domain === undefined ? null : hostOfText(domain);
      return host === null ? null : registrableDomain(host);
    },
  },
];

function valueOf(read: ReturnType<typeof normalTaxId> | null): string | null {
  return read?.ok === true ? read.value : null;
}

function nameOf({ name, domain }: Party): string | null {
  if (name !== undefined && hostOfText(name) === null) return name;
  const host = domain === undefined ? (name === undefined ? null : hostOfText(name)) : hostOfText(domain);
  const registrable = host === null ? null : registrableDomain(host);
  return registrable?.split('.')[0] ?? name ?? null;
}

/** The last seven digits: with and without the codes in front. */
function phoneOf({ phone }: Party): string | null {
  const digits = (phone ?? '').replaceAll(/\D/g, '');
  return digits.length < 7 ? null : digits.slice(-7);
}

/** The number of the house and the first letters of the street, whatever the rest is called: `4526 S. Wabash Ave`. */
function placeOf({ address }: Party): string | null {
  const parts =
    /^\D{0,12}?(\d+)\S*\s+(?:[nsew]\.?\s+|north\s+|south\s+|east\s+|west\s+)?([\p{L}\d]{2,})/iu.exec(
      (address ?? '').trim(),
    );
  const [, house, street] = parts ?? [];
  return house === undefined || street === undefined ? null : `${house} ${skeletonOf(street).slice(0, 5)}`;
}
