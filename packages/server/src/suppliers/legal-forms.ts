// suppliers/legal-forms.ts: the words that say what kind of company somebody is, in the languages of the registers they
// come from. They tell two suppliers apart so rarely that names are compared without them. Data and one look-up.

/** Skeletons, as words of a name: `Sp. z o.o.` is `sp z o o`. Longer forms are tried first. */
const FORMS = `
  ltd|limited|ltda|ltd co|co ltd|company limited|inc|incorporated|corp|corporation|co|company|llc|l l c|llp|l l p|lp|lllp|plc|p l c|pllc|pc|ulc|na|
  public limited company|community interest company|cic|gmbh|mbh|gmbh co kg|gmbh und co kg|ag|ag co kg|kg|kgaa|ug|ug haftungsbeschrankt|ohg|gbr|e k|ek|e v|ev|eg|se|
  gesellschaft mit beschrankter haftung|aktiengesellschaft|gesmbh|ges m b h|
  sa|s a|sas|s a s|sasu|sarl|s a r l|eurl|sci|snc|scop|scs|selarl|societe anonyme|societe par actions simplifiee|ltee|limitee|enr|cie|et cie|inc ltee|
  spa|s p a|srl|s r l|srls|sapa|societa per azioni|societa a responsabilita limitata|
  sl|s l|slu|s l u|sau|sociedad anonima|sociedad limitada|sa de cv|s a de c v|s de rl de cv|sab de cv|sab|sociedade anonima|lda|eireli|epp|s c|
  bv|b v|nv|n v|vof|cv|besloten vennootschap|naamloze vennootschap|bvba|cvba|sprl|scrl|asbl|vzw|
  ab|aktiebolag|a b|as|a s|asa|aksjeselskap|aps|anpartsselskab|aktieselskab|i s|ks|oy|oyj|osakeyhtio|ehf|hf|
  kft|zrt|nyrt|bt|kkt|korlatolt felelossegu tarsasag|sp z o o|spolka z o o|sp z oo|spolka z oo|sp zoo|sp j|sp k|spolka akcyjna|spolka z ograniczona odpowiedzialnoscia|
  sro|s r o|spol s r o|a s|d o o|doo|d d|dd|jdoo|ood|eood|ead|ad|sia|uab|ou|osauhing|
  tov|ooo|oao|zao|pao|ao|ip|jsc|ojsc|cjsc|pjsc|ltd sti|limited sirketi|anonim sirketi|a s ve tic|san ve tic|
  pty|pty ltd|proprietary limited|pvt|pvt ltd|private limited|private ltd|pte|pte ltd|opc|sdn bhd|bhd|berhad|tbk|pt|cv|persero|
  kk|k k|gk|g k|yk|kabushiki kaisha|godo kaisha|co jp|wll|w l l|fze|fzc|fzco|fz llc|dmcc|est|psc|
  株式会社|有限会社|合同会社|有限公司|股份有限公司|有限责任公司|주식회사|유한회사|주|株|有
`;

const BY_FIRST = new Map<string, string[][]>();
const BY_LAST = new Map<string, string[][]>();
for (const form of FORMS.split('|')) {
  const words = form.trim().split(/\s+/);
  const [first, last] = [words[0], words.at(-1)];
  if (first === undefined || last === undefined || first === '') continue;
  for (const [map, word] of [
    [BY_FIRST, first],
    [BY_LAST, last],
  ] as const) {
    const listed = map.get(word) ?? [];
    listed.push(words);
    map.set(
      word,
      listed.sort((a, b) => b.length - a.length),
    );
  }
}

/** Forms that stand in front: elsewhere a first word such as `AB` or `AS` is the name itself. */
const LEADING = new Set([
  'pt',
  'ooo',
  'oao',
  'zao',
  'pao',
  'tov',
  'uab',
  'sia',
  'ip',
  '株式会社',
  '有限会社',
  '합자회사',
  '주식회사',
  '주',
  '株',
  '有',
]);

/** The words without the forms at their end and, where they are written so, at their beginning. Never empty. */
export function withoutLegalForms(words: readonly string[]): string[] {
  let rest = [...words];
  for (;;) {
    const ending = (BY_LAST.get(rest.at(-1) ?? '') ?? []).find(
      (form) =>
        form.length < rest.length && form.every((word, at) => rest[rest.length - form.length + at] === word),
    );
    if (ending === undefined) break;
    rest = rest.slice(0, rest.length - ending.length);
  }
  const first = rest[0] ?? '';
  if (rest.length > 1 && LEADING.has(first)) rest = rest.slice(1);
  return rest;
}
