// conformance/run-conformance.ts: one run: sets its world up, runs the cases, puts everything back, reads the log, and judges.
// INVARIANT: what the run published of the organisation's own is put back, whatever happened in between.
import { parseVerifierKey } from '@countersign/audit';

import { CommandFailure } from '../failure.ts';
import { type RecordToAssess, assessRecord } from './assess-record.ts';
import type { CaseRecord, Check, Exchange, Json } from './evidence.ts';
import { holds, valueAt, verdictOf } from './expectation.ts';
import { type LogEvidence, collectLogEvidence, readLogBeginning } from './log-evidence.ts';
import { Interrupted, type RecordingClient } from './recording-client.ts';
import { SCENARIOS } from './scenarios/all-scenarios.ts';
import { recordCases } from './scenarios/log-completeness.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { BrokenOff, NotTestable, Scene } from './scene.ts';
import { TESTS, type TestId } from './standard.ts';
import { type World, type WorldOptions, endWorld, openWorld, setUpWorld } from './world.ts';

export interface RunOptions extends WorldOptions {
  /** Empty: all. */
  readonly only: readonly TestId[];
  readonly onStarted: (world: World) => void;
  readonly onCase: (done: number, total: number, record: CaseRecord) => void;
}

export interface Run {
  readonly prefix: string;
  readonly startedAt: string;
  readonly endedAt: string;
  /** As its OpenAPI document says. */
  readonly gatewayVersion: string | null;
  readonly matrix: { readonly before: number | null; readonly published: boolean };
  readonly setUp: readonly Exchange[];
  readonly ending: readonly Exchange[];
  /** What was put back and ended, in sentences. */
  readonly ended: readonly string[];
  readonly cases: readonly CaseRecord[];
  readonly log: LogEvidence;
}

export async function runConformance(options: RunOptions): Promise<Run> {
  const { client } = options;
  const startedAt = now();
  const beginning = await readLogBeginning(client);
  const gatewayVersion = await versionOfGateway(client);
  parseVerifierKey(beginning.verifierKey);
  const { world, scene: setUp } = await openWorld((made) => new Scene(made, 'setup'), options);
  const ending = new Scene(world, 'ending');
  const cases: CaseRecord[] = [];
  const ended: string[] = [];
  options.onStarted(world);
  try {
    await setUpWorld(setUp, options);
    await runCases(world, options, cases);
  } catch (error) {
    if (error instanceof BrokenOff) throw new CommandFailure(`the run cannot be set up: ${error.message}`);
    throw error;
  } finally {
    client.beginRestoring();
    ended.push(...(await endWorld(ending)));
    if (client.isInterrupted) for (const sentence of ended) process.stderr.write(`${sentence}\n`);
  }
  const exchanges = exchangesOf({ setUp: setUp.exchanges, cases });
  const log = await collectLogEvidence(client, { beginning, exchanges, prefix: world.prefix });
  const published = world.matrix.isPublished;
  if (isWanted('8.8', options.only)) cases.push(...recordCasesOf({ exchanges, log, hasMatrix: published }));
  return {
    prefix: world.prefix,
    startedAt,
    endedAt: now(),
    gatewayVersion,
    matrix: { before: world.matrix.versionBefore, published },
    setUp: setUp.exchanges,
    ending: ending.exchanges,
    ended,
    cases,
    log,
  };
}

async function versionOfGateway(client: RecordingClient): Promise<string | null> {
  const { info } = (await client.json('/openapi.json')) as { info?: { version?: string } }; // OpenAPI 3.1
  return info?.version ?? null;
}

/** Of set-up and cases: what was attempted. */
export function exchangesOf({
  setUp,
  cases,
}: {
  readonly setUp: readonly Exchange[];
  readonly cases: readonly Pick<CaseRecord, 'exchanges'>[];
}): Exchange[] {
  return [...setUp, ...cases.flatMap(({ exchanges }) => exchanges)];
}

