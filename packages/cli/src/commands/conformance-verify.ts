// commands/conformance-verify.ts: `countersign conformance verify`: an evidence pack, offline. Exit code 1 when anything in it is
// not what it says; whether the gateway conformed stands in the report.
import { EXIT, type ExitCode } from '../failure.ts';
import { reportText } from '../conformance/report-text.ts';
import { verifyPack } from '../conformance/verify-pack.ts';
import { grouped } from '../terminal/numbers.ts';
import { style } from '../terminal/style.ts';
import type { Output } from './output.ts';

export interface ConformanceVerifyOptions {
  readonly key?: string;
  readonly digest?: string;
  readonly json?: boolean;
}

const SHOWN_MAX = 50;

export async function conformanceVerify(
  dir: string,
  { key, digest, json }: ConformanceVerifyOptions,
  output: Output,
): Promise<ExitCode> {
  const found = await verifyPack(dir, { pinnedKey: key, digest });
  const { valid, faults, report, cases, entriesProved, filesChecked } = found;
  if (key === undefined)
    output.note(
      'The key was not pinned (--key): it is what the pack itself says. A forger could say so too.',
    );
  if (json === true) {
    const shown = { valid, faults, files_checked: filesChecked, entries_proved: entriesProved };
    output.result(JSON.stringify({ ...shown, summary: report?.summary ?? null }, null, 2));
    return valid ? EXIT.ok : EXIT.failed;
  }
  if (valid && report !== null) {
    const painting = {
      columns: process.stdout.isTTY ? process.stdout.columns : 100,
      coloured: process.stdout.isTTY,
    };
    output.result(reportText(report.summary, cases, painting));
    output.result(
      `\n  ${style.good('verified')}  ${grouped(filesChecked)} files, ${grouped(entriesProved)} log entries; the run ${report.run} of ${report.started_at} on ${report.gateway}`,
    );
    return EXIT.ok;
  }
  for (const fault of faults.slice(0, SHOWN_MAX)) output.result(`  ${style.bad('wrong')}  ${fault}`);
  if (faults.length > SHOWN_MAX) output.result(`         and ${grouped(faults.length - SHOWN_MAX)} more`);
  output.result(
    `  ${style.bad('NOT VALID')}  ${grouped(faults.length)} faults in ${grouped(filesChecked)} files`,
  );
  return EXIT.failed;
}
