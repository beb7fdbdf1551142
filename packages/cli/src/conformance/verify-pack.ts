// conformance/verify-pack.ts: the verification of an evidence pack, offline: every file against the manifest, every entry and
// promise against the signed checkpoint, every verdict against its evidence, the table against the verdicts.
// Trusts nothing that the pack says of itself; and names what is wrong.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { MalformedError, openCheckpoint, parseVerifierKey } from '@countersign/audit';

import { usageFailure } from '../failure.ts';
import { assessRecord } from './assess-record.ts';
import type { CaseRecord, Exchange } from './evidence.ts';
import {
  PACK,
  PACK_FORMAT,
  type PackContents,
  type PackManifest,
  type PackReport,
  sha256,
} from './evidence-pack.ts';
import { holds, verdictOf } from './expectation.ts';
import type { LoggedEntry } from './log-evidence.ts';
import { reportText } from './report-text.ts';
import { exchangesOf, recordCasesOf } from './run-conformance.ts';
import { SCENARIOS } from './scenarios/all-scenarios.ts';
import { recordCases } from './scenarios/log-completeness.ts';
import { summarise } from './score.ts';

export interface PackVerification {
  readonly valid: boolean;
  readonly faults: readonly string[];
  readonly report: PackReport | null;
  readonly cases: readonly CaseRecord[];
  readonly entriesProved: number;
  readonly filesChecked: number;
}

/** @param pinnedKey the log's key that was kept elsewhere */
export async function verifyPack(
  dir: string,
  {
    pinnedKey,
    digest,
  }: { readonly pinnedKey?: string | undefined; readonly digest?: string | undefined } = {},
): Promise<PackVerification> {
  const { faults, files } = await verifyFiles(dir, digest);
  const nothing = { report: null, cases: [], entriesProved: 0 };
  const result = (found: Omit<PackVerification, 'valid' | 'faults' | 'filesChecked'>): PackVerification => ({
    valid: faults.length === 0,
    faults,
    filesChecked: files.size,
    ...found,
  });
  try {
    const contents = readContents(files, faults);
    if (contents === null) return result(nothing);
    verifyKey(contents, pinnedKey, faults);
    const entriesProved = verifyRecord(contents, faults);
    verifyCases(contents, faults);
    verifyReport(contents, files, faults);
    return result({ report: contents.report, cases: contents.cases, entriesProved });
  } catch (error) {
    // Whatever is in a file that is no evidence: it is read by what evidence has.
    faults.push(
      `the files are not those of a pack: ${error instanceof Error ? error.message : String(error)}`,
    );
    return result(nothing);
  }
}

interface Files {
  readonly faults: string[];
  readonly files: Map<string, Buffer>;
}

async function verifyFiles(dir: string, digest: string | undefined): Promise<Files> {
  const faults: string[] = [];
  const files = new Map<string, Buffer>();
  const manifestBytes = await readFile(join(dir, PACK.manifest)).catch(() => {
    throw usageFailure(`\`${dir}\` has no ${PACK.manifest}: it is no evidence pack`);
  });
  const actual = sha256(manifestBytes);
  const noted = await readFile(join(dir, PACK.manifestHash), 'utf8').catch(() => '');
  if (noted !== `${actual}  ${PACK.manifest}\n`)
    faults.push(`${PACK.manifest} is not what ${PACK.manifestHash} says: one of the two was changed`);
  if (digest !== undefined && digest !== actual)
    faults.push(`${PACK.manifest} has the SHA-256 ${actual}, and not the one that was kept`);
  const manifest = parsed(manifestBytes, PACK.manifest, faults) as Partial<PackManifest> | null; // checked below
  if (manifest === null) return { faults, files };
  if (manifest.format !== PACK_FORMAT) faults.push(`${PACK.manifest} is not of the format ${PACK_FORMAT}`);
  for (const { path, bytes, sha256: expected } of manifest.files ?? []) {
    if (!/^[\w.-]+(\/[\w.-]+)*$/.test(path) || path.split('/').includes('..')) {
      faults.push(`${PACK.manifest} names \`${path}\`, which is no file of a pack`);
      continue;
    }
    const content = await readFile(join(dir, path)).catch(() => null);
    if (content === null) {
      faults.push(`${path} is missing`);
      continue;
    }
    if (sha256(content) !== expected)
      faults.push(`${path} was changed: its SHA-256 is not that of the manifest`);
    else if (content.length !== bytes) faults.push(`${path} has ${content.length} bytes, and not ${bytes}`);
    files.set(path, content);
  }
  for (const name of await listFiles(dir)) {
    if (
      !files.has(name) &&
      name !== PACK.manifest &&
      name !== PACK.manifestHash &&
      !faults.some((fault) => fault.startsWith(name))
    )
      faults.push(`${name} is not in the manifest`);
  }
  return { faults, files };
}

async function listFiles(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(dir, '/').length).replaceAll('\\', '/'));
}

