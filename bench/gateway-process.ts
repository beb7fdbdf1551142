// bench/gateway-process.ts: one gateway in a process of its own, with its callers inside. A child of `main.ts`: takes its
// site as argument and commands as messages, and ends when its parent does.
import { runClosedLoop } from './closed-loop.ts';
import { type Agents, askGate } from './forms/in-process.ts';
import type { ChildCommand, ChildReply } from './gateway-child.ts';
import { type WorldSite, openWorld } from './world.ts';

const site = JSON.parse(process.argv[2] ?? '') as WorldSite; // written by gateway-child.ts
const world = await openWorld(site);
const { gate } = world.gateway;

function reply(message: ChildReply): void {
  process.send?.(message);
}

async function run(
  agents: Agents,
  limits: { callers: number; seconds?: number; count?: number; first: number },
): Promise<void> {
  const stopJobs = world.startJobs();
  const ask = askGate(world, gate, agents);
  const result = await runClosedLoop({ ...limits, ask: (offset) => ask(limits.first + offset) });
  await stopJobs();
  reply({ kind: 'done', result });
}

process.on('message', (command: ChildCommand) => {
  const fail = (error: unknown): void =>
    reply({
      kind: 'failed',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  switch (command.kind) {
    case 'run':
      run(command.agents, command).catch(fail);
      return;
    case 'memory':
      globalThis.gc?.();
      globalThis.gc?.(); // what the first one has let go of may hold more
      reply({
        kind: 'memory',
        rssBytes: process.memoryUsage.rss(),
        heapBytes: process.memoryUsage().heapUsed,
      });
      return;
    case 'close':
      world.close().then(() => process.disconnect(), fail);
  }
});
process.once('disconnect', () => {
  world.close().catch(() => undefined);
});
reply({ kind: 'ready' });
