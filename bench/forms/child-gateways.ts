// bench/forms/child-gateways.ts: one or several gateway processes on one database, each with its share of the callers.
import type { Cluster } from '../cluster.ts';
import { type Child, startChild } from '../child-process.ts';
import type { GatewayCommand } from '../gateway-process.ts';
import { type RoundResult, timed } from '../rounds.ts';
import { RoundVerifier } from '../verify-round.ts';
import { type WorldSite, openWorld } from '../world.ts';
import { type Agents, FIRST_NUMBER, type InProcessForm, vacuumAndCheckpoint } from './in-process.ts';

/** Numbers that one gateway may use up before it comes to the next one's. */
const NUMBERS_EACH = 10_000_000;

export async function childGatewaysForm(
  cluster: Cluster,
  site: WorldSite,
  options: {
    readonly name: string;
    readonly gateways: number;
    /** Of all gateways together. */
    readonly callers: number;
    readonly agents: Agents;
  },
): Promise<InProcessForm> {
  const { name, gateways, callers, agents } = options;
  const children: Child[] = [];
  for (let index = 0; index < gateways; index += 1) children.push(await startGateway(site));
  const world = await openWorld(site);
  const verifier = new RoundVerifier(world);
  await verifier.begin();
  const next = children.map((_, index) => FIRST_NUMBER + index * NUMBERS_EACH);
  let unverified = 0;
  return {
    contestant: {
      name,
      prepare: () => vacuumAndCheckpoint(cluster, world),
      async round(limit) {
        const { seconds } = timed(limit);
        const share = Math.floor(callers / gateways);
        const results = await Promise.all(
          children.map((child, index) =>
            runIn(child, { agents, callers: share, seconds, first: next[index] ?? 0 }),
          ),
        );
        for (const [index, result] of results.entries())
          next[index] = (next[index] ?? 0) + result.acknowledged;
        const acknowledged = results.reduce((sum, result) => sum + result.acknowledged, 0);
        unverified += acknowledged;
        return {
          acknowledged,
          seconds: Math.max(...results.map((result) => result.seconds)),
          // of the slowest: percentiles of several processes cannot be merged
          p50Ms: Math.max(...results.map((result) => result.p50Ms ?? 0)),
          p99Ms: Math.max(...results.map((result) => result.p99Ms ?? 0)),
        };
      },
      async verify() {
        await world.startJobs()(); // what was appended while the other one was the sequencer
        await verifier.verify(unverified);
        unverified = 0;
      },
    },
    async close() {
      for (const child of children) await child.close();
      await world.close();
    },
  };
}

export function startGateway(site: WorldSite): Promise<Child> {
  return startChild('gateway-process.ts', site, ['--expose-gc']);
}

export async function runIn(
  child: Child,
  command: Omit<Extract<GatewayCommand, { kind: 'run' }>, 'kind'>,
): Promise<RoundResult> {
  return (await child.ask({ kind: 'run', ...command })) as RoundResult; // what gateway-process.ts answers to a run
}
