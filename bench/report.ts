// bench/report.ts: findings as tables for a terminal. Must not compute a ratio: it prints what was found.
import { type Finding, passes } from './measurement.ts';

export function machineTable(machine: Readonly<Record<string, string>>): string {
  return table(
    ['machine and durability', ''],
    Object.entries(machine).map(([name, value]) => [name, value]),
  );
}

/** Medians of the rounds; percentiles are medians of each round's. */
export function scoreTable(findings: readonly Finding[]): string {
  const rows = findings.flatMap(({ name, scores }) =>
    scores.map((score) => [
      name,
      score.name,
      score.rate.toFixed(0),
      `${Math.min(...score.rates).toFixed(0)}..${Math.max(...score.rates).toFixed(0)}`,
      score.p50Ms === null ? '' : score.p50Ms.toFixed(1),
      score.p99Ms === null ? '' : score.p99Ms.toFixed(1),
    ]),
  );
  return table(['measurement', 'form', 'per second', 'rounds', 'p50 ms', 'p99 ms'], rows);
}

export function ratioTable(findings: readonly Finding[]): string {
  const rows = findings.flatMap(({ name, ratios }) =>
    ratios.map((ratio) => {
      const verdict = passes(ratio);
      return [
        name,
        ratio.name,
        ratio.value === null ? 'missing' : ratio.value.toFixed(2),
        `${ratio.kind} ${ratio.bound}`,
        verdict === null ? 'missing' : verdict ? 'pass' : 'SHORT',
        ratio.note ?? '',
      ];
    }),
  );
  return table(['measurement', 'ratio', 'value', 'floor', '', ''], rows);
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) =>
    Math.max(cell.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    widths
      .map((width, column) => (cells[column] ?? '').padEnd(width))
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}
