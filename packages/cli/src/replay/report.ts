// replay/report.ts: what a replay came to, as JSON (amounts are decimal strings) and as text in 80 columns.
import { type BudgetView, formatAmount } from '@countersign/server';

import { currencyOf, duration, grouped, moneyOf, share } from '../terminal/numbers.ts';
import { cut, painted, style } from '../terminal/style.ts';
import { table } from '../terminal/table.ts';
import type { RecordCheck } from './check-record.ts';
import type { ReplayResult } from './run-replay.ts';
import type { ByStatus, Count, RuleCount, Tally } from './tally.ts';

export interface ReplayReport extends ReplayResult {
  readonly file: string;
  readonly policyId: string;
  readonly badRows: readonly { readonly line: number; readonly reason: string }[];
  readonly badRowsFile: string | null;
  readonly agentCount: number;
  readonly budgetCount: number;
  readonly budgets: readonly BudgetView[];
  /** Deciding and settling alone, without start and check. Milliseconds. */
  readonly elapsedMs: number;
  readonly check: RecordCheck;
}

const COST_CENTERS_SHOWN_MAX = 10;
const REASONS_SHOWN_MAX = 20;

/** Nothing is missing from the result, and the record of it holds. */
export function isSound({ tally, check, interrupted }: ReplayReport): boolean {
  return tally.isComplete && check.isValid && interrupted === null;
}

export function reportJson(report: ReplayReport): object {
  const { tally } = report;
  return {
    file: report.file,
    policy_id: report.policyId,
    from: isoOf(report.firstAtMs),
    to: isoOf(report.lastAtMs),
    complete: tally.isComplete && report.interrupted === null,
    interrupted: report.interrupted,
    rows: { read: tally.readRows, decided: tally.decidedRows, refunds: tally.refundRows, bad: tally.badRows },
    decisions: countsJson(tally.decisions),
    refunds: countsJson(tally.refunds),
    settled: countJson(tally.settled),
    declined_at_the_till: Object.fromEntries(
      [...tally.declined].map(([reason, count]) => [reason, countJson(count)]),
    ),
    holds: { expired: tally.expiredHolds, waiting: report.waitingHolds },
    by_rule: rulesOf(tally).map(({ reason, ...count }) => ({
      outcome: reason.outcome,
      reason_code: reason.code,
      control: reason.control,
      policy_id: reason.policyId,
      rule_id: reason.ruleId,
      ...countJson(count),
    })),
    by_month: partsJson(tally.byMonth),
    by_cost_center: partsJson(tally.byCostCenter),
    budgets: report.budgets,
    agents: report.agentCount,
    budget_count: report.budgetCount,
    bad_rows: report.badRows,
    throughput: {
      elapsed_seconds: report.elapsedMs / 1000,
      rows_per_second: perSecond(tally.readRows, report.elapsedMs),
      decisions_per_second: perSecond(tally.commands, report.elapsedMs),
      commands: tally.commands,
    },
    check: report.check,
  };
}

export function reportText(report: ReplayReport): string {
  const { tally } = report;
  return [
    heading(`Replay of ${report.file}`),
    `  ${grouped(tally.readRows)} rows${spanText(report)}, ${grouped(report.agentCount)} agents, ${grouped(report.budgetCount)} budgets`,
    ...(report.interrupted === null ? [] : [`  ${style.bad('NOT COMPLETE')}: ${report.interrupted}`]),
    '',
    outcomeTable(tally),
    holdsLine(report),
    heading('By rule (a row may break several)'),
    ruleTable(tally),
    heading('By month'),
    partTable(
      'month',
      [...tally.byMonth].sort(([left], [right]) => (left < right ? -1 : 1)),
    ),
    heading('By cost centre (most rows first)'),
    partTable('cost centre', largest(tally.byCostCenter).slice(0, COST_CENTERS_SHOWN_MAX)),
    ...moreLine(tally.byCostCenter.size - COST_CENTERS_SHOWN_MAX, 'cost centres, with --json'),
    ...badRowLines(report),
    heading('Throughput'),
    `  ${grouped(perSecond(tally.readRows, report.elapsedMs))} rows/s, ${grouped(perSecond(tally.commands, report.elapsedMs))} decisions/s (requests, charges, captures, refunds) in ${duration(report.elapsedMs)}`,
    heading('Check'),
    ...checkLines(report),
  ].join('\n');
}

