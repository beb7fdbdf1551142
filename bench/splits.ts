// bench/splits.ts: how well split orders are found in real spending: how many purchases are held in untouched traffic, how
// many planted splits are stopped in time (recall), how many of the groups that are found are splits in the eyes of a
// reader (precision), and how much of the rest a few lines of a sourcing policy explain.
// Use: npm run bench:splits [-- TRANSACTIONS.csv.gz] [-- --read FILE] [-- --grid]
// Contains information licensed under the Open Government Licence - Toronto.
import { DEFAULT_RELATION_SETTINGS } from '../packages/core/src/index.ts';
import { flaggedGroups, sampleOf } from './splits/flagged-groups.ts';
import { printGrid } from './splits/grid.ts';
import { plantSplits } from './splits/planting.ts';
import { printPrecision } from './splits/precision.ts';
import { writeForReading } from './splits/reading.ts';
import { type Rule, allFlags, groupsOf, prepare } from './splits/replay.ts';
import { printRecall } from './splits/recall-table.ts';
import { printRepetition } from './splits/repetition.ts';
import { readTraffic } from './splits/traffic.ts';
import { printUntouched } from './splits/untouched.ts';

/** The city's limit of one card purchase, and the same with 13 % tax. All but the first lines are for the limit alone. */
const LIMIT = 300_000n;
const WITH_TAX = 339_000n;
const SAMPLE = 100;

const readAt = process.argv.indexOf('--read');
const file = process.argv
  .slice(2)
  .find((argument, at) => !argument.startsWith('--') && at + 2 !== readAt + 1);
const rule: Rule = {
  settings: DEFAULT_RELATION_SETTINGS,
  threshold: { amountMinor: LIMIT, currency: 'CAD' },
};

const purchases = await readTraffic(file);
const traffic = purchases.map((purchase) => prepare(purchase, rule));
const groups = groupsOf(traffic);
const flags = allFlags(groups, rule);
const found = flaggedGroups(purchases, flags);
printUntouched(purchases, found, flags, rule);
const withTax: Rule = { ...rule, threshold: { amountMinor: WITH_TAX, currency: 'CAD' } };
const flagsWithTax = allFlags(groups, withTax);
printUntouched(purchases, flaggedGroups(purchases, flagsWithTax), flagsWithTax, withTax);
const planted = plantSplits(traffic, LIMIT);
printRecall(planted, groups, rule);
const sample = sampleOf(found, SAMPLE);
printPrecision(sample, found);
printRepetition(traffic, found, rule);
if (process.argv.includes('--grid')) printGrid(purchases, { planted, found }, rule);
const readingFile = readAt === -1 ? undefined : process.argv[readAt + 1];
if (readingFile !== undefined) writeForReading(readingFile, sample);
