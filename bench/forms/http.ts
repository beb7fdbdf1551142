// bench/forms/http.ts: the real server, and a bare one over the bare group commit, each in a process of its own, asked over
// kept-alive connections from a third.
import { type Child, startChild } from '../child-process.ts';
import type { Cluster } from '../cluster.ts';
import type { BareSite } from '../http-bare-process.ts';
import type { LoadCommand, LoadResult, SampleAnswer } from '../load-process.ts';
import { timed } from '../rounds.ts';
import { RoundVerifier } from '../verify-round.ts';
import { type WorldSite, openWorld } from '../world.ts';
import { FIRST_NUMBER, type InProcessForm, vacuumAndCheckpoint } from './in-process.ts';

export interface HttpForms {
  readonly real: InProcessForm;
  readonly bare: InProcessForm;
  close(): Promise<void>;
}

export interface HttpFormOptions {
  readonly cluster: Cluster;
  readonly realSite: WorldSite;
  readonly bareSite: WorldSite;
  readonly connections: number;
  readonly apiKey: string;
}

/** @throws unless the two servers' answers are equally long */
export async function httpForms(options: HttpFormOptions): Promise<HttpForms> {
  const { realSite, bareSite } = options;
  const load = await startChild('load-process.ts', null);
  const real = await serverForm('real server', 'http-gateway-process.ts', realSite, realSite, load, options);
  // The first answers of the real server are what the bare one sends.
  const sampled = await real.sample();
  const site: BareSite = { ...bareSite, gate: realSite.connection, answers: sampled.samples };
  const bare = await serverForm('bare server', 'http-bare-process.ts', site, bareSite, load, options);
  assertAlike(sampled.samples, (await bare.sample()).samples);
  return {
    real: real.form,
    bare: bare.form,
    async close() {
      await load.close();
      await real.form.close();
      await bare.form.close();
    },
  };
}

const SAMPLE_SECONDS = 1;

async function serverForm(
  name: string,
  script: string,
  argument: WorldSite,
  site: WorldSite,
  load: Child,
  { cluster, connections, apiKey }: HttpFormOptions,
): Promise<{ form: InProcessForm; sample: () => Promise<LoadResult> }> {
  const server = await startChild(script, argument);
  const { url } = server.ready as { url: string }; // what both servers say
  const world = await openWorld(site);
  const verifier = new RoundVerifier(world);
  await world.startJobs()();
  await verifier.begin();
  let first = FIRST_NUMBER;
  let unverified = 0;
  const round = async (seconds: number): Promise<LoadResult> => {
    const command: LoadCommand = { url, connections, seconds, first, apiKey };
    const result = (await load.ask(command)) as LoadResult; // what load-process.ts answers
    first += result.acknowledged;
    unverified += result.acknowledged;
    return result;
  };
  return {
    sample: () => round(SAMPLE_SECONDS),
    form: {
      contestant: {
        name: `${name}, ${connections} connections`,
        prepare: () => vacuumAndCheckpoint(cluster, world),
        round: (limit) => round(timed(limit).seconds),
        async verify() {
          await world.startJobs()();
          await verifier.verify(unverified);
          unverified = 0;
        },
      },
      async close() {
        await server.close();
        await world.close();
      },
    },
  };
}

function assertAlike(real: readonly SampleAnswer[], bare: readonly SampleAnswer[]): void {
  for (const { outcome, body, headers } of real) {
    const other = bare.find((answer) => answer.outcome === outcome);
    const sizeOf = (answer: { headers: Record<string, string>; body: string }): number =>
      answer.body.length + JSON.stringify(answer.headers).length;
    if (other === undefined || sizeOf(other) !== sizeOf({ headers, body })) {
      throw new Error(`the servers' answers to a purchase that is ${outcome} are not equally long`);
    }
  }
}
