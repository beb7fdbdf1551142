// compare-regions.ts: what a new list of regions would change for the rules that name some of them: a country that a region
// no longer has, or has as well, and another order of which of two regions is the nearer.
// Must not decide whether that is allowed. Clause: AG-642 4.
import { COUNTRY_CODES, type CountryCode } from './country.ts';
import { type Regions, jurisdictionChain } from './jurisdiction.ts';

export interface RegionDifference {
  readonly region: string;
  readonly gained: readonly CountryCode[];
  readonly lost: readonly CountryCode[];
}

/** Two regions that are looked through in another order for a country that both have as before. */
export interface OrderDifference {
  readonly country: CountryCode;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** `named`: the regions that matter. Nothing differs for a rule that names one of them if both lists are empty. */
export function compareRegions(
  before: Regions,
  after: Regions,
  named: ReadonlySet<string>,
  atMs: number,
): { readonly regions: readonly RegionDifference[]; readonly orders: readonly OrderDifference[] } {
  const differences = new Map<string, { gained: CountryCode[]; lost: CountryCode[] }>();
  const orders: OrderDifference[] = [];
  const differenceOf = (region: string): { gained: CountryCode[]; lost: CountryCode[] } => {
    const known = differences.get(region) ?? { gained: [], lost: [] };
    differences.set(region, known);
    return known;
  };
  // A region without a country of its own would be in no chain: it is missed here.
  for (const region of named) if (before.ids.has(region) && !after.ids.has(region)) differenceOf(region);
  for (const country of COUNTRY_CODES) {
    const was = jurisdictionChain(country, atMs, before).filter((code) => named.has(code) || code === 'EU');
    const is = jurisdictionChain(country, atMs, after).filter((code) => named.has(code) || code === 'EU');
    const gained = is.filter((code) => !was.includes(code));
    const lost = was.filter((code) => !is.includes(code));
    for (const region of gained) differenceOf(region).gained.push(country);
    for (const region of lost) differenceOf(region).lost.push(country);
    const common = was.filter((code) => is.includes(code));
    const reordered = is.filter((code) => was.includes(code));
    if (common.some((code, at) => code !== reordered[at])) orders.push({ country, before: was, after: is });
  }
  const regions = [...differences].map(([region, { gained, lost }]) => ({ region, gained, lost }));
  return { regions, orders };
}
