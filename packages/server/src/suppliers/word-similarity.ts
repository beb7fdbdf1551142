// suppliers/word-similarity.ts: how alike two words of names are, from 0 to 1: the same, cut short, abbreviated, misspelt.
// Pure and symmetric.

/** Below this two words are held to be different ones. */
const ALIKE_FROM = 0.88;

export function wordSimilarity(a: string, b: string): number {
  if (a === b) return 1;
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (short.length === 0) return 0;
  if (long === `${short}s` || long === `${short}es`) return 0.98;
  // Printed descriptors end in the middle of a word.
  if (long.startsWith(short))
    return short.length >= 4 ? 0.93 : short.length === 3 ? 0.75 : short.length === 2 ? 0.5 : 0.4;
  if (/\d/.test(a) || /\d/.test(b)) return 0; // numbers are different or they are not
  if (
    short.length >= 3 &&
    short.length <= 5 &&
    long.startsWith(short.slice(0, 1)) &&
    isAbbreviation(short, long)
  )
    return 0.7;
  if (short.length < 4) return 0;
  const alike = jaroWinkler(a, b);
  return alike >= ALIKE_FROM ? alike * 0.97 : 0;
}

/** `mfg` of `manufacturing`: its consonants, in order, as many as the word has of them up to there. */
function isAbbreviation(short: string, long: string): boolean {
  if (/[aeiou]/.test(short.slice(1)) || long.length < short.length + 2) return false;
  let at = 0;
  for (const letter of long) if (letter === short[at]) at += 1;
  return at === short.length;
}

/** Jaro's similarity with Winkler's bonus for a common beginning (Winkler 1990). */
function jaroWinkler(a: string, b: string): number {
  if (a === b) return 1;
  const window = Math.max(0, Math.floor(Math.max(a.length, b.length) / 2) - 1);
  const [inA, inB] = [new Array<boolean>(a.length).fill(false), new Array<boolean>(b.length).fill(false)];
  let matches = 0;
  for (let i = 0; i < a.length; i += 1) {
    for (let j = Math.max(0, i - window); j <= Math.min(b.length - 1, i + window); j += 1) {
      if (inB[j] === true || a[i] !== b[j]) continue;
      inA[i] = true;
      inB[j] = true;
      matches += 1;
      break;
    }
  }
  if (matches === 0) return 0;
  const [left, right] = [lettersOf(a, inA), lettersOf(b, inB)];
  const swapped = left.filter((letter, at) => letter !== right[at]).length / 2;
  const jaro = (matches / a.length + matches / b.length + (matches - swapped) / matches) / 3;
  let common = 0;
  while (common < 4 && common < Math.min(a.length, b.length) && a[common] === b[common]) common += 1;
  return jaro + common * 0.1 * (1 - jaro);
}

function lettersOf(text: string, isIn: readonly boolean[]): string[] {
  return isIn.flatMap((matched, at) => (matched ? [text[at] ?? ''] : []));
}
