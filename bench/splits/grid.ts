// bench/splits/grid.ts: tries other settings and other ways of comparing intents, each on two halves of the data: what is
// chosen on the development half has to hold on the other. A half is chosen by the merchant's first letters.
import { createHash } from 'node:crypto';

import { DEFAULT_RELATION_SETTINGS, type RelationSettings } from '../../packages/core/src/index.ts';
import type { FlaggedGroup } from './flagged-groups.ts';
import { VERDICTS, judgementsOf } from './judgements.ts';
import type { PlantedSplits } from './planting.ts';
import type { Plant } from './plants.ts';
import { outcomeOf } from './recall.ts';
import { type Rule, allFlags, groupsOf, prepare } from './replay.ts';
import type { Purchase } from './traffic.ts';

const HALVES = ['development', 'holdout'] as const;

/** Words that name a part, or a kind of thing, and no job. */
const GENERAL =
  /\b(suppl(?:y|ies)|materials?|equipment|various|misc\w*|general|training|courses?|conferences?|labour|labor|deliver\w+|install\w*|balance|deposit|extra)\b/gi;

const withoutGeneral = (purpose: string): string => purpose.replaceAll(GENERAL, ' ');
const shared = (own: readonly number[], other: readonly number[]): readonly [number, number] => [
  own.filter((word) => other.includes(word)).length,
  Math.min(own.length, other.length),
];
/** Two words, or the only one, however far apart. */
const atAnyDistance: Rule['relates'] = (own, other) => {
  const [count, shorter] = shared(own, other);
  return shorter > 0 && count * 2 >= shorter && (count >= 2 || shorter === 1);
};
/** The same, but the only one relates what is close in time alone. */
const onlyOneClose: Rule['relates'] = (own, other, daysBefore) => {
  const [count, shorter] = shared(own, other);
  return shorter > 0 && count * 2 >= shorter && (count >= 2 || (shorter === 1 && daysBefore <= 7));
};

const settings = (change: Partial<RelationSettings>): Pick<Rule, 'settings'> => ({
  settings: { ...DEFAULT_RELATION_SETTINGS, ...change },
});
const TRIED: readonly (readonly [string, Partial<Rule>])[] = [
  ['as it stands', {}],
  ['two shared words, or the only one, at any distance', { relates: atAnyDistance }],
  ['two shared words, or the only one when close', { relates: onlyOneClose }],
  ['general words left out', { intentOf: withoutGeneral }],
  ['window 14 days', settings({ windowDays: 14 })],
  ['window 21 days', settings({ windowDays: 21 })],
  ['intent share 15 %', settings({ intentSharePercent: 15 })],
  ['intent share 20 %', settings({ intentSharePercent: 20 })],
  ['large share 40 %', settings({ largeSharePercent: 40 })],
  ['large share 33 %', settings({ largeSharePercent: 33 })],
  ['large share 25 %', settings({ largeSharePercent: 25 })],
  ['close 3 days', settings({ closeDays: 3 })],
  ['close 10 days', settings({ closeDays: 10 })],
  ['close 14 days', settings({ closeDays: 14 })],
];

export function printGrid(
  purchases: readonly Purchase[],
  { planted, found }: { readonly planted: PlantedSplits; readonly found: readonly FlaggedGroup[] },
  base: Rule,
): void {
  console.log(
    'Changes that were tried, each on one half of the merchants. In time of plain splits, of those with unrelated',
  );
  console.log(
    'purposes, of those 11 to 30 days apart; held in untouched traffic; read groups of which something is still held:',
  );
  console.log('one transaction / plausibly one / innocent.');
  for (const half of HALVES) {
    console.log(`  ${half}`);
    const isOwn = (purchase: Purchase): boolean => halfOf(purchase) === half;
    const own: HalfOfData = {
      purchases: purchases.filter(isOwn),
      plain: planted.plain.filter(({ host }) => isOwn(host)),
      hard: planted.hard.filter(({ host }) => isOwn(host)),
      found: found.filter((group) => group.purchases.slice(0, 1).some(isOwn)),
    };
    for (const [name, change] of TRIED)
      console.log(`    ${name.padEnd(56)}${tried(own, { ...base, ...change })}`);
  }
}

interface HalfOfData {
  readonly purchases: readonly Purchase[];
  readonly plain: readonly Plant[];
  readonly hard: readonly Plant[];
  readonly found: readonly FlaggedGroup[];
}

function tried({ purchases, plain, hard, found }: HalfOfData, rule: Rule): string {
  const groups = groupsOf(purchases.map((purchase) => prepare(purchase, rule)));
  const recall = (plants: readonly Plant[]): string => {
    const inTime = plants.filter((plant) => outcomeOf(plant, groups, rule).inTime).length;
    return `${((100 * inTime) / Math.max(1, plants.length)).toFixed(1).padStart(6)} %`;
  };
  const held = new Set(allFlags(groups, rule).map(({ purchase }) => purchase.id));
  const verdictOf = new Map(judgementsOf(found).map(({ group, verdict }) => [group, verdict]));
  const stillHeld = found.filter(({ flagged }) => [...flagged].some((id) => held.has(id)));
  const read = VERDICTS.map(
    (verdict) => stillHeld.filter(({ anchor }) => verdictOf.get(anchor) === verdict).length,
  );
  const unrelated = hard.filter(({ design }) => design.disguise === 'unrelated purposes');
  const far = hard.filter(({ design }) => design.span === '11 to 30 days');
  return `${recall(plain)}${recall(unrelated)}${recall(far)}   held ${held.size}   read ${read.join(' / ')}`;
}

function halfOf({ merchant }: Purchase): (typeof HALVES)[number] {
  const letters = merchant
    .toUpperCase()
    .replaceAll(/[^A-Z]/g, '')
    .slice(0, 5);
  const first = createHash('sha256').update(`splits\0${letters}`).digest()[0] ?? 0;
  return first < 128 ? 'development' : 'holdout';
}