export function outcomeTable(tally: Tally): string {
  const line = (name: string, { rows, money }: Count): string[] => [
    painted(name),
    grouped(rows),
    share(rows, tally.readRows),
    moneyOf(money),
  ];
  const refunds = Object.entries(tally.refunds).filter(([, { rows }]) => rows > 0);
  return table(
    [
      { title: 'outcome' },
      { title: 'rows', align: 'right' },
      { title: 'share', align: 'right' },
      { title: 'money', align: 'right' },
    ],
    [
      line('approved', tally.decisions.approved),
      line('held', tally.decisions.held),
      line('denied', tally.decisions.denied),
      ...refunds.map(([name, count]) => line(`refund ${name}`, count)),
      ['bad rows', grouped(tally.badRows), share(tally.badRows, tally.readRows), ''],
      [style.bold('all'), grouped(tally.readRows), '', ''],
      ...(tally.settled.rows > 0 ? [line('settled', tally.settled)] : []),
      ...[...tally.declined].map(([reason, count]) => line(`declined: ${reason}`, count)),
    ],
  );
}

function holdsLine({ tally, waitingHolds }: ReplayReport): string {
  if (tally.decisions.held.rows === 0) return '';
  return `\n  Of the held, ${grouped(tally.expiredHolds)} ran out unsigned by the data's clock, ${grouped(waitingHolds)} still wait.`;
}

function ruleTable(tally: Tally): string {
  const rules = rulesOf(tally);
  if (rules.length === 0) return '  No rule was broken.';
  const rows = rules
    .slice(0, REASONS_SHOWN_MAX)
    .map(({ reason, rows: count, money }) => [
      painted(reason.outcome === 'deny' ? 'denied' : 'held'),
      reason.code,
      reason.ruleId ?? reason.control,
      grouped(count),
      moneyOf(money),
    ]);
  return table(
    [
      { title: '' },
      { title: 'reason' },
      { title: 'rule' },
      { title: 'rows', align: 'right' },
      { title: 'money', align: 'right' },
    ],
    rows,
  );
}

function partTable(title: string, parts: readonly (readonly [string, ByStatus])[]): string {
  const number = (count: Count): string => (count.rows === 0 ? '-' : grouped(count.rows));
  return table(
    [
      { title },
      { title: 'approved', align: 'right' },
      { title: 'held', align: 'right' },
      { title: 'denied', align: 'right' },
      { title: 'approved money', align: 'right' },
    ],
    parts.map(([name, { approved, held, denied }]) => [
      cut(name, 24),
      number(approved),
      number(held),
      number(denied),
      moneyOf(approved.money),
    ]),
  );
}

function badRowLines({ badRows, tally, badRowsFile }: ReplayReport): string[] {
  if (tally.badRows === 0) return [];
  return [
    heading('Bad rows'),
    ...badRows.map(({ line, reason }) => `  line ${line}: ${cut(reason, 66)}`),
    ...moreLine(
      tally.badRows - badRows.length,
      badRowsFile === null ? 'bad rows: name a file with --bad-rows' : `bad rows in ${badRowsFile}`,
    ),
  ];
}

function checkLines({ tally, check }: ReplayReport): string[] {
  const sum = `${grouped(tally.readRows)} read = ${grouped(tally.decidedRows)} decided + ${grouped(tally.refundRows)} refunds + ${grouped(tally.badRows)} bad`;
  return [
    `  ${mark(tally.isComplete)} rows: ${sum}`,
    ...check.lines.map(({ isValid, text }) => `  ${mark(isValid)} ${text}`),
    '',
  ];
}

function mark(isGood: boolean): string {
  return isGood ? style.good('ok    ') : style.bad('FAILED');
}

function moreLine(count: number, what: string): string[] {
  return count > 0 ? [style.dim(`  and ${grouped(count)} more ${what}`)] : [];
}

function heading(text: string): string {
  return `\n${style.bold(text)}`;
}

function spanText({ firstAtMs, lastAtMs }: ReplayReport): string {
  if (firstAtMs === null || lastAtMs === null) return '';
  return ` from ${new Date(firstAtMs).toISOString().slice(0, 10)} to ${new Date(lastAtMs).toISOString().slice(0, 10)}`;
}

function rulesOf(tally: Tally): RuleCount[] {
  return [...tally.byRule.values()].sort((left, right) => right.rows - left.rows);
}

function largest(parts: ReadonlyMap<string, ByStatus>): [string, ByStatus][] {
  const rows = ({ approved, held, denied }: ByStatus): number => approved.rows + held.rows + denied.rows;
  return [...parts].sort(([, left], [, right]) => rows(right) - rows(left));
}

function perSecond(count: number, elapsedMs: number): number {
  return elapsedMs === 0 ? 0 : Math.round((count * 1000) / elapsedMs);
}

function countJson({ rows, money }: Count): { rows: number; amounts: Record<string, string> } {
  return {
    rows,
    amounts: Object.fromEntries(
      [...money].map(([code, minor]) => [code, formatAmount(minor, currencyOf(code))]),
    ),
  };
}

function countsJson(counts: Readonly<Record<string, Count>>): object {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, countJson(count)]));
}

function partsJson(parts: ReadonlyMap<string, ByStatus>): object {
  return Object.fromEntries(
    [...parts]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, counts]) => [name, countsJson(counts)]),
  );
}

function isoOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
