// bench/before-after.ts: `npm run bench:before -- --before COMMIT`: the gate of this tree against that of an earlier commit,
// in interleaved rounds of one run. Each round is the benchmark of its own tree, so each has the schema and the controls of
// its time. Options: --only hot,budgets,http (of `npm run bench`) --rounds 5 --seconds 20 --floor 0.8
import { execFile } from 'node:child_process';
import { chmod, cp, mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';

import type { Finding } from './measurement.ts';
import { median } from './rounds.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..');

const { values } = parseArgs({
  options: {
    before: { type: 'string' },
    only: { type: 'string', default: 'hot,budgets' },
    rounds: { type: 'string', default: '5' },
    /** Long: each round is a new process, and V8 takes this long to compile what a gateway runs all day. */
    seconds: { type: 'string', default: '20' },
    floor: { type: 'string', default: '0.8' },
  },
});
if (values.before === undefined) throw new Error('say which commit: --before COMMIT');

/** Measurement and contestant -> decisions a second, one a round. */
type Rates = Map<string, number[]>;

const directory = await mkdtemp(join(tmpdir(), 'countersign-before-'));
// As root PostgreSQL runs as another user, who has to reach its binaries.
await chmod(directory, 0o755);
try {
  const before = await checkOut(values.before, join(directory, 'before'));
  const rates = { before: new Map() as Rates, after: new Map() as Rates };
  for (let round = 1; round <= Number(values.rounds); round += 1) {
    // The order turns, so that whatever else the machine does falls on both.
    for (const side of round % 2 === 1 ? (['before', 'after'] as const) : (['after', 'before'] as const)) {
      const findings = await measure(side === 'before' ? before : ROOT);
      for (const { name, scores } of findings) {
        const gate = scores.find((score) => score.name === 'gate' || score.name === 'HTTP');
        if (gate === undefined) continue;
        rates[side].set(name, [...(rates[side].get(name) ?? []), gate.rate]);
        console.log(`round ${round}  ${side.padEnd(6)}  ${name}: ${Math.round(gate.rate)}/s`);
      }
    }
  }
  let isShort = false;
  console.log(`\n${'measurement'.padEnd(40)} before  after  ratio  floor`);
  for (const [name, ofBefore] of rates.before) {
    const [was, is] = [median(ofBefore), median(rates.after.get(name) ?? [0])];
    const ratio = is / was;
    isShort ||= ratio < Number(values.floor);
    const verdict = ratio < Number(values.floor) ? 'SHORT' : 'pass';
    console.log(
      `${name.padEnd(40)} ${String(Math.round(was)).padStart(6)} ${String(Math.round(is)).padStart(6)} ${ratio.toFixed(2).padStart(6)}  at least ${values.floor} ${verdict}`,
    );
  }
  process.exitCode = isShort ? 1 : 0;
} finally {
  await run('git', ['worktree', 'prune'], { cwd: ROOT }).catch(() => undefined);
  await rm(directory, { recursive: true, force: true });
  await run('git', ['worktree', 'prune'], { cwd: ROOT }).catch(() => undefined);
}

/** A work tree of the commit with the packages that are installed here: the two differ in Countersign alone. */
async function checkOut(commit: string, path: string): Promise<string> {
  await run('git', ['worktree', 'add', '--detach', path, commit], { cwd: ROOT });
  const copy = (from: string, to: string): Promise<void> =>
    cp(from, to, { recursive: true, verbatimSymlinks: true });
  await copy(join(ROOT, 'node_modules'), join(path, 'node_modules'));
  for (const name of await readdir(join(ROOT, 'packages'))) {
    const own = join(ROOT, 'packages', name, 'node_modules');
    const isThere = await stat(own).then(
      () => true,
      () => false,
    );
    if (isThere) await copy(own, join(path, 'packages', name, 'node_modules'));
  }
  return path;
}

async function measure(tree: string): Promise<readonly Finding[]> {
  const json = join(directory, 'findings.json');
  const only = ['--only', values.only, '--rounds', '1', '--seconds', values.seconds, '--json', json];
  // A floor that is not reached is an exit code; the findings are there all the same.
  const failure = await run(process.execPath, ['--import', 'tsx', 'bench/main.ts', ...only], {
    cwd: tree,
    maxBuffer: 64 * 1024 * 1024,
  }).then(
    () => null,
    (error: unknown) => error,
  );
  const text = await readFile(json, 'utf8').catch(() => null);
  if (text === null) throw new Error(`the benchmark of ${tree} printed no result`, { cause: failure });
  const { findings } = JSON.parse(text) as { findings: readonly Finding[] };
  await rm(json);
  return findings;
}
