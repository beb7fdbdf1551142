// jurisdiction.ts: where the rules of a purchase come from, nearest first: its country, the regions that contain it, `*`.
// A row for DE wins over one for EU, and that over one for `*`. Must not decide which row applies. Clause: AG-642 4.
import { EU_MEMBERS_SINCE, isEuMember, parseCountry } from './country.ts';

/** What holds wherever nothing nearer does, an unknown jurisdiction included. */
export const EVERYWHERE = '*';

/** A region an operator defined: its members are countries, `EU`, or other regions. Codes are in upper case. */
export interface Region {
  readonly id: string;
  readonly members: readonly string[];
}

export interface RegionFault {
  /** Where it is: the region's place in the list, and the member's in the region; null for the region itself. */
  readonly region: number;
  readonly member: number | null;
  readonly message: string;
}

/** Regions made ready to be asked. `chains` remembers the answers; it never changes one. */
export interface Regions {
  /** Region ids, `EU` included. */
  readonly ids: ReadonlySet<string>;
  readonly containers: ReadonlyMap<string, readonly string[]>;
  /** How many countries each region has, directly or through others: the smaller of two is the nearer. */
  readonly sizes: ReadonlyMap<string, number>;
  readonly chains: Map<string, readonly string[]>;
}

export const REGIONS_MAX = 200;
export const REGION_MEMBERS_MAX = 300;

const NOWHERE: readonly string[] = [EVERYWHERE];

/** Upper case letters, digits, `_` and `-`, at least three characters: so never a country's code. */
const REGION_ID = /^[A-Z][A-Z0-9_-]{2,39}$/;

export const NO_REGIONS: Regions = compileRegions([]);

/**
 * Where the rules for a country are looked for, nearest first: `DE`, `EU`, `*`. A region that contains another comes
 * after it; of two that do not contain each other, the one with fewer countries comes first, then the lower id.
 * Null or an unknown country: `*` alone.
 */
export function jurisdictionChain(
  country: string | null,
  atMs: number,
  regions: Regions = NO_REGIONS,
): readonly string[] {
  const code = country === null ? undefined : parseCountry(country);
  if (code === undefined) return NOWHERE;
  const isMember = isEuMember(code, atMs);
  const key = isMember ? `${code}+EU` : code;
  let chain = regions.chains.get(key);
  if (chain === undefined) {
    chain = chainOf(code, isMember, regions);
    regions.chains.set(key, chain);
  }
  return chain;
}

/** The code of a jurisdiction that a row may name: a country, a region, `EU` or `*`; undefined for all else. */
export function parseJurisdiction(text: string, regions: Regions = NO_REGIONS): string | undefined {
  if (text === EVERYWHERE) return EVERYWHERE;
  const country = parseCountry(text);
  if (country !== undefined) return country;
  const id = /^[A-Za-z0-9_-]{2,40}$/.test(text) ? text.toUpperCase() : text;
  return regions.ids.has(id) ? id : undefined;
}

/** Every fault of a list of regions; empty when it can be compiled. */
export function regionFaults(regions: readonly Region[]): RegionFault[] {
  const faults: RegionFault[] = [];
  const ids = new Set(['EU', ...regions.map((region) => region.id)]);
  const seen = new Set<string>();
  for (const [at, { id, members }] of regions.entries()) {
    const fault = idFault(id, seen);
    if (fault !== null) faults.push({ region: at, member: null, message: fault });
    seen.add(id);
    if (members.length === 0) {
      faults.push({ region: at, member: null, message: `region \`${id}\` has no members` });
    }
    for (const [memberAt, member] of members.entries()) {
      const message = memberFault(member, members.indexOf(member) < memberAt, ids);
      if (message !== null) faults.push({ region: at, member: memberAt, message });
    }
  }
  return [...faults, ...cycleFaults(regions)];
}

/** Throws on faults: they are found with `regionFaults` when the regions are published. */
export function compileRegions(regions: readonly Region[]): Regions {
  const fault = regionFaults(regions)[0];
  if (fault !== undefined) throw new Error(`regions were not checked first: ${fault.message}`);
  const containers = new Map<string, string[]>();
  for (const { id, members } of regions) {
    for (const member of members) {
      const list = containers.get(member);
      if (list === undefined) containers.set(member, [id]);
      else list.push(id);
    }
  }
  const members = new Map(regions.map((region) => [region.id, region.members]));
  const sizes = new Map([['EU', EU_MEMBERS_SINCE.size]]);
  for (const { id } of regions) sizes.set(id, countriesOf(id, members).size);
  return { ids: new Set(['EU', ...members.keys()]), containers, sizes, chains: new Map() };
}

function idFault(id: string, seen: ReadonlySet<string>): string | null {
  if (!REGION_ID.test(id)) {
    return 'a region id is 3 to 40 upper case letters, digits, `_` or `-`, and begins with a letter';
  }
  return seen.has(id) ? `region \`${id}\` is defined twice` : null;
}

function memberFault(member: string, isRepeated: boolean, ids: ReadonlySet<string>): string | null {
  if (parseCountry(member) !== member && !ids.has(member)) {
    return `\`${member}\` is neither a country's ISO 3166-1 alpha-2 code nor a region`;
  }
  return isRepeated ? `member \`${member}\` is listed twice` : null;
}

// A region is in a cycle if it can be reached from its own members.
function cycleFaults(regions: readonly Region[]): RegionFault[] {
  const members = new Map(regions.map((region) => [region.id, region.members]));
  return regions.flatMap(({ id }, at) => {
    const reached = new Set<string>();
    const open = [...(members.get(id) ?? [])];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (reached.has(next)) continue;
      reached.add(next);
      open.push(...(members.get(next) ?? []));
    }
    return reached.has(id) ? [{ region: at, member: null, message: `region \`${id}\` contains itself` }] : [];
  });
}

function countriesOf(id: string, members: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set<string>();
  const open = [id];
  const reached = new Set(open);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const inside = next === 'EU' ? [...EU_MEMBERS_SINCE.keys()] : members.get(next);
    if (inside === undefined) found.add(next);
    for (const member of inside ?? []) {
      if (!reached.has(member)) open.push(member);
      reached.add(member);
    }
  }
  return found;
}

// The order is by the longest way up from the country, so that what contains something always comes after it.
function chainOf(country: string, isMember: boolean, { containers, sizes }: Regions): readonly string[] {
  const above = (code: string): readonly string[] => {
    const own = containers.get(code) ?? [];
    return code === country && isMember ? [...own, 'EU'] : own;
  };
  const heights = new Map<string, number>();
  const inOrder = topologically(country, above);
  for (const code of inOrder) {
    for (const container of above(code)) {
      heights.set(container, Math.max(heights.get(container) ?? 0, (heights.get(code) ?? 0) + 1));
    }
  }
  const regions = [...heights.keys()].sort(
    (left, right) =>
      (heights.get(left) ?? 0) - (heights.get(right) ?? 0) ||
      (sizes.get(left) ?? 0) - (sizes.get(right) ?? 0) ||
      (left < right ? -1 : 1),
  );
  return [country, ...regions, EVERYWHERE];
}

// What is reached from `start`, each before everything that contains it.
function topologically(start: string, above: (code: string) => readonly string[]): string[] {
  const done = new Set<string>();
  const order: string[] = [];
  const visit = (code: string): void => {
    if (done.has(code)) return;
    done.add(code);
    for (const container of above(code)) visit(container);
    order.push(code);
  };
  visit(start);
  return order.reverse();
}
