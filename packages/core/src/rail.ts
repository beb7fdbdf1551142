// rail.ts: the ways money can move, and which of them is a kind of which.
// Must not guess: a rail it does not know is undefined, and a general name does not say which kind was meant.

// Every known rail, with the one it is a kind of.
const RAILS = [
  { rail: 'card', kindOf: null },
  { rail: 'virtual_card', kindOf: 'card' },
  { rail: 'credit_card', kindOf: 'card' },
  { rail: 'debit_card', kindOf: 'card' },
  { rail: 'prepaid_card', kindOf: 'card' },
  { rail: 'bank', kindOf: null },
  { rail: 'ach', kindOf: 'bank' },
  { rail: 'wire', kindOf: 'bank' },
  { rail: 'sepa', kindOf: 'bank' },
  { rail: 'sepa_instant', kindOf: 'sepa' },
  { rail: 'rtp', kindOf: 'bank' },
  { rail: 'fednow', kindOf: 'bank' },
  { rail: 'faster_payments', kindOf: 'bank' },
  { rail: 'bacs', kindOf: 'bank' },
  { rail: 'crypto', kindOf: null },
  { rail: 'usdc', kindOf: 'crypto' },
  { rail: 'usdt', kindOf: 'crypto' },
  { rail: 'eurc', kindOf: 'crypto' },
  { rail: 'btc', kindOf: 'crypto' },
  { rail: 'eth', kindOf: 'crypto' },
  { rail: 'check', kindOf: null },
  { rail: 'cash', kindOf: null },
  { rail: 'wallet', kindOf: null },
  { rail: 'store_credit', kindOf: null },
] as const;

export type Rail = (typeof RAILS)[number]['rail'];

export type RailVerdict = 'blocked' | 'clear' | 'indeterminate';

const railByName: ReadonlyMap<string, Rail> = new Map(RAILS.map(({ rail }) => [rail, rail]));
const parentByRail: ReadonlyMap<Rail, Rail | null> = new Map(RAILS.map(({ rail, kindOf }) => [rail, kindOf]));

/** The rail a text names, in any letter case; undefined when it is not exactly a known one. */
export function parseRail(text: string): Rail | undefined {
  // Tested before folding, because folding alone would turn some letters outside ASCII into ASCII ones.
  return /^[A-Za-z_]+$/.test(text) ? railByName.get(text.toLowerCase()) : undefined;
}

/**
 * Whether a rail lies within blocked ones. Blocking a rail blocks every kind of it (`crypto` blocks `usdc`).
 * `indeterminate` when only some kinds of the rail are blocked and it does not say which it is (a bare
 * `bank` where `wire` is blocked): evidence is missing, and that is not a pass.
 */
export function railIsWithin(rail: Rail, blocked: readonly Rail[]): RailVerdict {
  if (blocked.some((each) => isKindOf(rail, each))) return 'blocked';
  if (blocked.some((each) => isKindOf(each, rail))) return 'indeterminate';
  return 'clear';
}

function isKindOf(rail: Rail, ancestor: Rail): boolean {
  for (let current: Rail | null | undefined = rail; current != null; current = parentByRail.get(current)) {
    if (current === ancestor) return true;
  }
  return false;
}
