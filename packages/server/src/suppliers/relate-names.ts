// suppliers/relate-names.ts: whether two names are likely to be one supplier's, how likely, and why. Pure and symmetric.
// Must never be asked whether a purchase may pass: it relates, and raises review.
import { isPlaceWord } from './card-descriptor.ts';
import { lookalikeOf } from './confusables.ts';
import { type NormalName, normalName } from './supplier-name.ts';
import { GENERIC_WORDS } from './generic-words.ts';
import { wordSimilarity } from './word-similarity.ts';

export type NameReason =
  | 'identical'
  | 'same_normal_form'
  | 'look_alike'
  | 'same_words'
  | 'same_letters'
  | 'one_contains_the_other'
  | 'similar_words'
  | 'initials'
  | 'nothing_in_common';

export interface NameRelation {
  readonly related: boolean;
  /** 0 to 1. */
  readonly score: number;
  readonly reasons: readonly NameReason[];
}

/** Tuned on the development half of labelled pairs (bench/suppliers.ts), reported on the other. */
export const RELATED_FROM = 0.75;

export function relateNames(a: string, b: string): NameRelation {
  const [one, other] = a <= b ? [a, b] : [b, a]; // symmetric by construction
  if (one === other) return { related: true, score: 1, reasons: ['identical'] };
  const [first, second] = [normalName(one), normalName(other)];
  if (first.key === second.key) {
    return { related: true, score: 1, reasons: ['same_normal_form', ...disguise(one, other)] };
  }
  const [left, right] = [first.words.join(''), second.words.join('')];
  if (left === right && left.length > 3) return { related: true, score: 0.98, reasons: ['same_letters'] };
  if (left.length > 3 && lookalikeOf(left) === lookalikeOf(right)) {
    return { related: true, score: 0.97, reasons: ['look_alike'] };
  }
  const { score, reason } = compareWords(first, second);
  const rounded = Math.round(score * 1000) / 1000;
  const related = rounded >= RELATED_FROM;
  return { related, score: rounded, reasons: related ? [reason, ...disguise(one, other)] : [reason] };
}

/** One of two names that are alike is written in letters that only look like the other's. */
function disguise(one: string, other: string): NameReason[] {
  return isForeign(one) === isForeign(other) ? [] : ['look_alike'];
}

/** Has letters of a script that is forged with, which the normal form has folded away. */
function isForeign(name: string): boolean {
  return /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Lisu}\p{Script=Coptic}]/u.test(
    name,
  );
}

interface Compared {
  readonly score: number;
  readonly reason: NameReason;
}

function compareWords(one: NormalName, other: NormalName): Compared {
  const first = comparable(one.words, other.words);
  const second = comparable(other.words, one.words);
  const pairs = pairWords(first, second);
  const [a, b] = [weightOf(first), weightOf(second)];
  let shared = 0;
  let telling = 0;
  for (const pair of pairs) {
    const weight = (pair.one.weight + pair.other.weight) / 2;
    shared += weight * pair.likeness;
    if (weight >= 0.8) telling += pair.likeness;
  }
  if (shared === 0) return initials(one, other);
  const overlap = Math.min(1, (2 * shared) / (a + b));
  const isSubset = Math.min(1, shared / Math.min(a, b));
  const firstWords = wordSimilarity(first[0]?.word ?? '', second[0]?.word ?? '') >= 0.9;
  const contained = containment(isSubset, telling, firstWords);
  if (contained > overlap) return { score: contained, reason: 'one_contains_the_other' };
  // Words that many share make no relation, unless there is hardly anything else.
  const score = telling === 0 && overlap < 0.85 ? overlap * 0.85 : overlap;
  return {
    score,
    reason: score >= 0.999 ? 'same_words' : score >= 0.5 ? 'similar_words' : 'nothing_in_common',
  };
}

interface Word {
  readonly word: string;
  readonly weight: number;
}

/** Each word once, with its weight; two that the other name writes as one are one: `day care` and `daycare`. */
function comparable(words: readonly string[], other: readonly string[]): Word[] {
  const joined: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const [word, next] = [words[at] ?? '', words[at + 1]];
    const isOne = next !== undefined && other.includes(word + next);
    joined.push(isOne ? word + next : word);
    if (isOne) at += 1;
  }
  return [...new Set(joined)].map((word, at) => ({ word, weight: wordWeight(word, at === 0) }));
}

/** One name within the other: the more telling words they share, the less it is chance. */
function containment(isSubset: number, telling: number, firstWords: boolean): number {
  if (isSubset < 0.85 || telling < 0.9) return 0;
  const base = telling >= 1.8 ? 0.92 : firstWords ? 0.84 : 0.76;
  return base * isSubset;
}

interface Pair {
  readonly one: Word;
  readonly other: Word;
  readonly likeness: number;
}

/** Each word with at most one of the other name, the likest first. */
function pairWords(first: readonly Word[], second: readonly Word[]): Pair[] {
  const all: (Pair & { readonly i: number; readonly j: number })[] = [];
  for (const [i, one] of first.entries()) {
    for (const [j, other] of second.entries()) {
      const likeness = wordSimilarity(one.word, other.word);
      if (likeness > 0) all.push({ one, other, likeness, i, j });
    }
  }
  all.sort((a, b) => b.likeness - a.likeness || b.one.weight - a.one.weight || a.i - b.i || a.j - b.j);
  const [inFirst, inSecond] = [new Set<number>(), new Set<number>()];
  return all.filter(({ i, j }) => {
    if (inFirst.has(i) || inSecond.has(j)) return false;
    inFirst.add(i);
    inSecond.add(j);
    return true;
  });
}

function weightOf(words: readonly Word[]): number {
  return words.reduce((sum, { weight }) => sum + weight, 0);
}

/** A place in front is part of the name, `Toronto Hydro`; behind it, it says which branch. */
function wordWeight(word: string, isFirst: boolean): number {
  if (word.length === 1) return 0.3;
  if (isPlaceWord(word)) return isFirst ? 0.6 : 0.15;
  if (GENERIC_WORDS.has(word)) return isFirst ? 0.5 : 0.3;
  return /^\d+$/.test(word) ? 0.5 : 1;
}

/** `ibm` and `international business machines`. A hint, below what relates. */
function initials(first: NormalName, second: NormalName): Compared {
  const [short, long] = first.words.length <= second.words.length ? [first, second] : [second, first];
  const letters = long.words.map((word) => word[0] ?? '').join('');
  const isSame = short.words.length === 1 && long.words.length >= 3 && short.words[0] === letters;
  return isSame ? { score: 0.6, reason: 'initials' } : { score: 0, reason: 'nothing_in_common' };
}
