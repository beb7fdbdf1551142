// conformance/report-text.ts: the result of a run as people read it: clause by clause, test by test, then what failed and what
// was not tested. Lines fit the width that is given, from 80 columns on.
import { cut, style } from '../terminal/style.ts';
import { table } from '../terminal/table.ts';
import type { CaseRecord } from './evidence.ts';
import { unmetOf } from './run-conformance.ts';
import type { Summary } from './score.ts';
import { NOT_SOFTWARE } from './standard.ts';

const WIDTH_MIN = 80;
const WIDTH_MAX = 120;

export interface Painting {
  readonly columns: number;
  readonly coloured: boolean;
}

export function reportText(
  summary: Summary,
  cases: readonly CaseRecord[],
  { columns, coloured }: Painting,
): string {
  const width = Math.min(Math.max(columns, WIDTH_MIN), WIDTH_MAX);
  const paint = (standing: string): string => {
    const words = { passed: 'passed', failed: 'FAILED', not_tested: 'not tested' }[standing] ?? standing;
    if (!coloured) return words;
    if (standing === 'passed') return style.good(words);
    return standing === 'failed' ? style.bad(words) : style.waiting(words);
  };
  const text = [
    clauseTable(summary, paint),
    '',
    testTable(summary, width, paint),
    '',
    ...failures(cases, width, paint),
    ...untested(cases, width),
    ...verdict(summary, width, paint),
  ].join('\n');
  return coloured ? text : plain(text);
}

type Paint = (standing: string) => string;

function clauseTable({ clauses }: Summary, paint: Paint): string {
  return table(
    [
      { title: 'clause' },
      { title: '' },
      { title: '' },
      { title: 'pass', align: 'right' },
      { title: 'fail', align: 'right' },
      { title: 'open', align: 'right' },
      { title: '' },
    ],
    clauses.map(({ clause, weight, title, passed, failed, not_tested, standing }) => [
      clause,
      weight,
      title,
      String(passed),
      String(failed),
      String(not_tested),
      paint(standing),
    ]),
  );
}

function testTable({ tests }: Summary, width: number, paint: Paint): string {
  return table(
    [
      { title: 'test' },
      { title: '' },
      { title: 'pass', align: 'right' },
      { title: 'fail', align: 'right' },
      { title: 'open', align: 'right' },
      { title: '' },
    ],
    tests.map(({ test, title, passed, failed, not_tested, standing }) => [
      test,
      cut(title, width - 42),
      String(passed),
      String(failed),
      String(not_tested),
      paint(standing),
    ]),
  );
}

function failures(cases: readonly CaseRecord[], width: number, paint: Paint): string[] {
  return cases
    .filter(({ verdict }) => verdict === 'failed')
    .flatMap((record) => [
      `  ${paint('failed')}  ${record.case_id} (${record.clauses.join(', ')})`,
      ...wrapped(record.title, 10, width),
      ...[
        ...(record.reason === null ? [] : [record.reason]),
        ...unmetOf(record),
        ...(record.record_checks ?? []).flatMap(({ check, counted, faults }) =>
          counted === 0 ? [`${check}: there was nothing to check`] : faults,
        ),
      ]
        .slice(0, 8)
        .flatMap((sentence) => wrapped(sentence, 10, width)),
      '',
    ]);
}

function untested(cases: readonly CaseRecord[], width: number): string[] {
  const open = cases.filter(({ verdict }) => verdict === 'not_tested');
  if (open.length === 0) return [];
  return [
    '  open: not tested black-box',
    ...open.flatMap(({ case_id, title, reason, own_test: ownTest }) => [
      ...wrapped(`${case_id}: ${title}`, 4, width),
      ...wrapped(ownTest === null ? (reason ?? '') : `${reason ?? ''}; see ${ownTest}`, 6, width),
    ]),
    '',
  ];
}

function verdict({ conformant, score, levels, maturity }: Summary, width: number, paint: Paint): string[] {
  const level = levels.find((each) => each.level === maturity)?.title ?? 'none';
  const next = levels.find(({ reached }) => !reached);
  return [
    `  every MUST  ${conformant ? paint('passed') : paint('failed').replace('FAILED', 'NOT SHOWN')}`,
    `  score       ${score.toFixed(1)} of 100`,
    `  maturity    ${level}`,
    ...(next === undefined
      ? wrapped(`No software can show: ${NOT_SOFTWARE.join('; ')}.`, 14, width)
      : wrapped(`For ${next.title} there is missing: ${next.missing.join('; ')}.`, 14, width)),
  ];
}

/** At blanks; a word that is too long for a line is broken. */
function wrapped(text: string, indent: number, width: number): string[] {
  const room = width - indent;
  const lines: string[] = [];
  let line = '';
  for (const word of text
    .split(/\s+/)
    .flatMap((each) => each.match(new RegExp(`.{1,${room}}`, 'gu')) ?? [])) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  if (line !== '') lines.push(line);
  return lines.map((each) => ' '.repeat(indent) + each);
}

function plain(text: string): string {
  return text.replace(/\u001B\[[0-9;]*m/g, '');
}