function readContents(files: ReadonlyMap<string, Buffer>, faults: string[]): PackContents | null {
  const faultsBefore = faults.length;
  const json = (path: string): unknown => {
    const content = files.get(path);
    if (content !== undefined) return parsed(content, path, faults);
    if (!faults.some((fault) => fault.startsWith(path))) faults.push(`${path} is missing`);
    return null;
  };
  const text = (path: string): string => files.get(path)?.toString('utf8') ?? '';
  const report = json(PACK.report) as PackReport | null; // what it says is checked
  const setUp = json(PACK.setUp) as Exchange[] | null;
  const ending = json(PACK.ending) as Exchange[] | null;
  const consistency = json(PACK.consistency) as string[] | null;
  const cases = [...files.keys()]
    .filter((path) => path.startsWith(PACK.cases))
    .flatMap((path) => {
      const record = json(path) as CaseRecord | null;
      if (record !== null && `${PACK.cases}${record.case_id}.json` !== path)
        faults.push(`${path} has another case in it: ${record.case_id}`);
      return record === null ? [] : [record];
    });
  const entries = text(PACK.entries)
    .split('\n')
    .filter((line) => line !== '')
    .flatMap(
      (line, index) =>
        (parsed(Buffer.from(line), `${PACK.entries}, line ${index + 1}`, faults) as LoggedEntry | null) ?? [],
    );
  if (report === null || setUp === null || ending === null || consistency === null) return null;
  if (
    faults.length > faultsBefore &&
    faults.slice(faultsBefore).some((fault) => fault.includes('is not JSON'))
  )
    return null;
  const log = {
    verifierKey: text(PACK.key).trimEnd(),
    checkpoint: text(PACK.checkpoint),
    checkpointBefore: text(PACK.checkpointBefore),
    consistency,
    entries,
  };
  return { report, setUp, ending, cases, log };
}

function verifyKey({ log }: PackContents, pinnedKey: string | undefined, faults: string[]): void {
  if (pinnedKey !== undefined && pinnedKey.trim() !== log.verifierKey)
    faults.push(`${PACK.key} is not the key that was kept: the pack is of another log`);
  for (const [path, note] of [
    [PACK.checkpoint, log.checkpoint],
    [PACK.checkpointBefore, log.checkpointBefore],
  ] as const) {
    try {
      openCheckpoint(Buffer.from(note), {
        verifierKey: parseVerifierKey(pinnedKey?.trim() ?? log.verifierKey),
      });
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      faults.push(`${path} is not signed by the log's key: ${error.message}`);
    }
  }
}

/** Also where the run left test 8.8 out: an answer that the log does not bear out is no evidence. */
function verifyRecord(contents: PackContents, faults: string[]): number {
  const { log, report } = contents;
  const checks = assessRecord({
    exchanges: exchangesOf(contents),
    log,
    hasMatrix: report.matrix_in_test,
  });
  for (const { check, faults: found } of Object.values(checks)) {
    const recorded = contents.cases
      .flatMap(({ record_checks: own = [] }) => own)
      .find((own) => own.check === check);
    for (const fault of found)
      if (recorded?.faults.includes(fault) !== true) faults.push(`${check}: ${fault}`);
  }
  return checks.entries_included.counted - checks.entries_included.faults.length;
}

/** Each verdict from its own evidence, and every case that the run was to have. */
function verifyCases(contents: PackContents, faults: string[]): void {
  const { cases, log, report } = contents;
  const own = new Map(
    recordCasesOf({ exchanges: exchangesOf(contents), log, hasMatrix: report.matrix_in_test }).map(
      (record) => [record.case_id, record],
    ),
  );
  for (const record of cases) {
    const place = `${PACK.cases}${record.case_id}.json`;
    const judged = own.get(record.case_id) ?? record;
    if (own.has(record.case_id) && !isDeepStrictEqual(judged.record_checks, record.record_checks))
      faults.push(`${place}: its checks are not what the log shows`);
    const verdict = verdictOf(judged);
    if (verdict !== record.verdict)
      faults.push(`${place} says ${record.verdict}, and its evidence says ${verdict}`);
    for (const expectation of record.expectations) {
      if (holds(expectation, record.exchanges) !== expectation.holds)
        faults.push(
          `${place}: whether ${expectation.at} of exchange ${expectation.exchange} holds is not what it says`,
        );
    }
    const known = [
      ...SCENARIOS,
      ...recordCases.map((each) => ({ ...each, test: '8.8', clauses: ['4.6'] })),
    ].find(({ id }) => id === record.case_id);
    if (known === undefined) faults.push(`${place} is no case of this version`);
    else if (known.test !== record.test || !isDeepStrictEqual(known.clauses, record.clauses))
      faults.push(`${place} is not about the clauses that the case is about`);
  }
  const there = new Set(cases.map(({ case_id: id }) => id));
  const isWanted = (test: string): boolean => report.only.length === 0 || report.only.includes(test);
  const expected = [
    ...SCENARIOS.filter(({ test }) => isWanted(test)).map(({ id }) => id),
    ...(isWanted('8.8') ? recordCases.map(({ id }) => id) : []),
  ];
  for (const id of expected) if (!there.has(id)) faults.push(`${PACK.cases}${id}.json: the case is missing`);
}

function verifyReport(
  { report, cases }: PackContents,
  files: ReadonlyMap<string, Buffer>,
  faults: string[],
): void {
  const ordered = inOrder(cases);
  const summary = summarise(ordered);
  if (!isDeepStrictEqual(summary, report.summary))
    faults.push(`${PACK.report}: the table does not follow from the cases`);
  const text = `${reportText(summary, ordered, { columns: 100, coloured: false })}\n`;
  if (files.get(PACK.reportText)?.toString('utf8') !== text)
    faults.push(`${PACK.reportText} does not say what the cases say`);
}

/** As they ran. */
function inOrder(cases: readonly CaseRecord[]): CaseRecord[] {
  const order = [...SCENARIOS, ...recordCases].map(({ id }) => id);
  return [...cases].sort((a, b) => order.indexOf(a.case_id) - order.indexOf(b.case_id));
}

/** An object or a list; null: it is neither, which is said. */
function parsed(content: Buffer, path: string, faults: string[]): object | null {
  try {
    const value: unknown = JSON.parse(content.toString('utf8'));
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // said below
  }
  faults.push(`${path} is not JSON of a pack`);
  return null;
}
