// bench/splits/recall-table.ts: prints how many planted splits are stopped in time, by how they are cut and disguised.
import type { PlantedSplits } from './planting.ts';
import type { Plant } from './plants.ts';
import { type Outcome, outcomeOf } from './recall.ts';
import type { Groups, Rule } from './replay.ts';
import { shareText } from './statistics.ts';

interface Judged {
  readonly plant: Plant;
  readonly outcome: Outcome;
}

export function printRecall(
  { hosts, plain, otherwiseWritten, hard }: PlantedSplits,
  groups: Groups,
  rule: Rule,
): void {
  const judge = (plant: Plant): Judged => ({ plant, outcome: outcomeOf(plant, groups, rule) });
  const [easy, otherwise, difficult] = [plain.map(judge), otherwiseWritten.map(judge), hard.map(judge)];
  const sameString = easy.filter(({ plant }) => plant.design.writing === 'the same string');
  console.log(
    `Planted: ${plain.length + otherwiseWritten.length + hard.length} splits in the place of ${hosts} real purchases, each alone`,
  );
  console.log(
    '  stopped in time, as a split: a part is held, for what it makes with other parts, before the parts',
  );
  console.log('  that went through come to more than the limit');
  print('same merchant, cost centre and job, within ten days', easy);
  print('the same with the merchant written in one way', sameString);
  printBy('parts', sameString, ({ parts }) => `${parts.length}`);
  printBy('size of a part, of the limit', sameString, ({ design }) => design.size);
  printBy('days apart', sameString, ({ design }) => design.span);
  printBy('words of the purpose', sameString, ({ host }) => wordsText(host.purpose));
  printBy("merchant's name", [...easy, ...otherwise], ({ design }) => design.writing);
  console.log('  Hard ones, the merchant written in one way; what is named is true of every second part:');
  const hardName = ({ design }: Plant): string =>
    design.disguise === 'none' ? design.span : design.disguise;
  printBy('', difficult, hardName);
  const [held, freed] = [sumOf(easy, 'newlyHeld'), sumOf(easy, 'noLongerHeld')];
  console.log(
    `  real purchases newly held because of the ${easy.length} plain ones: ${held}; no longer held, because the large one is gone: ${freed}\n`,
  );
}

function print(name: string, judged: readonly Judged[]): void {
  const count = (is: (outcome: Outcome) => boolean): number =>
    judged.filter(({ outcome }) => is(outcome)).length;
  const others = count(({ byOthers }) => byOthers);
  const late = count(({ late: isLate }) => isLate);
  console.log(
    `  ${name.padEnd(52)} ${shareText(
      count(({ inTime }) => inTime),
      judged.length,
    )}; for others alone ${others}, too late ${late}`,
  );
}

function printBy(name: string, judged: readonly Judged[], of: (plant: Plant) => string): void {
  if (name !== '') console.log(`  by ${name}`);
  const classes = new Map<string, Judged[]>();
  for (const one of judged) classes.set(of(one.plant), [...(classes.get(of(one.plant)) ?? []), one]);
  for (const [of1, own] of [...classes].sort((a, b) => (a[0] < b[0] ? -1 : 1))) print(`  ${of1}`, own);
}

function wordsText(purpose: string): string {
  const count = (purpose.match(/\p{L}{3,}/gu) ?? []).length;
  return count === 0 ? 'none' : count === 1 ? 'one' : count === 2 ? 'two' : 'three or more';
}

function sumOf(judged: readonly Judged[], member: 'newlyHeld' | 'noLongerHeld'): number {
  return judged.reduce((sum, { outcome }) => sum + outcome[member], 0);
}
