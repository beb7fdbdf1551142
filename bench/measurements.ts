// bench/measurements.ts: the measurements of `npm run bench`, one function each, with the floors they are held to.
import { pgbenchContestant, pgbenchVersion } from './baselines/pgbench.ts';
import { childGatewaysForm, runIn, startGateway } from './forms/child-gateways.ts';
import { httpForms } from './forms/http.ts';
import {
  BASELINES,
  type Baseline,
  FIRST_NUMBER,
  type InProcessForm,
  baselineForm,
  gateForm,
} from './forms/in-process.ts';
import type { MemoryReading } from './gateway-process.ts';
import { type Bench, type Finding, type Ratio, ratioOf } from './measurement.ts';
import { type Contestant, type Score, median, runRounds } from './rounds.ts';
import { related } from './related-window.ts';
import { storeRequests } from './store-requests.ts';

export type Measurement = (bench: Bench) => Promise<Finding[]>;

export const MEASUREMENTS: Readonly<Record<string, Measurement>> = {
  hot,
  budgets,
  two,
  http,
  one,
  growth,
  memory,
  related,
};

const WARM_UP_SECONDS_MAX = 3;
/** At under a thousand decisions a second V8 takes this long to compile what a gateway runs all day. */
const ALONE_WARM_UP_SECONDS = 20;

/** One hot budget: the gate against every baseline, and against PostgreSQL's own benchmark. */
async function hot(bench: Bench): Promise<Finding[]> {
  const findings: Finding[] = [];
  const version = await pgbenchVersion();
  const pgbench =
    version === null ? null : await pgbenchContestant(await bench.cluster.create('bench_pgbench'));
  for (const callers of [32, 256]) {
    const forms = await inProcessForms(bench, { callers, agents: 'hot' }, BASELINES);
    const contestants = [...forms.map((form) => form.contestant), ...(pgbench === null ? [] : [pgbench])];
    const scores = await contest(bench, `one hot budget, ${callers} callers`, contestants);
    findings.push({
      name: `one hot budget, ${callers} callers`,
      scores: [...scores.values()],
      ratios: [
        ratioOf(scores, ['gate', 'plain'], 8),
        ratioOf(scores, ['gate', 'one statement'], 3),
        ratioOf(scores, ['gate', 'bare group commit'], 0.6),
        pgbench === null ? MISSING_PGBENCH : ratioOf(scores, ['gate', pgbench.name], 1.3),
      ],
    });
    await closeAll(bench, forms);
  }
  if (pgbench !== null) await bench.cluster.drop('bench_pgbench');
  return findings;
}

const MISSING_PGBENCH: Ratio = {
  name: 'gate / pgbench TPC-B-like, 32 clients',
  value: null,
  bound: 1.3,
  kind: 'at least',
  note: 'pgbench is not installed',
};

/** A budget for each agent. */
async function budgets(bench: Bench): Promise<Finding[]> {
  const { agents } = bench.options;
  const name = `${agents} budgets, 256 callers`;
  const forms = await inProcessForms(bench, { callers: 256, agents }, ['one statement', 'bare group commit']);
  const scores = await contest(bench, name, contestantsOf(forms));
  await closeAll(bench, forms);
  const ratios = [
    ratioOf(scores, ['gate', 'one statement'], 2),
    ratioOf(scores, ['gate', 'bare group commit'], 0.6),
  ];
  return [{ name, scores: [...scores.values()], ratios }];
}

/** Two processes against one, with the same callers altogether: on separate budgets, and on the hot one. */
async function two(bench: Bench): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const agents of [bench.options.agents, 'hot'] as const) {
    const name = `two gateways, ${agents === 'hot' ? 'one hot budget' : `${agents} budgets`}, 256 callers`;
    const forms: InProcessForm[] = [];
    for (const [label, gateways] of [
      ['one gateway', 1],
      ['two gateways', 2],
    ] as const) {
      const options = { name: label, gateways, callers: 256, agents };
      forms.push(await childGatewaysForm(bench.cluster, await bench.site(), options));
    }
    const scores = await contest(bench, name, contestantsOf(forms));
    await closeAll(bench, forms);
    findings.push({
      name,
      scores: [...scores.values()],
      ratios: [ratioOf(scores, ['two gateways', 'one gateway'], 0.8)],
    });
  }
  return findings;
}

/** Over HTTP, from a process of its own. */
async function http(bench: Bench): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const connections of [32, 256]) {
    const forms = await httpForms({
      cluster: bench.cluster,
      realSite: await bench.site(),
      bareSite: await bench.site(),
      connections,
      apiKey: bench.template.hotApiKey,
    });
    const { real, bare } = forms;
    const name = `HTTP, one hot budget, ${connections} connections`;
    const scores = await contest(bench, name, contestantsOf([real, bare]));
    await forms.close();
    await bench.dropSites();
    const ratios = [ratioOf(scores, [real.contestant.name, bare.contestant.name], 0.5)];
    findings.push({ name, scores: [...scores.values()], ratios });
  }
  return findings;
}

