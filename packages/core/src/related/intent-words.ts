// related/intent-words.ts: the words of a stated intent that name a job, so that parts of one job are known by what they
// share. Must not decide anything alone: words relate only purchases from the same supplier.

/** Words that any purchase may use: they name no job. */
const COMMON_WORDS: ReadonlySet<string> = new Set(
  `a about additional after all also an and annual any are as at be before buy buying by charge charges cost costs daily
  extra fee fees first for from further get in into invoice is it item items its last monthly more need needed needs new
  next of on one or order ordering orders other our over part parts pay payment per please price product products
  purchase purchases purchasing quantity quarterly renew renewal request second service services set standard
  subscription supplier team that the their third this three to two under unit units up use usage vendor via we weekly
  will with yearly`.split(/\s+/),
);

const WORDS_MAX = 8;

/** Lower case, without marks, digits, plural endings and common words; the longest ones, at most eight, in order. */
export function intentWords(intent: string): readonly string[] {
  const words = new Set<string>();
  // Nearly all are plain: the form for every script costs ten times as much.
  const isPlain = /^[ -~]*$/.test(intent);
  const folded = isPlain
    ? intent.toLowerCase()
    : intent.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  for (const found of folded.match(isPlain ? /[a-z]{3,}/g : /\p{L}{3,}/gu) ?? []) {
    const word = singular(found);
    if (!COMMON_WORDS.has(word) && !COMMON_WORDS.has(found)) words.add(word);
  }
  return [...words].sort((a, b) => b.length - a.length || (a < b ? -1 : 1)).slice(0, WORDS_MAX);
}

function singular(word: string): string {
  if (word.length > 4 && word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  return word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word;
}

/**
 * Half of the shorter of the two: `roof repair: labour`, `roof repair: scaffold`. At least two words; one is enough of what is
 * close in time, as parts of one order are (`locks: labour`, `locks: delivery`): a month apart it is what is bought anyway.
 */
export function sharesIntent<T>(
  left: readonly T[],
  right: readonly T[],
  { isClose }: { readonly isClose: boolean },
): boolean {
  const shared = left.filter((word) => right.includes(word)).length;
  return shared >= (isClose ? 1 : 2) && shared * 2 >= Math.min(left.length, right.length);
}
