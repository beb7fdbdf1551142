// bench/splits/precision.ts: prints how many of the sampled groups are split orders in the eyes of the reader.
import type { FlaggedGroup } from './flagged-groups.ts';
import { VERDICTS, type Verdict, judgementsOf, readJudgements } from './judgements.ts';
import { shareText } from './statistics.ts';

export function printPrecision(sample: readonly FlaggedGroup[], found: readonly FlaggedGroup[]): void {
  const all = readJudgements();
  const anchors = new Set(found.map(({ anchor }) => anchor));
  const valid = judgementsOf(sample);
  const changed = sample.filter(({ anchor, members }) =>
    all.some((one) => one.group === anchor && one.members !== members),
  ).length;
  const count = (verdict: Verdict): number => valid.filter((one) => one.verdict === verdict).length;
  const [one, plausible, innocent] = [count('one_transaction'), count('plausibly_one'), count('innocent')];
  console.log(`Precision: a sample of ${sample.length} of the ${found.length} groups, read one by one`);
  console.log(
    `  ${valid.length} of them were read as they stand, ${changed} have changed since, ${sample.length - valid.length - changed} were never read`,
  );
  const lost = all.filter(({ group }) => !anchors.has(group));
  console.log(
    `  ${lost.length} others that were read are not found as they were: ${VERDICTS.map((verdict) => `${lost.filter((one) => one.verdict === verdict).length} ${verdict}`).join(', ')}`,
  );
  console.log(
    `  one transaction that was split: ${one}; plausibly one: ${plausible}; innocent or unrelated: ${innocent}`,
  );
  console.log(`  strictly (the first alone):   ${shareText(one, valid.length)}`);
  console.log(`  leniently (the first two):    ${shareText(one + plausible, valid.length)}`);
  for (const kind of ['shared_intent', 'large_parts', 'large_parts and shared_intent']) {
    const own = new Set(
      sample.filter(({ reasons }) => reasons.join(' and ') === kind).map(({ anchor }) => anchor),
    );
    const judged = valid.filter(({ group }) => own.has(group));
    const strict = judged.filter(({ verdict }) => verdict === 'one_transaction').length;
    const lenient = judged.filter(({ verdict }) => verdict !== 'innocent').length;
    console.log(`    by ${kind}: ${judged.length} read, strictly ${strict}, leniently ${lenient}`);
  }
  console.log('');
}
