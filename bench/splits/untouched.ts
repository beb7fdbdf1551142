// bench/splits/untouched.ts: prints what is held in traffic as it was.
import { type FlaggedGroup } from './flagged-groups.ts';
import type { Flag, Rule } from './replay.ts';
import type { Purchase } from './traffic.ts';

const MONTHS = 72;

export function printUntouched(
  purchases: readonly Purchase[],
  groups: readonly FlaggedGroup[],
  flags: readonly Flag[],
  { threshold: { amountMinor: limit } }: Rule,
): void {
  const amounts = new Map(purchases.map(({ id, amountMinor }) => [id, amountMinor]));
  const afterLarge = flags.filter(({ siblings }) => siblings.some((id) => (amounts.get(id) ?? 0n) > limit));
  const above = purchases.filter(({ amountMinor }) => amountMinor > limit).length;
  const [first, last] = [purchases[0]?.date ?? '', purchases.at(-1)?.date ?? ''];
  console.log(
    `Untouched: ${purchases.length} purchases, ${first} to ${last}; limit ${Number(limit) / 100} CAD`,
  );
  console.log(`  above the limit alone: ${above}`);
  console.log(
    `  held for a sum: ${flags.length} purchases, ${((1_000 * flags.length) / purchases.length).toFixed(1)} in a thousand, ${(flags.length / MONTHS).toFixed(1)} a month`,
  );
  console.log(`  of those, with one that is above the limit alone: ${afterLarge.length}`);
  console.log(`  groups: ${groups.length}, ${(groups.length / MONTHS).toFixed(1)} a month`);
  for (const [name, count] of counted(flags.map(({ reasons }) => [...reasons].sort().join(' and ')))) {
    console.log(`    by ${name}: ${count} purchases`);
  }
  for (const [name, count] of counted(groups.map(({ reasons }) => reasons.join(' and ')))) {
    console.log(`    by ${name}: ${count} groups`);
  }
  console.log('');
}

function counted(names: readonly string[]): (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}
