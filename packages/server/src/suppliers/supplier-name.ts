// suppliers/supplier-name.ts: the normal form of a name or a card descriptor, by which names are compared and purchases
// grouped. Pure. INVARIANT: normalising a normal form gives the same form. It admits nothing.
import { looksPrinted, merchantWords, wordsOf } from './card-descriptor.ts';
import { skeletonOf } from './confusables.ts';
import { withoutLegalForms } from './legal-forms.ts';

export interface NormalName {
  /** Words, look-alikes folded, without legal forms, codes and connecting words. At least one, unless there was nothing. */
  readonly words: readonly string[];
  /** The words with one space between them. */
  readonly key: string;
}

const CONNECTING = new Set([
  'and',
  'the',
  'of',
  'et',
  'und',
  'y',
  'e',
  'de',
  'des',
  'du',
  'la',
  'le',
  'les',
  'der',
  'die',
  'das',
  'for',
]);

export function normalName(name: string): NormalName {
  let normal = normalOnce(skeletonOf(name).trim());
  // What was taken off may lay bare something else to take off: a look at the result settles it.
  for (let look = 0; look < 4; look += 1) {
    const again = normalOnce(normal.key);
    if (again.key === normal.key) break;
    normal = again;
  }
  return normal;
}

function normalOnce(skeleton: string): NormalName {
  // An id such as `vendor_2` is not a descriptor: its digits tell it from `vendor_1`.
  const isPrinted = looksPrinted(skeleton);
  const words = isPrinted ? merchantWords(skeleton) : wordsOf(skeleton);
  const bare = withoutLegalForms(words);
  const telling = bare.filter((word) => !CONNECTING.has(word));
  const kept = telling.length > 0 ? telling : bare;
  if (kept.length === 0) return { words: [], key: skeleton };
  const isId = !isPrinted && kept.some((word) => /\d/.test(word));
  return { words: kept, key: kept.join(isId ? '_' : ' ') };
}
