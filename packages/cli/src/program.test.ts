// program.test.ts: the command line as a user meets it: a real process, its exit code, what it says and where.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

const entry = join(import.meta.dirname, '../bin/countersign.js');
const folder = mkdtempSync(join(tmpdir(), 'countersign-program-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...parameters: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [entry, ...parameters],
      { cwd: folder, env: { PATH: process.env['PATH'] ?? '' } },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      },
    );
  });
}

describe('the command line', () => {
  it('shows its help and version, and ends with 0', async () => {
    const help = await run('--help');
    expect(help.code).toBe(0);
    for (const word of ['serve', 'demo', 'replay', 'log', 'COUNTERSIGN_DATA_DIR', 'Exit codes'])
      expect(help.stdout).toContain(word);
    expect(await run('--version')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });

  it.each([
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['replay', 'data.csv'], "required option '--mapping"],
    [['log', 'verify'], 'name one place to verify'],
    [['log', 'verify', '--url', 'ftp://x'], 'is not an http or https address'],
    [['log', 'verify', '--data-dir', 'nowhere'], 'there is no data of a gateway'],
    [['serve', '--loudly'], "unknown option '--loudly'"],
  ])('ends with 2 and one sentence for %j', async (parameters, sentence) => {
    const { code, stdout, stderr } = await run(...parameters);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(sentence);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('names a file that cannot be read, and every fault of a mapping', async () => {
    writeFileSync(join(folder, 'mapping.json'), '{"columns":{}}');
    writeFileSync(join(folder, 'policy.json'), '{}');
    writeFileSync(join(folder, 'data.csv'), 'a\n1\n');
    const missing = await run(
      'replay',
      'nothing.csv',
      '--mapping',
      'mapping.json',
      '--policy',
      'policy.json',
    );
    expect(missing).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^countersign: cannot read `nothing.csv`: .*\n$/),
    });
    const faulty = await run('replay', 'data.csv', '--mapping', 'mapping.json', '--policy', 'policy.json');
    expect(faulty.code).toBe(2);
    expect(faulty.stderr).toMatch(/`default_currency` must be.*`columns\.amount`/);
  });

  it('ends with 1 where nobody answers', async () => {
    const answer = await run('log', 'verify', '--url', 'http://127.0.0.1:9');
    expect(answer).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^countersign: no answer from .*\n$/),
    });
  });
});
