// conformance/score.ts: the table, the score and the maturity level that follow from the cases of a run. Pure: the same from
// the same cases, for the run and for whoever verifies its pack. docs/reference/conformance.md defines the score.
import type { CaseRecord } from './evidence.ts';
import { CLAUSES, MATURITY, type MaturityLine, POINTS, TESTS } from './standard.ts';

type Standing = 'passed' | 'failed' | 'not_tested';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly not_tested: number;
}

interface ClauseResult extends Counts {
  readonly clause: string;
  readonly weight: 'MUST' | 'SHOULD' | 'MAY';
  readonly title: string;
  readonly standing: Standing;
}

interface TestResult extends Counts {
  readonly test: string;
  readonly title: string;
  readonly standing: Standing;
}

interface LevelResult {
  readonly level: string;
  readonly title: string;
  readonly reached: boolean;
  readonly missing: readonly string[];
}

export interface Summary {
  readonly conformant: boolean;
  /** 0 to 100, one decimal, rounded down. */
  readonly score: number;
  /** The last level whose own lines and all before it are shown; null: not even the first. */
  readonly maturity: string | null;
  readonly clauses: readonly ClauseResult[];
  readonly tests: readonly TestResult[];
  readonly levels: readonly LevelResult[];
}

type Case = Pick<CaseRecord, 'case_id' | 'test' | 'clauses' | 'verdict' | 'own_test'>;

export function summarise(cases: readonly Case[]): Summary {
  const clauses = CLAUSES.map(({ clause, weight, title }) => {
    const own = cases.filter((each) => each.clauses.includes(clause));
    return { clause, weight, title, ...countsOf(own), standing: standingOf(own) };
  });
  const levels = levelsOf(cases);
  const firstMissed = levels.findIndex(({ reached }) => !reached);
  const reached = firstMissed === -1 ? levels : levels.slice(0, firstMissed);
  return {
    conformant: clauses.every(({ weight, standing }) => weight !== 'MUST' || standing === 'passed'),
    score: scoreOf(cases, clauses),
    maturity: reached.at(-1)?.level ?? null,
    clauses,
    tests: TESTS.map(({ test, title }) => {
      const own = cases.filter((each) => each.test === test);
      return { test, title, ...countsOf(own), standing: standingOf(own) };
    }),
    levels,
  };
}

function countsOf(cases: readonly Case[]): Counts {
  const count = (verdict: Case['verdict']): number => cases.filter((each) => each.verdict === verdict).length;
  return { passed: count('passed'), failed: count('failed'), not_tested: count('not_tested') };
}

/** Without a test of the repository's own, a case that was not tested leaves its clause open. */
function isOpen({ verdict, own_test: ownTest }: Case): boolean {
  return verdict === 'not_tested' && ownTest === null;
}

function standingOf(cases: readonly Case[]): Standing {
  if (cases.some(({ verdict }) => verdict === 'failed')) return 'failed';
  const isShown = cases.some(({ verdict }) => verdict === 'passed') && !cases.some(isOpen);
  return isShown ? 'passed' : 'not_tested';
}

/** Points of each clause by the share of its cases that passed; what only the repository's own tests show does not count. */
function scoreOf(cases: readonly Case[], clauses: readonly ClauseResult[]): number {
  let reached = 0;
  let whole = 0;
  for (const { clause, weight } of clauses) {
    const counted = cases.filter(
      (each) => each.clauses.includes(clause) && (each.verdict !== 'not_tested' || isOpen(each)),
    );
    const passed = counted.filter(({ verdict }) => verdict === 'passed').length;
    whole += POINTS[weight];
    if (counted.length > 0) reached += (POINTS[weight] * passed) / counted.length;
  }
  return Math.floor((1000 * reached) / whole + 1e-9) / 10;
}

function levelsOf(cases: readonly Case[]): LevelResult[] {
  return MATURITY.map(({ level, title, lines }) => {
    const missing = lines.filter((line) => !isShown(line, cases)).map(({ line }) => line);
    return { level, title, reached: missing.length === 0, missing };
  });
}

function isShown({ shownBy }: MaturityLine, cases: readonly Case[]): boolean {
  const groups = [
    ...(shownBy.tests ?? []).map((test) => cases.filter((each) => each.test === test)),
    ...(shownBy.clauses ?? []).map((clause) => cases.filter((each) => each.clauses.includes(clause))),
    ...(shownBy.cases ?? []).map((id) => cases.filter((each) => each.case_id === id)),
  ];
  return groups.length > 0 && groups.every((group) => standingOf(group) === 'passed');
}
