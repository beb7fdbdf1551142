// bench/suppliers.ts: how well names and identifiers tell suppliers apart: precision, recall and F1 over labelled pairs of
// organisations and of card descriptors. Tuned on one half of each, by a hash of the label; the other half is the result.
// `npm run bench:suppliers [-- FOLDER] [-- --errors]`; the folder of the data is COUNTERSIGN_DATA, or `../shared/data`.
import { RELATED_FROM } from '../packages/server/src/suppliers/relate-names.ts';
import { type PartyRelation, relateParties } from '../packages/server/src/suppliers/relate-parties.ts';
import { merchantPairs } from './suppliers/merchant-pairs.ts';
import { organisationPairs } from './suppliers/organisation-pairs.ts';
import {
  type Half,
  type LabelledPair,
  type PairCounts,
  countPairs,
  someErrors,
} from './suppliers/pair-counts.ts';

const [folder] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const showsErrors = process.argv.includes('--errors');
const data = folder ?? process.env['COUNTERSIGN_DATA'] ?? '../shared/data';

interface Method {
  readonly name: string;
  readonly relate: (pair: LabelledPair) => PartyRelation;
}

const names: Method = {
  name: 'names',
  relate: ({ one, other }) => relateParties({ name: one.name }, { name: other.name }),
};
const domains: Method = {
  name: 'identifiers (domain)',
  relate: ({ one, other }) => relateParties({ domain: one.domain }, { domain: other.domain }),
};
const everything: Method = {
  name: 'all, with address',
  relate: ({ one, other }) => relateParties(one, other),
};
const namesAndPhone: Method = {
  name: 'names, with telephone',
  relate: ({ one, other }) =>
    relateParties({ name: one.name, phone: one.phone }, { name: other.name, phone: other.phone }),
};

report('Organisations with true ids', await organisationPairs(data), [
  names,
  namesAndPhone,
  domains,
  everything,
]);
report('Card descriptors of Toronto', await merchantPairs(data), [names]);

function report(title: string, halves: ReadonlyMap<Half, LabelledPair[]>, methods: readonly Method[]): void {
  console.log(`\n${title}\n`);
  for (const [half, pairs] of halves) {
    const same = pairs.filter(({ isSame }) => isSame).length;
    console.log(
      `${half}: ${pairs.length} pairs, ${same} the same and ${pairs.length - same} different; related from ${RELATED_FROM}`,
    );
    for (const method of methods) {
      const counts = countPairs(pairs, (pair) => method.relate(pair).related);
      console.log(line(method.name, counts));
    }
    const undecidable = pairs.filter((pair) => !pair.isSame && names.relate(pair).score >= 0.98).length;
    console.log(
      `  of the different ones ${undecidable} have one and the same name but for spelling: no name can tell them apart`,
    );
    for (const kind of new Set(pairs.map((pair) => pair.kind))) {
      const own = pairs.filter((pair) => pair.kind === kind);
      const right = own.filter((pair) => methods[0]?.relate(pair).related === pair.isSame).length;
      console.log(
        `    names, of "${kind}": ${right} of ${own.length} right (${percent(right / own.length)})`,
      );
    }
    if (half === 'development') printThresholds(pairs);
    if (half === 'development' && showsErrors) printErrors(pairs);
  }
}

function line(name: string, counts: PairCounts): string {
  const { precision, recall, f1, truePositives, falsePositives, falseNegatives } = counts;
  const found = `${truePositives} found, ${falsePositives} wrong, ${falseNegatives} missed`;
  return `  ${name.padEnd(24)} precision ${percent(precision)}  recall ${percent(recall)}  F1 ${percent(f1)}   ${found}`;
}

function printThresholds(pairs: readonly LabelledPair[]): void {
  for (const from of [0.7, 0.75, 0.8, 0.85, 0.9]) {
    const counts = countPairs(pairs, (pair) => names.relate(pair).score >= from);
    console.log(line(`  names from ${from}`, counts));
  }
}

function printErrors(pairs: readonly LabelledPair[]): void {
  const { missed, wrong } = someErrors(pairs, names.relate, 45);
  console.log(`    missed:\n      ${missed.join('\n      ')}\n    wrong:\n      ${wrong.join('\n      ')}`);
}

function percent(value: number): string {
  return Number.isNaN(value) ? '  -   ' : `${(100 * value).toFixed(1).padStart(5)} %`;
}
