// docs/reference/ag-642.md has a row for every clause, every test of section 8 and every line of the maturity model, and what
// its rows name is there.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

import { SCENARIOS } from '../../packages/cli/src/conformance/scenarios/all-scenarios.ts';
import { recordCases } from '../../packages/cli/src/conformance/scenarios/log-completeness.ts';
import { CLAUSES, MATURITY, TESTS } from '../../packages/cli/src/conformance/standard.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(REPOSITORY, 'docs/reference/ag-642.md'), 'utf8');

/** Cells of the table under a heading, without its header. */
function rowsUnder(heading: string): string[][] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const quoted = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');

const clauses = rowsUnder('Clauses');
const tests = rowsUnder('Tests of section 8');
const maturity = rowsUnder('Maturity');
const caseIds = [...SCENARIOS, ...recordCases].map(({ id }) => id);

describe('the map of AG-642', () => {
  it('has a row for each clause, with its weight, a control, code, a test and evidence', () => {
    expect(clauses.map(([clause, weight]) => [clause, weight])).toEqual(
      CLAUSES.map(({ clause, weight }) => [clause, weight]),
    );
    for (const [clause = '', , control = '', code = '', tested = '', evidence = ''] of clauses) {
      expect(control, clause).not.toBe('');
      expect(quoted(code).length, clause).toBeGreaterThan(0);
      expect(quoted(tested).length, clause).toBeGreaterThan(0);
      expect(quoted(evidence).length, clause).toBeGreaterThan(0);
      for (const path of quoted(tested)) expect(path, clause).toMatch(/\.test\.ts$/);
    }
  });

  it('has a row for each test of section 8 and each line of the maturity model', () => {
    const named = TESTS.map(({ test }) => test).filter((test) => test.startsWith('8.'));
    expect(tests.map(([test]) => test)).toEqual(named);
    expect(maturity.map(([level, line]) => [level, line])).toEqual(
      MATURITY.flatMap(({ title, lines }) => lines.map(({ line }) => [title, line])),
    );
  });

  it('says of each line of the maturity model what the score takes', () => {
    const lines = MATURITY.flatMap(({ lines: own }) => own);
    for (const [index, { line, shownBy }] of lines.entries()) {
      const cell = maturity[index]?.[2] ?? '';
      const first =
        [...(shownBy.tests ?? []), ...(shownBy.cases ?? []), ...(shownBy.clauses ?? [])][0] ?? '?';
      expect(cell, line).toContain(first);
      for (const id of shownBy.cases ?? []) expect(cell, line).toContain(id);
    }
  });

  it('names files that are there, and controls that speak', () => {
    const paths = [...page.matchAll(/`((?:packages|tests)\/[^`]+)`/g)].map((match) => match[1] ?? '');
    expect(paths.length).toBeGreaterThan(50);
    expect(paths.filter((path) => !existsSync(join(REPOSITORY, path)))).toEqual([]);
    const controls = readdirSync(join(REPOSITORY, 'packages/core/src/controls'))
      .map((file) => readFileSync(join(REPOSITORY, 'packages/core/src/controls', file), 'utf8'))
      .join('\n');
    for (const [, , control = ''] of clauses)
      for (const name of quoted(control)) if (name.includes('_')) expect(controls).toContain(`'${name}'`);
  });

  it('names evidence that a run leaves', () => {
    for (const [clause = '', , , , , evidence = ''] of clauses) {
      for (const pattern of quoted(evidence).filter((each) => each.startsWith('cases/'))) {
        const prefix = pattern.slice('cases/'.length).replace(/\*$/, '');
        const found = [...SCENARIOS, ...recordCases.map(({ id }) => ({ id, clauses: ['4.6'] }))].filter(
          ({ id, clauses: own }) => id.startsWith(prefix) && own.includes(clause),
        );
        expect(found.length, `${clause}: ${pattern}`).toBeGreaterThan(0);
      }
    }
  });

  it('has own tests that are there for what no black box shows', () => {
    const own = SCENARIOS.flatMap((scenario) => ('ownTest' in scenario ? [scenario.ownTest] : []));
    expect(own.length).toBeGreaterThan(5);
    expect(own.filter((path) => !existsSync(join(REPOSITORY, path)))).toEqual([]);
    expect(caseIds.length).toBeGreaterThan(80);
  });
});
