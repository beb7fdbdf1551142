import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import {
  findBrokenLinks,
  findEmptyNames,
  findLedgerExports,
  findLongFiles,
  findMisnumberedDecisions,
  findMissingHeaders,
  findStraySql,
  findUnexplainedExceptions,
  findUnfinishedWork,
  findUnusualNames,
} from './house-style.ts';
import { readSourceTree } from './source-tree.ts';

const tree = readSourceTree(join(import.meta.dirname, '../..'));

describe('house style', () => {
  it('every source begins with a header', () => {
    expect(findMissingHeaders(tree)).toEqual([]);
  });
  it('no source is too long', () => {
    expect(findLongFiles(tree)).toEqual([]);
  });
  it('every file is named for a concept, in kebab-case', () => {
    expect([...findEmptyNames(tree), ...findUnusualNames(tree)]).toEqual([]);
  });
  it('no work is left behind in a comment', () => {
    expect(findUnfinishedWork(tree)).toEqual([]);
  });
  it('no rule is switched off without a reason', () => {
    expect(findUnexplainedExceptions(tree)).toEqual([]);
  });
  it('a ledger file is one operation', () => {
    expect(findLedgerExports(tree)).toEqual([]);
  });
  it('SQL lies in the ledger', () => {
    expect(findStraySql(tree)).toEqual([]);
  });
  it('decisions are numbered without gaps', () => {
    expect(findMisnumberedDecisions(tree)).toEqual([]);
  });
  it('links in the documentation lead somewhere', () => {
    expect(findBrokenLinks(tree)).toEqual([]);
  });
});

describe('the checks themselves, on made-up trees', () => {
  const made = (path: string, text: string, ...others: [string, string][]): Map<string, string> =>
    new Map([[path, text], ...others]);
  const header = '// a.ts: does something.\n';
  const file = 'packages/core/src/a.ts';
  const operation = 'packages/server/src/ledger/insert-transfer.ts';

  it('headers', () => {
    expect(findMissingHeaders(made(file, `${header}export const a = 1;\n`))).toEqual([]);
    expect(findMissingHeaders(made(file, `#!/usr/bin/env node\n${header}`))).toEqual([]);
    expect(findMissingHeaders(made(file, '/** Does something. */\nexport const a = 1;\n'))).toEqual([]);
    expect(findMissingHeaders(made('packages/server/src/db/a.sql', '-- a.sql: tables\n'))).toEqual([]);
    expect(findMissingHeaders(made(file, 'export const a = 1;\n// late\n'))).toHaveLength(1);
    expect(findMissingHeaders(made(file, header.repeat(9)))).toHaveLength(1);
  });

  it('length', () => {
    expect(findLongFiles(made(file, '\n'.repeat(400)))).toEqual([]);
    expect(findLongFiles(made(file, '\n'.repeat(401)))).toHaveLength(1);
    expect(findLongFiles(made('packages/core/src/a.test.ts', '\n'.repeat(401)))).toEqual([]);
  });

  it('names', () => {
    for (const name of [
      'utils.ts',
      'db-helpers.ts',
      'helpers/a.ts',
      'budget-manager.ts',
      'card.service.ts',
    ]) {
      expect(findEmptyNames(made(`packages/core/src/${name}`, ''))).toHaveLength(1);
    }
    expect(findEmptyNames(made('packages/core/src/commonwealth.ts', ''))).toEqual([]);
    expect(findUnusualNames(made('packages/core/src/maxAmount.ts', ''))).toHaveLength(1);
    expect(findUnusualNames(made('packages/core/src/max-amount.test.ts', ''))).toEqual([]);
  });

  it('unfinished work', () => {
    expect(findUnfinishedWork(made(file, `${header}// TODO: later\n`))).toEqual([
      `${file}:2 leaves work behind: do it, or open an issue`,
    ]);
    expect(findUnfinishedWork(made(file, 'const TODOS = 1;\n'))).toEqual([]);
  });

  it('exceptions', () => {
    const exceptionsIn = (line: string): string[] =>
      findUnexplainedExceptions(made(file, `${header}${line}\n`));
    expect(exceptionsIn('// eslint-disable-next-line no-empty -- the reason')).toEqual([]);
    expect(exceptionsIn('// eslint-disable-next-line no-empty')).toHaveLength(1);
    expect(exceptionsIn('/* eslint-disable */')).toHaveLength(1);
    expect(exceptionsIn('f(); // eslint-disable-line -- the reason')).toHaveLength(1);
  });

  it('ledger operations', () => {
    const right =
      'export interface Row {}\nexport type Id = string;\nexport async function insertTransfer() {}\n';
    expect(findLedgerExports(made(operation, right))).toEqual([]);
    expect(findLedgerExports(made(operation, `${right}export function insertTransferOnce() {}\n`))).toEqual(
      [],
    );
    expect(findLedgerExports(made(operation, `${right}export function other() {}\n`))).toHaveLength(1);
    expect(findLedgerExports(made(operation, `${right}export const limit = 1;\n`))).toHaveLength(1);
    expect(findLedgerExports(made(operation, 'export function insert() {}\n'))).toHaveLength(1);
    expect(findLedgerExports(made(operation, "export * from './other.ts';\n"))).toHaveLength(1);
  });

  it('SQL', () => {
    const gate = 'packages/server/src/gate/a.ts';
    const statement = 'const a = `\n  SELECT balance FROM budget WHERE id = ${id}`;\n';
    expect(findStraySql(made(gate, statement))).toHaveLength(1);
    expect(findStraySql(made(gate, "db.query('UPDATE budget SET spent = 0');\n"))).toHaveLength(1);
    expect(findStraySql(made(gate, "log('select a budget'); // UPDATE the budget\n"))).toEqual([]);
    expect(findStraySql(made(operation, statement))).toEqual([]);
    expect(findStraySql(made('packages/server/src/gate/a.test.ts', statement))).toEqual([]);
  });

  it('decision numbers', () => {
    const decisions = (...names: string[]): Map<string, string> =>
      new Map(names.map((name) => [`docs/decisions/${name}.md`, '']));
    expect(findMisnumberedDecisions(decisions('0001-a', '0002-b', 'README'))).toEqual([]);
    expect(findMisnumberedDecisions(decisions('0001-a', '0003-b'))).toHaveLength(1);
    expect(findMisnumberedDecisions(decisions('0001-a', '0001-b'))).toHaveLength(1);
  });

  it('links', () => {
    const page: [string, string] = ['docs/page.md', '# A page\n\n## What `decide` does, twice\n'];
    const linking = (link: string): string[] =>
      findBrokenLinks(made('README.md', `See [it](${link}).\n`, page));
    for (const link of [
      'docs/page.md',
      'docs/page.md#a-page',
      'docs/page.md#what-decide-does-twice',
      'docs',
      'docs/',
      'https://example.com/x',
    ]) {
      expect(linking(link)).toEqual([]);
    }
    for (const link of ['docs/pages.md', 'docs/page.md#b-page', '#missing', '../docs/page.md']) {
      expect(linking(link)).toHaveLength(1);
    }
    expect(findBrokenLinks(made('README.md', '```\n[x](missing.md)\n```\n'))).toEqual([]);
    expect(findBrokenLinks(made('README.md', '[x]: missing.md\n'))).toHaveLength(1);
  });
});
