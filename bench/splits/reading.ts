// bench/splits/reading.ts: writes groups to a file for a person to read. It has the city's free text in it: not to be kept
// with the code.
import { writeFileSync } from 'node:fs';

import type { FlaggedGroup } from './flagged-groups.ts';

export function writeForReading(path: string, groups: readonly FlaggedGroup[]): void {
  const text = groups.map(({ anchor, members, purchases, flagged, reasons }) =>
    [
      `${anchor} ${members} ${reasons.join(' and ')}`,
      ...purchases.map(
        ({ id, date, amountMinor, merchant, costCentre, category, purpose }) =>
          `  ${flagged.has(id) ? '!' : ' '} ${date} ${(Number(amountMinor) / 100).toFixed(2).padStart(9)} ${merchant.padEnd(24)} ${costCentre ?? '-'} [${category}] ${purpose}`,
      ),
    ].join('\n'),
  );
  writeFileSync(path, `${text.join('\n\n')}\n`, { mode: 0o600 });
  console.log(`${groups.length} groups to read: ${path}`);
}
