// bench/splits/repetition.ts: prints how much of what is held in untouched traffic a few lines of a sourcing policy explain
// as repetition, and what they cost.
import { isInnocentRepetition, parseSourcingPolicy } from '../../packages/core/src/index.ts';
import { type FlaggedGroup } from './flagged-groups.ts';
import { VERDICTS, judgementsOf } from './judgements.ts';
import { type Prepared, type Rule, allFlags, groupsOf } from './replay.ts';

/** Written after reading what is held: kinds of purchases that come again by their nature, each up to an amount. */
const LINES = [
  [
    'Government Services - Not Elsewhere Clas',
    '10000.00',
    'Fees that the law sets, for vehicles as they come',
  ],
  ['Hospitals', '3000.00', 'Medicines, as they are prescribed to clients'],
  ['Organizations, Membership - Not Elsewher', '1500.00', 'Each is one membership of one person'],
  ['Advertising Services', '1000.00', 'Platforms charge as the advertisements run'],
  ['Direct Marketing - Continuity/Subscripti', '1000.00', 'Platforms charge as the advertisements run'],
  ['Service Stations (with or without Ancill', '600.00', 'Each is one tank of fuel'],
  ['Grocery Stores, Supermarkets', '1500.00', 'Provisions are bought each week'],
] as const;

export function printRepetition(
  traffic: readonly Prepared[],
  found: readonly FlaggedGroup[],
  rule: Rule,
): void {
  const parsed = parseSourcingPolicy(
    'default',
    {
      repetition: LINES.map(([category, amount, reason]) => ({
        category,
        up_to: { amount, currency: 'CAD' },
        reason,
      })),
    },
    1,
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  const counted = traffic.filter(({ action }) => !isInnocentRepetition(action, null, parsed.policy));
  const before = found.reduce((sum, { flagged }) => sum + flagged.size, 0);
  const after = new Set(allFlags(groupsOf(counted), rule).map(({ purchase }) => purchase.id));
  const left = found.filter(({ flagged }) => [...flagged].some((id) => after.has(id)));
  console.log(`Repetition: ${LINES.length} lines of a sourcing policy, by merchant category and amount`);
  console.log(`  purchases held for a sum: ${before} before, ${after.size} after`);
  console.log(`  groups: ${found.length} before, ${left.length} after`);
  const verdicts = judgementsOf(found);
  const stillThere = new Set(left.map(({ anchor }) => anchor));
  for (const verdict of VERDICTS) {
    const own = verdicts.filter((one) => one.verdict === verdict);
    console.log(
      `  of the groups that were read, ${verdict}: ${own.length} before, ${own.filter(({ group }) => stillThere.has(group)).length} after`,
    );
  }
  console.log('');
}
