// bench/main.ts: `npm run bench`: every ratio beside its floor, measured in one run on one PostgreSQL.
// Options: --only hot,budgets,two,http,one,growth,memory --rounds 5 --seconds 6 --json FILE, and sizes for a quick look.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import { startCluster } from './cluster.ts';
import { type Finding, createBench, passes } from './measurement.ts';
import { MEASUREMENTS } from './measurements.ts';
import { machineTable, ratioTable, scoreTable } from './report.ts';
import { AGENTS_MAX } from './workload.ts';
import { createTemplate } from './world.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(MEASUREMENTS).join(',') },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '6' },
    json: { type: 'string' },
    /** What the webhook endpoint is sent; `all` for every event. */
    events: { type: 'string', default: 'purchase.held,purchase.completed' },
    agents: { type: 'string', default: String(AGENTS_MAX) },
    stored: { type: 'string', default: '1000000' },
    decisions: { type: 'string', default: '500000' },
  },
});
const names = values.only.split(',');
const log = (line: string): void => {
  console.log(line);
};

const cluster = await startCluster();
const findings: Finding[] = [];
try {
  const machine = await cluster.describe();
  log(machineTable(machine));
  log(
    `webhook endpoint: ${values.events} · ${values.rounds} rounds of ${values.seconds} s after a warm-up, interleaved`,
  );
  const template = await createTemplate(cluster, {
    agents: Number(values.agents),
    ...(values.events === 'all' ? {} : { events: values.events.split(',') }),
  });
  try {
    const bench = createBench(cluster, template, {
      rounds: Number(values.rounds),
      seconds: Number(values.seconds),
      agents: Number(values.agents),
      stored: Number(values.stored),
      decisions: Number(values.decisions),
      log,
    });
    for (const name of names) {
      const measurement = MEASUREMENTS[name];
      if (measurement === undefined) {
        throw new Error(
          `no measurement is called \`${name}\`; there are ${Object.keys(MEASUREMENTS).join(', ')}`,
        );
      }
      findings.push(...(await measurement(bench)));
    }
    log(`\nwebhooks received: ${template.received()}`);
  } finally {
    await template.close();
  }
  log(`\n${scoreTable(findings)}\n\n${ratioTable(findings)}`);
  if (values.json !== undefined) {
    await writeFile(
      values.json,
      `${JSON.stringify({ at: new Date().toISOString(), machine, findings }, null, 2)}\n`,
    );
  }
} finally {
  await cluster.stop();
}
const isShort = findings.some((finding) => finding.ratios.some((ratio) => passes(ratio) === false));
process.exitCode = isShort ? 1 : 0;
