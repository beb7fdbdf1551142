// bench/splits/merchant-variants.ts: the same merchant written in another way: as networks and people write it, and as the
// city's data really have it. A real variant begins with the same nine letters, in the same merchant category, for a common
// cost centre; the code that is measured is not asked.
import type { Random } from './random.ts';
import type { Purchase } from './traffic.ts';

export const MADE_VARIANTS = {
  'another shop number': (merchant, random) => `${merchant} #${random.integer(1_000, 9_999)}`,
  'a processor in front': (merchant) => `SQ *${merchant}`,
  'with a legal form': (merchant) => `${titled(merchant)} Ltd.`,
  'with a place': (merchant) => `${merchant} TORONTO ON`,
  'cut off': (merchant) => merchant.slice(0, Math.max(8, merchant.length - 4)).trim(),
  'two letters swapped': swapped,
} satisfies Record<string, (merchant: string, random: Random) => string>;

export type MadeVariant = keyof typeof MADE_VARIANTS;

const PREFIX_LENGTH = 9;

/** Looks up real variants of a purchase's merchant. */
export function realVariants(traffic: readonly Purchase[]): (purchase: Purchase) => readonly string[] {
  const centresOf = new Map<string, Set<string>>();
  const alike = new Map<string, Set<string>>();
  for (const { merchant, category, costCentre } of traffic) {
    const beginning = beginningOf(merchant, category);
    if (beginning === null || costCentre === null) continue;
    centresOf.set(merchant, (centresOf.get(merchant) ?? new Set()).add(costCentre));
    alike.set(beginning, (alike.get(beginning) ?? new Set()).add(merchant));
  }
  return ({ merchant, category, costCentre }) => {
    const beginning = beginningOf(merchant, category);
    if (beginning === null || costCentre === null) return [];
    return [...(alike.get(beginning) ?? [])].filter(
      (other) => other !== merchant && centresOf.get(other)?.has(costCentre) === true,
    );
  };
}

function beginningOf(merchant: string, category: string): string | null {
  const letters = merchant.toUpperCase().replaceAll(/[^A-Z]/g, '');
  return letters.length < PREFIX_LENGTH ? null : `${letters.slice(0, PREFIX_LENGTH)}|${category}`;
}

function titled(merchant: string): string {
  return merchant.toLowerCase().replaceAll(/(?<![a-z'])[a-z]/g, (letter) => letter.toUpperCase());
}

function swapped(merchant: string, random: Random): string {
  const places = [...merchant.matchAll(/(?<=[A-Za-z])([A-Za-z])(?!\1)[A-Za-z]/g)].map(({ index }) => index);
  if (places.length === 0) return merchant;
  const at = random.of(places);
  return `${merchant.slice(0, at)}${merchant.charAt(at + 1)}${merchant.charAt(at)}${merchant.slice(at + 2)}`;
}
