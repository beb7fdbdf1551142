// bench/suppliers/pair-counts.ts: counts of right and wrong answers over labelled pairs, and precision, recall and F1 of them.
import { createHash } from 'node:crypto';

import type { Party, PartyRelation } from '../../packages/server/src/suppliers/relate-parties.ts';

export interface LabelledPair {
  readonly one: Party;
  readonly other: Party;
  readonly isSame: boolean;
  /** How the label was made. */
  readonly kind: string;
}

export interface PairCounts {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export function countPairs(
  pairs: readonly LabelledPair[],
  isRelated: (pair: LabelledPair) => boolean,
): PairCounts {
  let [truePositives, falsePositives, falseNegatives, trueNegatives] = [0, 0, 0, 0];
  for (const pair of pairs) {
    const related = isRelated(pair);
    if (related && pair.isSame) truePositives += 1;
    else if (related) falsePositives += 1;
    else if (pair.isSame) falseNegatives += 1;
    else trueNegatives += 1;
  }
  const precision = ratio(truePositives, truePositives + falsePositives);
  const recall = ratio(truePositives, truePositives + falseNegatives);
  const f1 = ratio(2 * precision * recall, precision + recall);
  return { truePositives, falsePositives, falseNegatives, trueNegatives, precision, recall, f1 };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? Number.NaN : part / whole;
}

export type Half = 'development' | 'holdout';

/** By the label, so that nothing of one supplier is on both sides. */
export function halfOf(label: string): Half {
  return (createHash('sha256').update(`suppliers\0${label}`).digest()[0] ?? 0) < 128
    ? 'development'
    : 'holdout';
}

/** The wrong answers a person should read, the same ones on every run. */
export function someErrors(
  pairs: readonly LabelledPair[],
  relationOf: (pair: LabelledPair) => PartyRelation,
  count: number,
): { readonly missed: string[]; readonly wrong: string[] } {
  const line = (pair: LabelledPair): string => {
    const { score, reasons } = relationOf(pair);
    return `${score.toFixed(2)} ${reasons.join('+').padEnd(24)} ${pair.one.name ?? ''} | ${pair.other.name ?? ''}  [${pair.kind}]`;
  };
  const errors = pairs.filter((pair) => relationOf(pair).related !== pair.isSame);
  const spread = (chosen: readonly LabelledPair[]): string[] => {
    const every = Math.max(1, Math.floor(chosen.length / count));
    return chosen
      .filter((_, at) => at % every === 0)
      .slice(0, count)
      .map(line);
  };
  return {
    missed: spread(errors.filter((pair) => pair.isSame)),
    wrong: spread(errors.filter((pair) => !pair.isSame)),
  };
}
