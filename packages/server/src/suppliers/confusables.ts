// suppliers/confusables.ts: folds letters that look like Latin ones into them, so that a name in another script can be
// compared with the name it passes for. A reduced table after Unicode Technical Standard #39 (confusables.txt): upper-case
// letters of scripts that vendors' names are forged with. Full-width and mathematical letters fold by NFKC alone.
// Must not be used to admit anything: two names with one skeleton look alike, they are not the same.

/** Latin capital -> capitals of other scripts, and Latin letters beyond ASCII, that are read as it. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  A: 'АΑᎪꓮ𐊠Ꭺ',
  AE: 'ÆӔ',
  B: 'ВΒᏴꓐᛒ',
  C: 'СϹᏟꓚⲤ',
  D: 'ԀᎠꓓĐÐƉ',
  E: 'ЕΕᎬꓰⴹ',
  F: 'ϜꓝՖғ',
  G: 'ԌᏀꓖԍƓ',
  H: 'НΗᎻꓧⲎҺՀҢӉ',
  I: 'ІΙӀⲒꓲӏ',
  J: 'ЈͿᎫꓙՅ',
  K: 'КΚᏦꓗⲔҚҜ',
  L: 'ԼᏞꓡⳐŁ',
  M: 'МΜᎷꓟⲘϺ',
  N: 'ΝꓠⲚՈ',
  O: 'ОΟՕꓳⲞØƠ',
  OE: 'Œ',
  P: 'РΡᏢꓑⲢ',
  Q: 'ԚႳ',
  R: 'ᎡᏒꓣƦ',
  S: 'ЅՏᏚꓢ',
  SS: 'ẞ',
  T: 'ТΤᎢꓔⲦҬŦ',
  TH: 'Þ',
  U: 'ՍꓴႮŲ',
  V: 'ѴᏙꓦ٧',
  W: 'ԜᏔᎳꓪ',
  X: 'ХΧꓫⲬҲ',
  Y: 'УΥҮꓬⲨҰ',
  Z: 'ΖᏃꓜ',
};

const PROTOTYPES: ReadonlyMap<string, string> = new Map(
  Object.entries(LOOKALIKES).flatMap(([latin, others]) =>
    Array.from(others, (letter) => [letter, latin] as const),
  ),
);

const IS_PLAIN = /^[\x20-\x7e]*$/;

/** Lower case, without accents, look-alikes folded. The skeleton of a skeleton is itself. */
export function skeletonOf(text: string): string {
  if (IS_PLAIN.test(text)) return text.toLowerCase();
  let folded = foldOnce(text);
  // A letter may decompose into one that folds: a second look settles it, and what does not settle stays as it is.
  for (let look = 0; look < 3; look += 1) {
    const again = foldOnce(folded);
    if (again === folded) break;
    folded = again;
  }
  return folded;
}

function foldOnce(text: string): string {
  // Upper case first: Cyrillic `м` and `в` are read as Latin only as capitals, and a name must not depend on its case.
  const capitals = text
    .normalize('NFKC')
    .toUpperCase()
    .normalize('NFKD')
    .replaceAll(/\p{M}|\p{Cf}/gu, '');
  let folded = '';
  for (const letter of capitals) folded += PROTOTYPES.get(letter) ?? letter;
  // At the end of a word JavaScript writes sigma in another way.
  return folded.toLowerCase().replaceAll('ς', 'σ').normalize('NFKC');
}

/**
 * What is left of a name when digits and letters that are read as each other are one: `paypa1`, `PayPaI` and `paypal`.
 * Far too coarse to relate names by itself.
 */
export function lookalikeOf(text: string): string {
  return skeletonOf(text)
    .replaceAll(/[il|!1]/g, 'l')
    .replaceAll('0', 'o')
    .replaceAll('5', 's')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
    .replaceAll(/[^\p{L}\p{N}]+/gu, '');
}
