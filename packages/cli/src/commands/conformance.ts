// commands/conformance.ts: `countersign conformance`: the tests of AG-642 section 8 against a running gateway, the table, and
// the evidence pack. Exit code 0 only when every MUST was shown.
import { EXIT, type ExitCode, usageFailure } from '../failure.ts';
import { contentsOf, refuseUnlessEmpty, writePack } from '../conformance/evidence-pack.ts';
import { RecordingClient } from '../conformance/recording-client.ts';
import { reportText } from '../conformance/report-text.ts';
import { type Run, runConformance, testIdOf } from '../conformance/run-conformance.ts';
import { TESTS, type TestId } from '../conformance/standard.ts';
import { createProgressBar } from '../terminal/progress-bar.ts';
import { versionOfCommand } from '../version.ts';
import type { Output } from './output.ts';

export interface ConformanceOptions {
  readonly url: string;
  readonly key?: string;
  readonly secondKey?: string;
  readonly out: string;
  readonly only?: string;
  readonly full?: boolean;
  readonly firstMatrix?: boolean;
  readonly sharedBudgets?: boolean;
  readonly json?: boolean;
}

export async function conformance(options: ConformanceOptions, output: Output): Promise<ExitCode> {
  const { url, key, out } = options;
  if (key === undefined)
    throw usageFailure('an operator’s key is needed: --key, or COUNTERSIGN_OPERATOR_KEY in the environment');
  const only = testsOf(options.only);
  await refuseUnlessEmpty(out);
  const interrupt = new AbortController();
  const onSignal = (): void => {
    output.note('Stopping; what was changed is put back first. Once more to end at once, without.');
    interrupt.abort();
  };
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const client = new RecordingClient({
    url,
    operatorKey: key,
    secondKey: options.secondKey,
    signal: interrupt.signal,
  });
  const full = options.full === true;
  const bar = createProgressBar(process.stderr);
  try {
    const run = await runConformance({
      client,
      only,
      full,
      firstMatrix: options.firstMatrix === true,
      sharedBudgets: options.sharedBudgets === true,
      onStarted: ({ prefix, matrix }) => output.note(introduction(prefix, matrix.versionBefore, options)),
      onCase: (done, total, { case_id: id }) => bar.update({ done, total, rows: done, text: id }),
    });
    bar.end();
    return await finish(run, { ...options, only, full }, output);
  } finally {
    bar.end();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

async function finish(
  run: Run,
  {
    url,
    out,
    json,
    only,
    full,
  }: Omit<ConformanceOptions, 'only'> & { readonly only: readonly TestId[]; readonly full: boolean },
  output: Output,
): Promise<ExitCode> {
  const contents = contentsOf(run, { gateway: url, only, full, versions: versionsOf(run) });
  const digest = await writePack(out, contents);
  const { summary } = contents.report;
  const coloured = process.stdout.isTTY;
  output.result(
    json === true
      ? JSON.stringify({ ...contents.report, pack: out, manifest_sha256: digest }, null, 2)
      : reportText(summary, run.cases, {
          columns: process.stdout.isTTY ? process.stdout.columns : 100,
          coloured,
        }),
  );
  for (const sentence of run.ended) output.note(sentence);
  if (only.length > 0 && !summary.conformant)
    output.note(`Only ${only.join(', ')} ran: the rest of what MUST be there was not shown.`);
  output.note(`Evidence: ${out}, its manifest ${digest}`);
  output.note(`Verify it with: countersign conformance verify ${out} --key '${run.log.verifierKey}'`);
  return summary.conformant ? EXIT.ok : EXIT.failed;
}

function introduction(prefix: string, versionBefore: number | null, options: ConformanceOptions): string {
  const matrix =
    versionBefore === null
      ? options.firstMatrix === true
        ? 'No authority matrix is in force: one with the rows of the run alone is published. It cannot be withdrawn; an empty one stays, and agents without a row have no authority.'
        : 'No authority matrix is in force: what needs one is not tested. To publish the first one for the run: --first-matrix.'
      : `The authority matrix (version ${versionBefore}) is published with the rows of the run added to it, and put back at the end. Should this be killed: publish version ${versionBefore} again.`;
  return `Everything of this run is named ${prefix}_*. ${matrix}`;
}

function testsOf(only: string | undefined): TestId[] {
  if (only === undefined) return [];
  return only.split(',').map((text) => {
    const test = testIdOf(text.trim());
    if (test !== undefined) return test;
    throw usageFailure(`--only takes ${TESTS.map((each) => each.test).join(', ')}; not \`${text}\``);
  });
}

function versionsOf({ log, matrix, gatewayVersion }: Run): Record<string, unknown> {
  const ofDecisions = (name: string): unknown[] => [
    ...new Set(
      log.entries.flatMap(({ entry }) => {
        const decision = entry['decision'];
        if (typeof decision !== 'object' || decision === null || !(name in decision)) return [];
        return [(decision as Readonly<Record<string, unknown>>)[name]];
      }),
    ),
  ];
  const policies = new Map<string, unknown>();
  for (const rows of ofDecisions('policies')) {
    for (const [id, version] of rows as [string, number][]) policies.set(`${id}@${version}`, [id, version]);
  }
  return {
    gateway: gatewayVersion,
    command: versionOfCommand(),
    node: process.version,
    core: ofDecisions('core_version'),
    configuration: [...new Set(ofDecisions('configuration_version'))],
    policies: [...policies.values()],
    matrix_before: matrix.before,
    matrices: [
      ...new Set(
        ofDecisions('facts').flatMap((facts) => {
          const authority = (facts as { authority?: { matrix?: number } }).authority; // the gate's
          return authority?.matrix ?? [];
        }),
      ),
    ],
  };
}
