// page-examples.ts: the examples of a page that are run: fenced blocks marked `bash test`, and after one of them what it
// answers, marked `json answer`. Runs them in one shell, in order, as a reader would paste them.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

export interface Block {
  /** The words after the fence: language and mark. */
  readonly info: string;
  readonly text: string;
  /** Of the fence, counted from 1. */
  readonly line: number;
}

export interface PageRun {
  readonly block: Block;
  readonly output: string;
  /** What the page says it answers; null: the page does not say. */
  readonly answer: unknown;
}

export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const info = /^```(.+)$/.exec(lines[index] ?? '')?.[1];
    if (info === undefined) continue;
    const end = lines.indexOf('```', index + 1);
    if (end < 0) throw new Error(`the block in line ${index + 1} does not end`);
    blocks.push({ info, text: lines.slice(index + 1, end).join('\n'), line: index + 1 });
    index = end;
  }
  return blocks;
}

export async function readPage(path: string): Promise<string> {
  return readFile(join(REPOSITORY, path), 'utf8');
}

/** Runs a page's examples; rejects where one of them fails. */
export async function runPage(
  path: string,
  environment: Readonly<Record<string, string>>,
): Promise<PageRun[]> {
  const blocks = blocksOf(await readPage(path));
  const tested = blocks.filter((block) => block.info === 'bash test');
  const outputs = await runBlocks(tested, environment);
  return tested.map((block, index) => {
    const next = blocks[blocks.indexOf(block) + 1];
    return {
      block,
      output: outputs[index] ?? '',
      answer: next?.info === 'json answer' ? (JSON.parse(next.text) as unknown) : null,
    };
  });
}

/** One shell for all, so that what one block sets the next one has; what each wrote, in order. */
async function runBlocks(
  blocks: readonly Block[],
  environment: Readonly<Record<string, string>>,
): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'countersign-docs-'));
  try {
    const script = blocks.map((block, index) => `{\n${block.text}\n} >"${directory}/${index}"`).join('\n');
    await runShell(['-euo', 'pipefail', '-c', script], environment);
    return await Promise.all(blocks.map((_, index) => readFile(join(directory, String(index)), 'utf8')));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Runs bash in the repository's folder; gives what it wrote, and rejects with it when it fails. */
export function runShell(
  parameters: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', parameters, {
      cwd: REPOSITORY,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '',
        NO_COLOR: '1',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let written = '';
    let complaints = '';
    child.stdout.on('data', (text: Buffer) => (written += text.toString('utf8')));
    child.stderr.on('data', (text: Buffer) => (complaints += text.toString('utf8')));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(written);
      else reject(new Error(`bash ended with ${String(code)}:\n${written}\n${complaints}`));
    });
  });
}

/** Where an answer does not show what the page says, in words. A text that ends in `...` stands for any such beginning. */
export function differences(said: unknown, real: unknown, path = 'answer'): string[] {
  if (Array.isArray(said)) {
    if (!Array.isArray(real)) return [`${path}: no list`];
    return said.flatMap((item, index) =>
      real.some((candidate) => differences(item, candidate).length === 0)
        ? []
        : [`${path}[${index}]: nothing in the real list is like ${JSON.stringify(item)}`],
    );
  }
  if (typeof said === 'object' && said !== null) {
    if (typeof real !== 'object' || real === null) return [`${path}: no object`];
    return Object.entries(said).flatMap(([name, value]) =>
      differences(value, (real as Record<string, unknown>)[name], `${path}.${name}`),
    );
  }
  if (typeof said === 'string' && said.endsWith('...') && typeof real === 'string') {
    return real.startsWith(said.slice(0, -3)) ? [] : [`${path}: \`${real}\` does not begin like \`${said}\``];
  }
  return said === real
    ? []
    : [`${path}: the page says ${JSON.stringify(said)}, it is ${JSON.stringify(real)}`];
}