export function recordCasesOf(record: RecordToAssess): CaseRecord[] {
  const checks = assessRecord(record);
  const at = now();
  return recordCases.map(({ id, title, kind, checks: names }) => {
    const recordChecks = names.map((name) => checks[name]);
    const isNothing = recordChecks.some(({ counted }) => counted === 0);
    const isSound = recordChecks.every(({ faults }) => faults.length === 0);
    const evidence = {
      verdict: isNothing && isSound ? ('not_tested' as const) : ('failed' as const),
      exchanges: [],
      expectations: [],
      record_checks: recordChecks,
      reason: isNothing && isSound ? 'nothing of that kind was tried in this run' : null,
      own_test: null,
    };
    return {
      case_id: id,
      test: '8.8' as const,
      clauses: ['4.6'],
      title,
      kind,
      ...evidence,
      verdict: verdictOf(evidence),
      started_at: at,
      ended_at: at,
    };
  });
}

function isWanted(test: TestId, only: readonly TestId[]): boolean {
  return only.length === 0 || only.includes(test);
}

async function runCases(world: World, { only, onCase }: RunOptions, cases: CaseRecord[]): Promise<void> {
  const wanted = SCENARIOS.filter(({ test }) => isWanted(test, only));
  for (const scenario of wanted) {
    if (world.client.isInterrupted)
      throw new CommandFailure('interrupted; what was changed has been put back');
    const record = await runCase(world, scenario);
    cases.push(record);
    onCase(cases.length, wanted.length, record);
  }
}

async function runCase(world: World, scenario: Scenario): Promise<CaseRecord> {
  const { id, test, clauses, title, kind } = scenario;
  const startedAt = now();
  const named = { case_id: id, test, clauses, title, kind, started_at: startedAt };
  const untested = (reason: string, ownTest: string | null, exchanges: readonly Exchange[]): CaseRecord => ({
    ...named,
    verdict: 'not_tested',
    reason,
    own_test: ownTest,
    ended_at: now(),
    exchanges,
    expectations: [],
  });
  if ('untestable' in scenario) return untested(scenario.untestable, scenario.ownTest, []);
  if (scenario.needsMatrix === true && !world.hasMatrix) {
    return untested(
      'no authority matrix is in force here: publish one, or run with --first-matrix',
      null,
      [],
    );
  }
  const scene = new Scene(world, id);
  let reason: string | null = null;
  try {
    await scenario.run(scene);
  } catch (error) {
    if (error instanceof NotTestable) return untested(error.message, null, scene.exchanges);
    if (error instanceof Interrupted)
      throw new CommandFailure('interrupted; what was changed has been put back');
    if (!(error instanceof BrokenOff)) throw error;
    reason = error.message;
  }
  const evidence = {
    reason,
    own_test: null,
    exchanges: scene.exchanges,
    expectations: scene.expectations.map((each) => ({ ...each, holds: holds(each, scene.exchanges) })),
  };
  return { ...named, verdict: verdictOf(evidence), ended_at: now(), ...evidence };
}

/** What an expectation that does not hold was about, in a line. */
export function unmetOf({ expectations, exchanges }: CaseRecord): string[] {
  return expectations
    .filter(({ holds: isHeld }) => !isHeld)
    .map(({ exchange: number, at, check }) => {
      const exchange = exchanges.find((each) => each.number === number);
      const seen = exchange === undefined ? undefined : valueAt(exchange, at);
      const call = exchange === undefined ? '' : `${exchange.method} ${exchange.path}: `;
      return `${call}${at} is ${shortened(seen)}, expected ${shortened(check)}`;
    });
}

function shortened(value: Json | Check | undefined): string {
  const text = value === undefined ? 'not there' : JSON.stringify(value);
  return text.length <= 300 ? text : `${text.slice(0, 297)}...`;
}

export function testIdOf(text: string): TestId | undefined {
  return TESTS.find(({ test }) => test === text)?.test;
}

function now(): string {
  return new Date().toISOString();
}
