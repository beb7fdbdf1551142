// named-things.test.ts: what the docs name is there: files and folders, npm scripts, routes.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { listOperations } from '../../packages/contract/src/index.ts';
import { REPOSITORY } from './page-examples.ts';

/** Where a path that is not given from the repository's root may begin. */
const ROOTS = [
  '',
  'packages',
  'packages/server/src',
  'packages/server/src/gate',
  'packages/core/src',
  'docs/reference',
  'packages/cli',
  'bench',
];

/** Pages whose names stand for many: `x.test.ts`. */
const SPEAKS_IN_PATTERNS = new Set(['STYLE.md']);

function pages(folder = ''): string[] {
  return readdirSync(join(REPOSITORY, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return folder === '' && entry.name !== 'docs' ? [] : pages(path);
    return entry.name.endsWith('.md') && !SPEAKS_IN_PATTERNS.has(path) ? [path] : [];
  });
}

/** Paths in backticks or after a command: with a slash or the ending of a source. */
function namedPaths(markdown: string): string[] {
  const quoted = [...markdown.matchAll(/`([A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+)*\/?)`/g)].map(
    (match) => match[1] ?? '',
  );
  const commanded = [...markdown.matchAll(/npx (?:vitest run|tsx) ([\w./-]+)/g)].map(
    (match) => match[1] ?? '',
  );
  const files = quoted.filter(
    (path) =>
      /\.(ts|sql|json|sh)$/.test(path) || /^(packages|tests|fixtures|docs|examples|bench)\//.test(path),
  );
  return [...files, ...commanded];
}

describe('the docs', () => {
  it('name files that exist', () => {
    const missing = pages().flatMap((page) =>
      namedPaths(readFileSync(join(REPOSITORY, page), 'utf8'))
        .filter((path) => !ROOTS.some((root) => existsSync(join(REPOSITORY, root, path))))
        .map((path) => `${page}: ${path}`),
    );
    expect(missing).toEqual([]);
  });

  it('name npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
      scripts: object;
    };
    const known = new Set([...Object.keys(scripts), 'test', 'start']);
    const missing = pages().flatMap((page) =>
      [
        ...readFileSync(join(REPOSITORY, page), 'utf8').matchAll(
          /npm (?:run )?(start|test|run [\w:]+|run)\b(?: ([\w:]+))?/g,
        ),
      ]
        .map((match) => (match[1] === 'run' ? match[2] : match[1]) ?? '')
        .filter((script) => !known.has(script.replace(/^run /, '')))
        .map((script) => `${page}: ${script}`),
    );
    expect(missing).toEqual([]);
  });

  it('name routes that are served', () => {
    const served = listOperations().map(({ method, path }) => `${method} ${path}`);
    const missing = pages().flatMap((page) =>
      [
        ...readFileSync(join(REPOSITORY, page), 'utf8').matchAll(
          /\b(GET|POST|PATCH|PUT|DELETE) (\/[\w/{}-]+)/g,
        ),
      ]
        .map((match) => `${match[1] ?? ''} ${match[2] ?? ''}`)
        .filter((route) => !served.some((template) => isOf(template, route)))
        .map((route) => `${page}: ${route}`),
    );
    expect(missing).toEqual([]);
  });
});

/** Whether a route that was written out, or with other names in braces, is one of this template. */
function isOf(template: string, route: string): boolean {
  const wanted = template.split('/');
  const segments = route.split('/');
  return (
    wanted.length === segments.length &&
    wanted.every(
      (part, index) => part === segments[index] || (part.startsWith('{') && segments[index] !== ''),
    )
  );
}
