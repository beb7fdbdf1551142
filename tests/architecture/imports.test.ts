import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { findForbiddenImports, importsOf } from './imports.ts';
import { readSourceTree } from './source-tree.ts';

const root = join(import.meta.dirname, '../..');

describe('the arrows between packages and folders', () => {
  it('all point the way the table allows', () => {
    const tree = readSourceTree(root);
    expect([...tree.keys()].filter((path) => /^packages\/[^/]+\/src\//.test(path))).not.toEqual([]);
    expect(findForbiddenImports(tree)).toEqual([]);
  });
});

describe('the check itself, on a made-up tree', () => {
  const manifests: Record<string, string> = {
    'package.json': JSON.stringify({ name: 'root', devDependencies: { vitest: '1' } }),
    'packages/core/package.json': JSON.stringify({ name: '@countersign/core' }),
    'packages/audit/package.json': JSON.stringify({ name: '@countersign/audit' }),
    'packages/contract/package.json': JSON.stringify({
      name: '@countersign/contract',
      dependencies: { typebox: '1' },
    }),
    'packages/server/package.json': JSON.stringify({
      name: '@countersign/server',
      dependencies: { '@countersign/core': '1', '@countersign/contract': '1', fastify: '5' },
    }),
    'packages/cli/package.json': JSON.stringify({ name: 'countersign', dependencies: { commander: '1' } }),
  };
  const faultsOf = (path: string, text: string): string[] =>
    findForbiddenImports(new Map(Object.entries({ ...manifests, [path]: text })));

  it.each([
    ['packages/core/src/decide.ts', "import type { Money } from './money.ts';"],
    ['packages/core/src/controls/a.ts', "import { money } from '../money.ts';"],
    [
      'packages/core/src/money.test.ts',
      "import { it } from 'vitest'; import { readFileSync } from 'node:fs';",
    ],
    ['packages/audit/src/tree.ts', "import { createHash } from 'node:crypto';"],
    ['packages/contract/src/purchase.ts', "import { Type } from 'typebox';"],
    [
      'packages/server/src/ledger/a.ts',
      "import { b } from '../db/b.ts'; import { c } from '@countersign/core';",
    ],
    ['packages/server/src/http/a.ts', "import fastify from 'fastify'; import { b } from '../gate/b.ts';"],
    ['packages/server/src/gate/a.ts', "import { queryRows } from '../db/query-rows.ts';"],
    ['packages/server/src/ledger/a.ts', "import type { SealedBatch } from '../record/recorder.ts';"],
    ['packages/server/src/main.ts', "import { a } from './http/a.ts'; import { b } from './jobs/b.ts';"],
    [
      'packages/server/src/gate/a.test.ts',
      "import { a } from '../main.ts'; import x from '../../../../tests/x.ts';",
    ],
    ['packages/cli/bin/countersign.js', "await import('../src/main.ts'); import 'commander';"],
  ])('lets %s import what it may', (path, text) => {
    expect(faultsOf(path, text)).toEqual([]);
  });

  it.each([
    ['packages/core/src/a.ts', "import { b } from '@countersign/contract';", 'core imports nothing'],
    ['packages/core/src/a.ts', "import { randomBytes } from 'node:crypto';", 'core imports nothing'],
    ['packages/core/src/a.ts', "import { parse } from 'tldts';", 'core imports nothing'],
    [
      'packages/core/src/a.ts',
      "export { b } from '../../audit/src/b.ts';",
      'import another package by its name',
    ],
    ['packages/core/src/a.ts', "import { b } from './b.test.ts';", 'only tests import tests'],
    ['packages/core/src/a.test.ts', "import { b } from '@countersign/server';", 'core imports nothing'],
    ['packages/audit/src/a.ts', "import { readFile } from 'node:fs/promises';", 'node:crypto alone'],
    [
      'packages/contract/src/a.ts',
      "import { decide } from '@countersign/core';",
      'contract is schemas alone',
    ],
    ['packages/server/src/http/a.ts', "import { sweep } from '../jobs/sweep.ts';", 'let main.ts pass'],
    ['packages/server/src/jobs/a.ts', "import type { App } from '../http/app.ts';", 'let main.ts pass'],
    [
      'packages/server/src/http/a.ts',
      "import { insert } from '../ledger/insert.ts';",
      'call an operation of gate',
    ],
    ['packages/server/src/db/a.ts', "import { insert } from '../ledger/insert.ts';", 'db knows connections'],
    ['packages/server/src/ledger/a.ts', "import { seal } from '../record/recorder.ts';", 'takes rows'],
    ['packages/server/src/ledger/a.ts', "import { type Batch } from '../record/recorder.ts';", 'takes rows'],
    [
      'packages/server/src/http/a.ts',
      "import { queryRows } from '../db/query-rows.ts';",
      'call an operation',
    ],
    ['packages/server/src/gate/a.ts', "import { start } from '../main.ts';", 'let main.ts pass'],
    ['packages/server/src/gate/a.ts', "const b = await import('../rails/b.ts');", 'let main.ts pass'],
    ['packages/server/src/gate/a.ts', "type B = import('../admin/b.ts').B;", 'let main.ts pass'],
    ['packages/server/src/gate/a.ts', 'const b = await import(name);', 'cannot be checked'],
    ['packages/server/src/gate/a.ts', "import { join } from 'path';", 'write `node:path`'],
    [
      'packages/server/src/gate/a.ts',
      "import { z } from 'zod';",
      'declare `zod` in packages/server/package.json',
    ],
    ['packages/server/src/gate/a.ts', "import { it } from 'vitest';", 'declare `vitest`'],
    ['packages/server/src/misc/a.ts', 'export {};', 'no line in the table'],
    [
      'packages/cli/src/a.ts',
      "import { decide } from '@countersign/core';",
      'the command line is a thin shell',
    ],
    [
      'packages/cli/src/a.ts',
      "import { serve } from '@countersign/server';",
      'declare `@countersign/server`',
    ],
  ])('refuses in %s: %s', (path, text, instead) => {
    const [fault, ...others] = faultsOf(path, text);
    expect(others).toEqual([]);
    expect(fault).toContain(path);
    expect(fault).toContain(instead);
  });

  it('reads every form an import can take', () => {
    const text = `
      import a from './a.ts';
      import type { B } from './b.ts';
      export * from './c.ts';
      export { d } from './d.ts';
      import './e.ts';
      async function f() { return import(\`./f.ts\`); }
      let g: import('./g.ts').G;
      // import h from './h.ts';
      const i = "import i from './i.ts'";
    `;
    expect(importsOf('x.ts', text)).toEqual(
      'abcdefg'.split('').map((name) => ({ specifier: `./${name}.ts`, typesOnly: 'bg'.includes(name) })),
    );
  });
});
