import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

// The real entry in a made-up clone, laid out as npm lays out workspaces: links in node_modules.
let clone: string;

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'countersign entry ')); // a space, because a clone may lie anywhere
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(clone, path)), { recursive: true });
    writeFileSync(join(clone, path), text);
  };
  write(
    'packages/core/package.json',
    '{"name":"@countersign/core","type":"module","exports":"./src/index.ts"}',
  );
  write('packages/core/src/index.ts', "export const greeting: string = 'from TypeScript';\n");
  write('packages/cli/package.json', '{"name":"countersign","type":"module"}');
  write(
    'packages/cli/src/main.ts',
    "import { greeting } from '@countersign/core';\nconsole.log(greeting, process.argv.slice(2).join(' '));\n",
  );
  write('packages/cli/bin/.keep', '');
  copyFileSync(join(root, 'packages/cli/bin/countersign.js'), join(clone, 'packages/cli/bin/countersign.js'));
  mkdirSync(join(clone, 'node_modules/.bin'), { recursive: true });
  mkdirSync(join(clone, 'node_modules/@countersign'));
  symlinkSync('../../packages/core', join(clone, 'node_modules/@countersign/core'));
  symlinkSync('../packages/cli', join(clone, 'node_modules/countersign'));
  symlinkSync('../countersign/bin/countersign.js', join(clone, 'node_modules/.bin/countersign'));
});

afterEach(() => {
  rmSync(clone, { recursive: true, force: true });
});

function installDependencies(): void {
  symlinkSync(join(root, 'node_modules/tsx'), join(clone, 'node_modules/tsx'));
}

function runCommand(
  options: { cwd?: string; nodeFlags?: string[] } = {},
): Promise<{ stdout: string; stderr: string }> {
  const command = [join(clone, 'node_modules/.bin/countersign'), 'serve', '--port', '0'];
  return run(process.execPath, [...(options.nodeFlags ?? []), ...command], {
    cwd: options.cwd ?? clone,
    env: { PATH: process.env['PATH'] ?? '' },
  });
}

describe('the entry of the command line', () => {
  it('runs the TypeScript of linked workspaces and passes its arguments on', async () => {
    installDependencies();
    expect((await runCommand()).stdout).toBe('from TypeScript serve --port 0\n');
  });

  it('does not read the tsconfig.json of the folder it is called from', async () => {
    installDependencies();
    const elsewhere = join(clone, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'tsconfig.json'), '{ broken');
    expect((await runCommand({ cwd: elsewhere })).stdout).toContain('from TypeScript');
  });

  it('says what to do when the dependencies are not installed', async () => {
    await expect(runCommand()).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr:
        'countersign: The dependencies of Countersign are not installed; run `npm ci` in its folder first.\n',
    });
  });

  it.each(['18.20.4', '20.19.6'])('refuses Node %s by name', async (version) => {
    installDependencies();
    const disguise = join(clone, 'disguise.cjs');
    writeFileSync(
      disguise,
      `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });\n`,
    );
    await expect(runCommand({ nodeFlags: ['--require', disguise] })).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: `countersign: Countersign needs Node 20.20 or newer; this is Node ${version}.\n`,
    });
  });
});
