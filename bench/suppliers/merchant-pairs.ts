// bench/suppliers/merchant-pairs.ts: pairs of card descriptors out of real card data. There are no labels in it, so they are
// made in two ways, neither of which asks the code that is measured. Chains: a hand-written list says which strings belong
// to which well-known chain. Purchases: strings that begin alike, in one merchant category and one cost centre, are the same;
// strings that share their first or their last word and nothing of category, cost centre or beginning are different.
import { join } from 'node:path';

import { CHAINS } from './chains.ts';
import { type Half, type LabelledPair, halfOf } from './pair-counts.ts';
import { readTable } from './read-table.ts';

interface Descriptor {
  readonly text: string;
  readonly letters: string;
  readonly mcc: string;
  readonly costCentres: ReadonlySet<string>;
  readonly chain: string | null;
}

const PAIRS_PER_CHAIN = 150;
const PAIRS_PER_STRING = 3;
const PREFIX_LENGTH = 9;

export async function merchantPairs(data: string): Promise<ReadonlyMap<Half, LabelledPair[]>> {
  const descriptors = await readDescriptors(data);
  const halves = new Map<Half, LabelledPair[]>();
  for (const half of ['development', 'holdout'] as const) {
    // By the chain or the beginning: no merchant is on both sides.
    const own = descriptors.filter(({ chain, letters }) => halfOf(chain ?? letters.slice(0, 5)) === half);
    halves.set(half, [...chainPairs(own), ...purchasePairs(own)]);
  }
  return halves;
}

async function readDescriptors(data: string): Promise<Descriptor[]> {
  const rows = await readTable(join(data, 'toronto-pcard', 'transactions-2011-2016.csv.gz'));
  const found = new Map<string, { mccs: Map<string, number>; costCentres: Set<string> }>();
  for (const { merchant = '', mcc = '', cost_centre: costCentre = '' } of rows) {
    if (merchant === '') continue;
    const one = found.get(merchant) ?? { mccs: new Map<string, number>(), costCentres: new Set<string>() };
    one.mccs.set(mcc, (one.mccs.get(mcc) ?? 0) + 1);
    one.costCentres.add(costCentre);
    found.set(merchant, one);
  }
  return [...found]
    .map(([text, { mccs, costCentres }]) => ({
      text,
      letters: text.toUpperCase().replaceAll(/[^A-Z]/g, ''),
      mcc: [...mccs].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '',
      costCentres,
      chain: CHAINS.find(({ pattern }) => pattern.test(text))?.name ?? null,
    }))
    .sort((a, b) => (a.text < b.text ? -1 : 1));
}

/** Same chain: same; a chain against the next ones in the list, which are chosen to be confusable: different. */
function chainPairs(descriptors: readonly Descriptor[]): LabelledPair[] {
  const members = new Map<string, Descriptor[]>();
  for (const one of descriptors) {
    if (one.chain !== null) members.set(one.chain, [...(members.get(one.chain) ?? []), one]);
  }
  const chains = [...members];
  return chains.flatMap(([, own], at) => {
    const same = spread(allPairs(own, own), PAIRS_PER_CHAIN).map((pair) => labelled(pair, true, 'one chain'));
    const others = chains.slice(at + 1, at + 6).flatMap(([, other]) => spread(allPairs(own, other), 12));
    return [...same, ...others.map((pair) => labelled(pair, false, 'two chains'))];
  });
}

function purchasePairs(descriptors: readonly Descriptor[]): LabelledPair[] {
  const others = descriptors.filter(
    ({ chain, letters }) => chain === null && letters.length >= PREFIX_LENGTH,
  );
  const byBeginning = groupBy(others, ({ letters }) => letters.slice(0, PREFIX_LENGTH));
  const same = [...byBeginning.values()].flatMap((group) =>
    spread(
      allPairs(group, group).filter(([a, b]) => a.mcc === b.mcc && haveCommon(a.costCentres, b.costCentres)),
      PAIRS_PER_STRING,
    ).map((pair) => labelled(pair, true, 'one beginning, category and cost centre')),
  );
  const different = [firstWord, lastWord].flatMap((wordOf) =>
    [...groupBy(others, wordOf)].flatMap(([word, group]) => {
      if (word.length < 4) return [];
      const pairs = allPairs(group, group).filter(
        ([a, b]) =>
          a.mcc.slice(0, 2) !== b.mcc.slice(0, 2) &&
          !haveCommon(a.costCentres, b.costCentres) &&
          a.letters.slice(0, PREFIX_LENGTH) !== b.letters.slice(0, PREFIX_LENGTH),
      );
      return spread(pairs, PAIRS_PER_STRING).map((pair) => labelled(pair, false, 'one word, nothing else'));
    }),
  );
  return [...same, ...different];
}

type Pair = readonly [Descriptor, Descriptor];

function labelled([one, other]: Pair, isSame: boolean, kind: string): LabelledPair {
  return { one: { name: one.text }, other: { name: other.text }, isSame, kind };
}

function allPairs(first: readonly Descriptor[], second: readonly Descriptor[]): Pair[] {
  const isOne = first === second;
  return first.flatMap((one, at) =>
    (isOne ? second.slice(at + 1) : second).map((other): Pair => [one, other]),
  );
}

/** At most so many, evenly out of all. */
function spread(pairs: readonly Pair[], count: number): Pair[] {
  const every = Math.max(1, Math.floor(pairs.length / count));
  return pairs.filter((_, at) => at % every === 0).slice(0, count);
}

function groupBy(
  descriptors: readonly Descriptor[],
  keyOf: (one: Descriptor) => string,
): Map<string, Descriptor[]> {
  const groups = new Map<string, Descriptor[]>();
  for (const one of descriptors) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
}

function firstWord({ text }: Descriptor): string {
  return /^[A-Z]+/.exec(text)?.[0] ?? '';
}

function lastWord({ text }: Descriptor): string {
  return /[A-Z]+$/.exec(text)?.[0] ?? '';
}

function haveCommon(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  for (const entry of one) if (other.has(entry)) return true;
  return false;
}
