// log/verify-report.ts: what a verification of the log found, for people and as JSON.
import { type LogReport, describeDifference } from '@countersign/audit';

import { grouped } from '../terminal/numbers.ts';
import { style } from '../terminal/style.ts';

const SHOWN_MAX = 50;

export function verifiedJson(report: LogReport, keyName: string): object {
  return {
    valid: report.valid,
    key: keyName,
    size: report.checkpoint?.size ?? null,
    root: report.checkpoint?.root.toString('base64') ?? null,
    leaves_checked: report.leavesChecked,
    entries_checked: report.entriesChecked,
    tiles_checked: report.tilesChecked,
    difference_count: report.differenceCount,
    differences: report.differences.map((difference) => ({
      ...difference,
      message: describeDifference(difference),
    })),
  };
}

export function verifiedText(report: LogReport): string {
  const { checkpoint } = report;
  const checked = `${grouped(report.leavesChecked)} leaves, ${grouped(report.entriesChecked)} entries, ${grouped(report.tilesChecked)} tiles checked`;
  const tree =
    checkpoint === undefined
      ? []
      : [`  tree      ${grouped(checkpoint.size)} leaves, root ${checkpoint.root.toString('base64')}`];
  if (report.valid) return [...tree, `  ${style.good('verified')}  ${checked}`].join('\n');
  const shown = report.differences
    .slice(0, SHOWN_MAX)
    .map((difference) => `  ${style.bad('differs')}   ${describeDifference(difference)}`);
  const hidden = report.differenceCount - shown.length;
  return [
    ...tree,
    ...shown,
    ...(hidden > 0 ? [`            and ${grouped(hidden)} more`] : []),
    `  ${style.bad('NOT VALID')} ${grouped(report.differenceCount)} differences; ${checked}`,
  ].join('\n');
}
