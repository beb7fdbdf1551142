// house-style.ts: the parts of STYLE.md that a program can check, each as a function from the tree to its faults.
// Every fault names the file and what to do. What eslint or prettier can see is theirs.
import { posix } from 'node:path';
import ts from 'typescript';

import { isTestFile } from './source-tree.ts';
import type { SourceTree } from './source-tree.ts';

const linesMax = 400;
const headerLinesMax = 8;

function isSource(path: string): boolean {
  return /^(packages|tests|bench)\/.*\.(ts|js|sql)$/.test(path);
}

/** Sources without a comment at the very top that says what the file is for. Tests say it in their titles. */
export function findMissingHeaders(tree: SourceTree): string[] {
  const found: string[] = [];
  for (const [path, text] of tree) {
    if (!isSource(path) || path.endsWith('.test.ts')) continue;
    const lines = headerLinesOf(text);
    if (lines === 0)
      found.push(`${path} has no header: begin with one to five lines on its job and its limits`);
    if (lines > headerLinesMax) {
      found.push(`${path} has a header of ${lines} lines: keep five, and move the rest to docs/internals`);
    }
  }
  return found;
}

function headerLinesOf(text: string): number {
  const body = text.replace(/^#!.*\n/, '');
  const lineComments = /^(?:(?:\/\/|--).*\n)+/.exec(body)?.[0];
  const header = lineComments ?? /^\/\*[^]*?\*\//.exec(body)?.[0];
  return header === undefined ? 0 : header.trimEnd().split('\n').length;
}

export function findLongFiles(tree: SourceTree): string[] {
  return [...tree]
    .filter(([path]) => isSource(path) && !isTestFile(path) && !path.endsWith('.sql'))
    .map(([path, text]) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > linesMax)
    .map(({ path, lines }) => `${path} has ${lines} lines: past ${linesMax}, split it by concept`);
}

/** Names that say nothing about what is inside, as a word of a file's or a folder's name. */
export function findEmptyNames(tree: SourceTree): string[] {
  const empty = /^(utils?|helpers?|commons?|managers?|services?)$/;
  return [...tree.keys()]
    .filter((path) => isSource(path) && path.split(/[/.-]/).some((word) => empty.test(word)))
    .map((path) => `${path} is named for no concept: name it after what it holds, in the glossary's words`);
}

export function findUnusualNames(tree: SourceTree): string[] {
  const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.(ts|js|sql)$/;
  return [...tree.keys()]
    .filter((path) => isSource(path) && !kebab.test(posix.basename(path)))
    .map((path) => `${path} is not in kebab-case`);
}

export function findUnfinishedWork(tree: SourceTree): string[] {
  const mark = /\b(TODO|FIXME)\b/;
  const found: string[] = [];
  for (const [path, text] of tree) {
    // These two name the marks they look for.
    if (!isSource(path) || path.startsWith('tests/architecture/house-style.')) continue;
    text.split('\n').forEach((line, index) => {
      if (mark.test(line)) found.push(`${path}:${index + 1} leaves work behind: do it, or open an issue`);
    });
  }
  return found;
}

/** Linter exceptions without their reason, written after `--` as eslint wants it. */
export function findUnexplainedExceptions(tree: SourceTree): string[] {
  const found: string[] = [];
  for (const [path, text] of tree) {
    if (!isSource(path) || path.startsWith('tests/architecture/house-style.')) continue;
    text.split('\n').forEach((line, index) => {
      if (/(\/\/|\/\*)\s*eslint-disable/.test(line) && !/eslint-disable\S* \S.* -- \S/.test(line)) {
        found.push(`${path}:${index + 1} switches a rule off: name the rule, and the reason after \`--\``);
      }
    });
  }
  return found;
}

/** SQL in the server outside `ledger` and `db`: text of a statement in a string, wherever it is sent from. */
export function findStraySql(tree: SourceTree): string[] {
  const statement = /^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|MERGE INTO|LOCK TABLE|COPY|TRUNCATE)\s/;
  const found: string[] = [];
  for (const [path, text] of tree) {
    if (!/^packages\/server\/src\/(?!ledger\/|db\/).*\.ts$/.test(path) || isTestFile(path)) continue;
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false);
    const visit = (node: ts.Node): void => {
      if ((ts.isStringLiteralLike(node) || ts.isTemplateHead(node)) && statement.test(node.text)) {
        const line = source.getLineAndCharacterOfPosition(node.end).line + 1;
        found.push(`${path}:${line} holds SQL: make it an operation in packages/server/src/ledger`);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return found;
}

/** A file of the ledger exports one operation, named like the file, and besides it only types. Forms of the
 * operation (`lockConfigurationShared` in `lock-configuration.ts`) begin with its name. */
export function findLedgerExports(tree: SourceTree): string[] {
  const found: string[] = [];
  for (const [path, text] of tree) {
    if (!/^packages\/server\/src\/ledger\/.*\.ts$/.test(path) || isTestFile(path)) continue;
    const wanted = posix.basename(path, '.ts').replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    const others = exportedValuesOf(path, text).filter((name) => !name.startsWith(wanted));
    if (others.length > 0) {
      found.push(
        `${path} exports ${others.join(', ')}: it is for \`${wanted}\` alone, its forms and its types`,
      );
    }
  }
  return found;
}

function exportedValuesOf(path: string, text: string): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false);
  const values: string[] = [];
  for (const statement of source.statements) {
    if (ts.isExportDeclaration(statement)) {
      if (!statement.isTypeOnly) values.push('a re-export');
      continue;
    }
    const isExported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword) === true;
    if (!isExported || ts.isTypeAliasDeclaration(statement) || ts.isInterfaceDeclaration(statement)) continue;
    values.push(ts.isFunctionDeclaration(statement) ? (statement.name?.text ?? 'default') : 'a value');
  }
  return values;
}

