// bench/gateway-process.ts: one gateway in a process of its own, with its callers inside.
// A child of the benchmark; it can collect its garbage, so it must be started with --expose-gc.
import { argumentOfChild, serveParent } from './child-process.ts';
import { runClosedLoop } from './closed-loop.ts';
import { type Agents, askGate } from './forms/in-process.ts';
import { ProcessProfiler } from './process-profile.ts';
import { type WorldSite, openWorld } from './world.ts';

export type GatewayCommand =
  | {
      readonly kind: 'run';
      readonly agents: Agents;
      readonly callers: number;
      readonly first: number;
      readonly seconds?: number;
      readonly count?: number;
    }
  | { readonly kind: 'memory' }
  | ProfileCommand;

export type ProfileCommand =
  { readonly kind: 'profile-start' } | { readonly kind: 'profile-stop'; readonly file: string };

export interface MemoryReading {
  readonly rssBytes: number;
  readonly heapBytes: number;
}

const world = await openWorld(argumentOfChild() as WorldSite); // given by forms/child-gateways.ts
const profiler = new ProcessProfiler();

async function answer(command: GatewayCommand): Promise<unknown> {
  switch (command.kind) {
    case 'run': {
      const stopJobs = world.startJobs();
      const ask = askGate(world, command.agents);
      const result = await runClosedLoop({ ...command, ask: (offset) => ask(command.first + offset) });
      await stopJobs();
      return result;
    }
    case 'memory': {
      globalThis.gc?.();
      globalThis.gc?.(); // what the first one has let go of may hold more
      const { rss, heapUsed } = process.memoryUsage();
      return { rssBytes: rss, heapBytes: heapUsed } satisfies MemoryReading;
    }
    case 'profile-start':
      return profiler.start();
    case 'profile-stop':
      return profiler.stop(command.file);
  }
}

serveParent({
  ready: null,
  answer: (command) => answer(command as GatewayCommand), // sent by forms/child-gateways.ts, measurements.ts, profile.ts
  close: () => world.close(),
});
