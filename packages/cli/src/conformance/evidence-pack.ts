// conformance/evidence-pack.ts: the folder that a run leaves for an auditor: what was sent and what came back, the log's entries
// with their proofs, its key and checkpoints, versions, times, the table, and a manifest over all of it. Writes; judges nothing.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';

import { usageFailure } from '../failure.ts';
import type { CaseRecord, Exchange } from './evidence.ts';
import type { LogEvidence } from './log-evidence.ts';
import { reportText } from './report-text.ts';
import type { Run } from './run-conformance.ts';
import { type Summary, summarise } from './score.ts';

export const PACK_FORMAT = 'countersign/conformance/v1';

export const PACK = {
  manifest: 'manifest.json',
  manifestHash: 'manifest.sha256',
  report: 'report.json',
  reportText: 'report.txt',
  readMe: 'README.txt',
  setUp: 'exchanges/set-up.json',
  ending: 'exchanges/ending.json',
  cases: 'cases/',
  entries: 'log/entries.jsonl',
  key: 'log/key',
  checkpoint: 'log/checkpoint',
  checkpointBefore: 'log/checkpoint-before',
  consistency: 'log/consistency.json',
} as const;

export interface PackReport {
  readonly format: string;
  readonly standard: string;
  readonly gateway: string;
  readonly run: string;
  readonly started_at: string;
  readonly ended_at: string;
  readonly only: readonly string[];
  readonly full: boolean;
  readonly versions: Readonly<Record<string, unknown>>;
  readonly matrix_in_test: boolean;
  readonly put_back: readonly string[];
  readonly summary: Summary;
}

export interface PackManifest {
  readonly format: string;
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly sha256: string }[];
}

export interface PackContents {
  readonly report: PackReport;
  readonly setUp: readonly Exchange[];
  readonly ending: readonly Exchange[];
  readonly cases: readonly CaseRecord[];
  readonly log: LogEvidence;
}

const README = `Evidence of a run of the AG-642 conformance tests against a Countersign gateway.

report.json, report.txt   the table, the score, versions and times
cases/                    one file a case: what was sent, what came back, what had to hold
exchanges/                how the run was set up, and what was put back at its end
log/entries.jsonl         every log entry of the run, each with its proof of inclusion
log/checkpoint            the signed root that the proofs lead to; log/key is the key it is signed with
log/checkpoint-before     the signed root before the run; log/consistency.json proves that the log only grew
manifest.json             the SHA-256 of every file; manifest.sha256 has its own

Verify all of it, offline:   npx countersign conformance verify <this folder> --key '<the key you kept>'
`;

/** Before the run: what cannot be written is not worth running for. */
export async function refuseUnlessEmpty(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  const present = await readdir(dir);
  if (present.length > 0)
    throw usageFailure(`\`${dir}\` is not empty: evidence is not mixed with anything else`);
}

export function contentsOf(
  run: Run,
  about: Pick<PackReport, 'gateway' | 'only' | 'full' | 'versions'>,
): PackContents {
  const { setUp, ending, cases, log } = run;
  return {
    report: {
      format: PACK_FORMAT,
      standard: 'AG-642, AGS v2.1',
      ...about,
      run: run.prefix,
      started_at: run.startedAt,
      ended_at: run.endedAt,
      matrix_in_test: run.matrix.published,
      put_back: run.ended,
      summary: summarise(cases),
    },
    setUp,
    ending,
    cases,
    log,
  };
}

/** @returns the SHA-256 of the manifest: whoever keeps it elsewhere can hold the whole pack to it */
export async function writePack(dir: string, contents: PackContents): Promise<string> {
  const files = new Map<string, string>();
  const { report, cases, log } = contents;
  files.set(PACK.readMe, README);
  files.set(PACK.report, pretty(report));
  files.set(PACK.reportText, `${reportText(report.summary, cases, { columns: 100, coloured: false })}\n`);
  files.set(PACK.setUp, pretty(contents.setUp));
  files.set(PACK.ending, pretty(contents.ending));
  for (const record of cases) files.set(`${PACK.cases}${record.case_id}.json`, pretty(record));
  files.set(PACK.entries, log.entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  files.set(PACK.key, `${log.verifierKey}\n`);
  files.set(PACK.checkpoint, log.checkpoint);
  files.set(PACK.checkpointBefore, log.checkpointBefore);
  files.set(PACK.consistency, pretty(log.consistency));
  const manifest = pretty({
    format: PACK_FORMAT,
    files: [...files].map(([path, text]) => ({
      path,
      bytes: Buffer.byteLength(text),
      sha256: sha256(text),
    })),
  } satisfies PackManifest);
  const digest = sha256(manifest);
  files.set(PACK.manifest, manifest);
  files.set(PACK.manifestHash, `${digest}  ${PACK.manifest}\n`);
  for (const [path, text] of files) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text);
  }
  return digest;
}

export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
