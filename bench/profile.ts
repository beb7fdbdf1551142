// bench/profile.ts: `npm run bench:profile`: where the time and the bytes of a decision go: functions of the gateway's
// process, statements of PostgreSQL, WAL, tables and indexes. One form, no ratio: look here, then change one thing.
// Options: --form gate|http --callers 256 --agents hot|1000 --seconds 10 --out DIRECTORY --track top|all (statements
// inside functions too)
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';

import { type Child, startChild } from './child-process.ts';
import { type Cluster, type Connection, startCluster } from './cluster.ts';
import { runIn, startGateway } from './forms/child-gateways.ts';
import { FIRST_NUMBER } from './forms/in-process.ts';
import type { LoadCommand } from './load-process.ts';
import type { FunctionTime, ProcessProfile } from './process-profile.ts';
import { table } from './report.ts';
import type { RoundResult } from './rounds.ts';
import { AGENTS_MAX } from './workload.ts';
import { TEMPLATE, type WorldSite, createTemplate } from './world.ts';

const { values } = parseArgs({
  options: {
    form: { type: 'string', default: 'gate' },
    callers: { type: 'string', default: '256' },
    agents: { type: 'string', default: 'hot' },
    seconds: { type: 'string', default: '10' },
    out: { type: 'string', default: 'tmp' },
    track: { type: 'string', default: 'top' },
  },
});
const seconds = Number(values.seconds);
const callers = Number(values.callers);
const agents = values.agents === 'hot' ? 'hot' : Number(values.agents);
const WARM_UP_SECONDS = 2;

interface Runner {
  readonly child: Child;
  /** Numbers from `first` on. */
  run(seconds: number, first: number): Promise<RoundResult>;
  close(): Promise<void>;
}

const cluster = await startCluster({
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track': values.track,
});
try {
  const template = await createTemplate(cluster, {
    agents: agents === 'hot' ? AGENTS_MAX : agents,
    events: ['purchase.held', 'purchase.completed'],
  });
  const site: WorldSite = {
    connection: await cluster.create('bench_profile', TEMPLATE),
    logKeyFile: template.logKeyFile,
  };
  const runner = await (values.form === 'http' ? httpRunner(site, template.hotApiKey) : gateRunner(site));
  await profile(cluster, site.connection, runner);
  await runner.close();
  await template.close();
} finally {
  await cluster.stop();
}

async function gateRunner(site: WorldSite): Promise<Runner> {
  const child = await startGateway(site);
  return {
    child,
    run: (duration, first) => runIn(child, { agents, callers, seconds: duration, first }),
    close: () => child.close(),
  };
}

async function httpRunner(site: WorldSite, apiKey: string): Promise<Runner> {
  const child = await startChild('http-gateway-process.ts', site);
  const load = await startChild('load-process.ts', null);
  const { url } = child.ready as { url: string }; // what http-gateway-process.ts says
  return {
    child,
    async run(duration, first) {
      const command: LoadCommand = { url, connections: callers, seconds: duration, first, apiKey };
      return (await load.ask(command)) as RoundResult; // what load-process.ts answers
    },
    async close() {
      await load.close();
      await child.close();
    },
  };
}

async function profile(on: Cluster, connection: Connection, runner: Runner): Promise<void> {
  const { child } = runner;
  const owner = new pg.Client({ ...connection, options: '-c search_path=countersign,public' });
  await owner.connect();
  await owner.query('CREATE EXTENSION pg_stat_statements SCHEMA public');
  const warm = await runner.run(WARM_UP_SECONDS, FIRST_NUMBER);
  await on.checkpoint();
  await owner.query('SELECT public.pg_stat_statements_reset()');
  const sizesBefore = await relationSizes(owner);
  const walBefore = await on.walPosition();
  await child.ask({ kind: 'profile-start' });
  const result = await runner.run(seconds, FIRST_NUMBER + warm.acknowledged);
  await mkdir(values.out, { recursive: true });
  const file = join(values.out, `bench-${values.form}.cpuprofile`);
  const time = (await child.ask({ kind: 'profile-stop', file })) as ProcessProfile; // what both processes answer to it
  const walBytes = Number((await on.walPosition()) - walBefore);

  const { acknowledged } = result;
  console.log(`${values.form}, ${callers} callers, agents: ${values.agents}, profiler running`);
  console.log(
    `${(acknowledged / result.seconds).toFixed(0)} decisions a second, p50 ${result.p50Ms?.toFixed(1) ?? ''} ms`,
  );
  console.log(`${(walBytes / acknowledged).toFixed(0)} bytes of WAL for each decision\n`);
  console.log(sharesTable('self time by function', time.functions.slice(0, 35)));
  console.log(`\n${sharesTable('self time by file', time.files.slice(0, 25))}`);
  console.log(`\nthe whole profile: ${file}\n`);
  console.log(await statementsTable(owner, acknowledged));
  console.log(`\n${bytesTable(sizesBefore, await relationSizes(owner), acknowledged)}`);
  await owner.end();
}

function sharesTable(title: string, times: readonly FunctionTime[]): string {
  return table(
    ['share', title],
    times.map((time) => [`${(time.share * 100).toFixed(1)} %`, time.function]),
  );
}

async function statementsTable(owner: pg.Client, decisions: number): Promise<string> {
  const { rows } = await owner.query<{ query: string; calls: string; ms: number; wal: string; rows: string }>(
    `SELECT regexp_replace(left(query, 90), '\\s+', ' ', 'g') AS query, calls::text, total_exec_time AS ms,
       wal_bytes::text AS wal, rows::text
     FROM public.pg_stat_statements JOIN pg_database ON dbid = pg_database.oid
     WHERE datname = current_database() ORDER BY total_exec_time DESC LIMIT 25`,
  );
  return table(
    ['µs each decision', 'calls', 'rows a call', 'WAL bytes each decision', 'statement'],
    rows.map((row) => [
      ((row.ms * 1_000) / decisions).toFixed(1),
      row.calls,
      (Number(row.rows) / Number(row.calls)).toFixed(1),
      (Number(row.wal) / decisions).toFixed(0),
      row.query,
    ]),
  );
}

async function relationSizes(owner: pg.Client): Promise<Map<string, number>> {
  const { rows } = await owner.query<{ name: string; bytes: string }>(
    `SELECT CASE relkind WHEN 'i' THEN '  index ' ELSE 'table ' END || relname AS name, pg_relation_size(oid)::text AS bytes
     FROM pg_class WHERE relnamespace = 'countersign'::regnamespace AND relkind IN ('r', 'i')`,
  );
  return new Map(rows.map((row) => [row.name, Number(row.bytes)]));
}

function bytesTable(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  decisions: number,
): string {
  const grown = [...after]
    .map(([name, bytes]) => ({ name, bytes: (bytes - (before.get(name) ?? 0)) / decisions }))
    .filter(({ bytes }) => bytes >= 0.5)
    .sort((a, b) => b.bytes - a.bytes);
  const total = grown.reduce((sum, { bytes }) => sum + bytes, 0);
  return table(
    ['bytes each decision', 'relation'],
    [...grown, { name: 'together', bytes: total }].map(({ name, bytes }) => [bytes.toFixed(0), name]),
  );
}