/** Decisions are numbered from 0001 without a gap or a number used twice. */
export function findMisnumberedDecisions(tree: SourceTree): string[] {
  const names = [...tree.keys()]
    .filter((path) => /^docs\/decisions\/[^/]+\.md$/.test(path))
    .map((path) => posix.basename(path))
    .filter((name) => name !== 'README.md')
    .sort();
  return names.flatMap((name, index) => {
    const expected = String(index + 1).padStart(4, '0');
    return name.startsWith(`${expected}-`) ? [] : [`docs/decisions/${name}: number ${expected} comes here`];
  });
}

/** Relative links of the documentation that lead to no file, or to no heading of it. */
export function findBrokenLinks(tree: SourceTree): string[] {
  const folders = new Set([...tree.keys()].flatMap(foldersAbove));
  const found: string[] = [];
  for (const [path, text] of tree) {
    if (!path.endsWith('.md') || path.includes('/baselines/')) continue;
    for (const link of linksOf(text)) {
      const [file = '', heading] = link.split('#');
      const target = file === '' ? path : posix.join(posix.dirname(path), decodeURI(file)).replace(/\/$/, '');
      const targetText = tree.get(target);
      if (targetText === undefined && !folders.has(target)) {
        found.push(`${path} links to \`${link}\`, which does not exist`);
      } else if (heading !== undefined && targetText !== undefined && target.endsWith('.md')) {
        if (!headingsOf(targetText).has(heading)) {
          found.push(`${path} links to \`${link}\`, but ${target} has no such heading`);
        }
      }
    }
  }
  return found;
}

function foldersAbove(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return ['.', ...parts.map((_, index) => parts.slice(0, index + 1).join('/'))];
}

function proseOf(text: string): string {
  return text.replace(/^(```|~~~)[^]*?^\1/gm, '').replace(/`[^`\n]*`/g, '');
}

function linksOf(text: string): string[] {
  const prose = proseOf(text);
  const inline = [...prose.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)].map((match) => match[1] ?? '');
  const referenced = [...prose.matchAll(/^\[[^\]]+\]:\s+(\S+)/gm)].map((match) => match[1] ?? '');
  return [...inline, ...referenced].filter((link) => !/^[a-z][a-z0-9+.-]*:/i.test(link));
}

/** The anchors a Markdown page offers, as GitHub makes them. */
function headingsOf(text: string): Set<string> {
  const body = text.replace(/^(```|~~~)[^]*?^\1/gm, '');
  const titles = [...body.matchAll(/^#{1,6}\s+(.+?)\s*$/gm)].map((match) => match[1] ?? '');
  return new Set(
    titles.map((title) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  );
}
