// bench/measurement.ts: what a measurement is given and what it finds: ratios beside the floor each has to reach.
import type { Cluster } from './cluster.ts';
import type { Score } from './rounds.ts';
import { TEMPLATE, type Template, type World, type WorldSite, openWorld } from './world.ts';

export interface MeasurementOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly agents: number;
  /** Requests stored in the larger database of the growth measurement. */
  readonly stored: number;
  /** Decisions of the memory measurement. */
  readonly decisions: number;
  readonly log: (line: string) => void;
}

export interface Ratio {
  readonly name: string;
  /** null: it could not be measured, and `note` says why. */
  readonly value: number | null;
  /** At least this; for memory, at most. */
  readonly bound: number;
  readonly kind: 'at least' | 'at most';
  readonly note?: string;
}

export interface Finding {
  readonly name: string;
  readonly scores: readonly Score[];
  readonly ratios: readonly Ratio[];
}

export interface Bench {
  readonly cluster: Cluster;
  readonly template: Template;
  readonly options: MeasurementOptions;
  /** A fresh copy of the template. */
  site(): Promise<WorldSite>;
  world(): Promise<World>;
  /** Drops the copies made since the last call. */
  dropSites(): Promise<void>;
}

export function createBench(cluster: Cluster, template: Template, options: MeasurementOptions): Bench {
  let made = 0;
  const databases: string[] = [];
  const site = async (): Promise<WorldSite> => {
    made += 1;
    const database = `bench_${made}`;
    databases.push(database);
    return { connection: await cluster.create(database, TEMPLATE), logKeyFile: template.logKeyFile };
  };
  return {
    cluster,
    template,
    options,
    site,
    world: async () => openWorld(await site()),
    async dropSites() {
      for (const database of databases.splice(0)) await cluster.drop(database);
    },
  };
}

/** The ratio of two scores' medians. */
export function ratioOf(
  scores: ReadonlyMap<string, Score>,
  [above, below]: readonly [string, string],
  floor: number,
): Ratio {
  const rate = (name: string): number => {
    const score = scores.get(name);
    if (score === undefined) throw new Error(`nothing called \`${name}\` was measured`);
    return score.rate;
  };
  return { name: `${above} / ${below}`, value: rate(above) / rate(below), bound: floor, kind: 'at least' };
}

export function passes({ value, bound, kind }: Ratio): boolean | null {
  if (value === null) return null;
  return kind === 'at least' ? value >= bound : value <= bound;
}
