import { join } from 'node:path';

import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';

// Only the bans are on trial: rules that need types are off, so a snippet needs no place in the program.
const eslint = new ESLint({
  cwd: join(import.meta.dirname, '../..'),
  overrideConfig: { ...tseslint.configs.disableTypeChecked, files: ['**/*.ts'] },
});

async function bansIn(filePath: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath });
  return result!.messages
    .filter(({ ruleId }) => ruleId?.startsWith('no-restricted'))
    .map(({ message }) => message);
}

describe('what the linter forbids', () => {
  it.each([
    'Date.now()',
    'new Date()',
    'Date()',
    'Math.random()',
    'process.env',
    'setTimeout(f, 1)',
    'fetch(url)',
    "new URL('https://example.com')",
    'Buffer.from(text)',
    'console.log(text)',
    'globalThis.x',
    'crypto.randomUUID()',
    'format.formatToParts()',
    'date.getHours()',
    'a.localeCompare(b)',
  ])('core may not use %s', async (expression) => {
    const code = `export const value = ${expression};\n`;
    expect(await bansIn('packages/core/src/a.ts', code)).toHaveLength(1);
    expect(await bansIn('packages/server/src/a.ts', code)).toEqual([]);
    expect(await bansIn('packages/core/src/a.test.ts', code)).toEqual([]);
  });

  it.each([
    'new Date(0)',
    'Date.UTC(2026, 0)',
    'format.formatToParts(at)',
    'date.getUTCHours()',
    'Math.max(1, 2)',
  ])('core may use %s', async (expression) => {
    expect(await bansIn('packages/core/src/a.ts', `export const value = ${expression};\n`)).toEqual([]);
  });

  it('only the entry of the command line ends the process', async () => {
    expect(await bansIn('packages/server/src/a.ts', 'process.exit(1);\n')).toHaveLength(1);
    expect(await bansIn('tests/a.test.ts', 'process.exit(1);\n')).toHaveLength(1);
    expect(await bansIn('packages/cli/src/commands/a.ts', 'process.exit(1);\n')).toHaveLength(1);
    expect(await bansIn('packages/cli/src/main.ts', 'process.exit(1);\n')).toEqual([]);
  });

  it('nothing is exported as default, but by a configuration file', async () => {
    expect(await bansIn('packages/core/src/a.ts', 'export default 1;\n')).toHaveLength(1);
    expect(await bansIn('packages/cli/src/main.ts', 'export default 1;\n')).toHaveLength(1);
    expect(await bansIn('tests/a.test.ts', 'const a = 1;\nexport { a as default };\n')).toHaveLength(1);
    expect(await bansIn('vitest.config.ts', 'export default 1;\n')).toEqual([]);
  });
});