/** One caller alone: nothing to batch. */
async function one(bench: Bench): Promise<Finding[]> {
  const forms = await inProcessForms(bench, { callers: 1, agents: 'hot' }, ['one statement']);
  const scores = await contest(bench, 'one caller', contestantsOf(forms), ALONE_WARM_UP_SECONDS);
  await closeAll(bench, forms);
  return [
    {
      name: 'one caller',
      scores: [...scores.values()],
      ratios: [ratioOf(scores, ['gate', 'one statement'], 0.7)],
    },
  ];
}

const STORED_FEW = 10_000;

/** The same work on a database that has a year of requests in it, and on one that is nearly new. */
async function growth(bench: Bench): Promise<Finding[]> {
  const { stored, log } = bench.options;
  const samples = await bench.world();
  const forms: InProcessForm[] = [];
  const names: string[] = [];
  for (const count of [STORED_FEW, stored]) {
    const world = await bench.world();
    log(`storing ${count} requests`);
    await storeRequests(samples, world, count);
    const name = `gate, ${count} requests stored`;
    names.push(name);
    forms.push(
      await gateForm({ cluster: bench.cluster, world, callers: 256, agents: bench.options.agents, name }),
    );
  }
  await samples.close();
  const scores = await contest(bench, 'growth', contestantsOf(forms));
  await closeAll(bench, forms);
  const [few = '', many = ''] = names;
  return [{ name: 'growth', scores: [...scores.values()], ratios: [ratioOf(scores, [many, few], 0.9)] }];
}

const READINGS = 20;

/** A gateway's memory while it decides: the second half of the run must not need more than the first. */
async function memory(bench: Bench): Promise<Finding[]> {
  const { decisions, log } = bench.options;
  const child = await startGateway(await bench.site());
  const readings: MemoryReading[] = [];
  const rates: number[] = [];
  const count = Math.ceil(decisions / READINGS);
  for (let index = 0; index < READINGS; index += 1) {
    const result = await runIn(child, {
      agents: 'hot',
      callers: 256,
      first: FIRST_NUMBER + index * count,
      count,
    });
    rates.push(result.acknowledged / result.seconds);
    const reading = (await child.ask({ kind: 'memory' })) as MemoryReading; // what gateway-process.ts answers to it
    readings.push(reading);
    log(
      `  ${(index + 1) * count} decisions: ${mebibytes(reading.rssBytes)} resident, ${mebibytes(reading.heapBytes)} heap`,
    );
  }
  await child.close();
  await bench.dropSites();
  const score: Score = {
    name: `gate, ${count * READINGS} decisions`,
    rate: median(rates),
    rates,
    acknowledged: count * READINGS,
    p50Ms: null,
    p99Ms: null,
  };
  return [
    {
      name: 'memory',
      scores: [score],
      ratios: [
        growthOf(
          'resident memory',
          readings.map((reading) => reading.rssBytes),
        ),
        growthOf(
          'heap in use',
          readings.map((reading) => reading.heapBytes),
        ),
      ],
    },
  ];
}

/** Median of the last quarter of the readings against that of the second one; the first quarter warms up. */
function growthOf(name: string, bytes: readonly number[]): Ratio {
  const quarter = bytes.length / 4;
  const before = median(bytes.slice(quarter, 2 * quarter));
  const after = median(bytes.slice(3 * quarter));
  const note = `${mebibytes(before)}, then ${mebibytes(after)}`;
  return {
    name: `${name}, last quarter / second quarter`,
    value: after / before,
    bound: 1.1,
    kind: 'at most',
    note,
  };
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

async function inProcessForms(
  bench: Bench,
  options: { readonly callers: number; readonly agents: 'hot' | number },
  baselines: readonly Baseline[],
): Promise<InProcessForm[]> {
  const gateWorld = await bench.world();
  const forms = [await gateForm({ ...options, cluster: bench.cluster, world: gateWorld })];
  for (const baseline of baselines) {
    const world = await bench.world();
    forms.push(await baselineForm(baseline, gateWorld, { ...options, cluster: bench.cluster, world }));
  }
  return forms;
}

function contest(
  bench: Bench,
  title: string,
  contestants: readonly Contestant[],
  warmUpSeconds = Math.min(bench.options.seconds, WARM_UP_SECONDS_MAX),
): Promise<Map<string, Score>> {
  const { rounds, seconds, log } = bench.options;
  log(title);
  return runRounds(contestants, {
    rounds,
    seconds,
    warmUpSeconds,
    onRound: (name, round, result) => {
      const rate = (result.acknowledged / result.seconds).toFixed(0);
      log(`  ${round === 0 ? 'warm-up' : `round ${round}`}  ${name}: ${rate}/s`);
    },
  });
}

function contestantsOf(forms: readonly InProcessForm[]): Contestant[] {
  return forms.map((form) => form.contestant);
}

async function closeAll(bench: Bench, forms: readonly InProcessForm[]): Promise<void> {
  for (const form of forms) await form.close();
  await bench.dropSites();
}
