// conformance/standard.ts: what AG-642 asks for, as data: its clauses with their weight, the tests of section 8, and the
// maturity levels with the clauses and capabilities each of them lists. Data only.

type Weight = 'MUST' | 'SHOULD' | 'MAY';

interface Clause {
  readonly clause: string;
  readonly weight: Weight;
  readonly title: string;
}

export const CLAUSES: readonly Clause[] = [
  { clause: '4.1', weight: 'MUST', title: 'Authority is a hard ceiling' },
  { clause: '4.2', weight: 'MUST', title: 'Budgets stop what exceeds them' },
  { clause: '4.3', weight: 'MUST', title: 'Sourcing policy gates' },
  { clause: '4.4', weight: 'MUST', title: 'Split orders are added up' },
  { clause: '4.5', weight: 'MUST', title: 'Human approval before execution' },
  { clause: '4.6', weight: 'MUST', title: 'Tamper-evident log of attempts' },
  { clause: '4.7', weight: 'MUST', title: 'Denial where state is unknown' },
  { clause: '4.8', weight: 'MUST', title: 'Validated again at execution' },
  { clause: '4.9', weight: 'SHOULD', title: 'Velocity controls' },
  { clause: '4.10', weight: 'SHOULD', title: 'Budget consumption for its owner' },
  { clause: '4.11', weight: 'MAY', title: 'Forecast of budgets' },
];

/** Points of a clause whose every case passed. docs/reference/conformance.md says how the score comes about. */
export const POINTS: Readonly<Record<Weight, number>> = { MUST: 10, SHOULD: 5, MAY: 2 };

/** The tests of section 8; and, since section 8 has none for them, a group for clauses 4.9 to 4.11. */
export const TESTS = [
  { test: '8.1', title: 'Authority ceiling enforcement' },
  { test: '8.2', title: 'Cumulative budget enforcement' },
  { test: '8.3', title: 'Sourcing-policy gate enforcement' },
  { test: '8.4', title: 'Split-order detection' },
  { test: '8.5', title: 'Human approval routing and execution hold' },
  { test: '8.6', title: 'Deny-by-default on validation unavailability' },
  { test: '8.7', title: 'Time-of-execution re-validation' },
  { test: '8.8', title: 'Immutable purchase log completeness' },
  { test: '4.9-4.11', title: 'What SHOULD and MAY be there' },
] as const;

export type TestId = (typeof TESTS)[number]['test'];

interface MaturityLevel {
  readonly level: 'basic' | 'intermediate' | 'advanced_software';
  readonly title: string;
  /** Each line of the standard's list, with the tests and clauses of a run that show it. */
  readonly lines: readonly MaturityLine[];
}

export interface MaturityLine {
  readonly line: string;
  readonly shownBy: {
    readonly tests?: readonly TestId[];
    readonly clauses?: readonly string[];
    /** Cases of this name alone. */
    readonly cases?: readonly string[];
  };
}

/** Each level is reached with all of its own lines and all of the levels before it. */
export const MATURITY: readonly MaturityLevel[] = [
  {
    level: 'basic',
    title: 'Basic',
    lines: [
      {
        line: 'machine-readable delegation matrix, validated before execution',
        shownBy: { tests: ['8.1'], clauses: ['4.1'] },
      },
      { line: 'a budget ledger blocks what exceeds its budget', shownBy: { tests: ['8.2'] } },
      { line: 'tender thresholds and prohibited suppliers are enforced', shownBy: { tests: ['8.3'] } },
      { line: 'purchase logs are maintained', shownBy: { tests: ['8.8'] } },
      { line: 'denial when a component is unavailable', shownBy: { tests: ['8.6'] } },
    ],
  },
  {
    level: 'intermediate',
    title: 'Intermediate',
    lines: [
      { line: 'related purchases are added up for thresholds', shownBy: { tests: ['8.4'] } },
      { line: 'validation again at the time of execution', shownBy: { tests: ['8.7'] } },
      { line: 'velocity controls', shownBy: { clauses: ['4.9'] } },
      { line: 'budget consumption visible to its owner', shownBy: { clauses: ['4.10'] } },
      {
        line: 'one atomic gate with sub-second latency',
        shownBy: { cases: ['8.2-at-once', '4.9-4.11-latency'] },
      },
      {
        line: 'jurisdictional parameterisation',
        shownBy: { cases: ['8.1-jurisdiction', '8.3-jurisdiction'] },
      },
    ],
  },
  {
    level: 'advanced_software',
    title: 'Advanced, its software part',
    lines: [
      { line: 'forecasts alert to projected exhaustion', shownBy: { clauses: ['4.11'] } },
      {
        line: 'suppliers with different trading names are seen as one',
        shownBy: { cases: ['8.4-trading-names'] },
      },
    ],
  },
];

/** Of the Advanced level what no software can show of itself. */
export const NOT_SOFTWARE = [
  'an independent penetration test of the gate',
  'an independent audit across all purchasing channels',
  'integration with AG-648 (procurement fraud detection)',
] as const;
