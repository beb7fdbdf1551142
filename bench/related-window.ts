// bench/related-window.ts: what the split window costs: decisions in a group that has ten, a thousand and a hundred thousand
// related purchases already, spread over the window's days. The smaller groups are
// made anew for each round, so that what a round adds does not make them large.
import type { Bench, Finding } from './measurement.ts';
import { ratioOf } from './measurement.ts';
import { runClosedLoop } from './closed-loop.ts';
import { type Contestant, runRounds } from './rounds.ts';
import { BUDGET_LIMIT, gateRequestOf, purchaseOf } from './workload.ts';
import type { World } from './world.ts';

const COUNTS = [10, 1_000, 100_000] as const;
const CALLERS = 32;
const DECISIONS_A_ROUND = 500;
const WINDOW_DAYS = 30;
const MS_PER_DAY = 86_400_000;
/** Filling asks this many at once. */
const FILLING_CALLERS = 512;

export async function related(bench: Bench): Promise<Finding[]> {
  const world = await bench.world();
  const stopJobs = world.startJobs();
  await raiseLimits(world);
  const contestants = COUNTS.map((count) => contestantOf(world, count));
  bench.options.log('split window');
  const scores = await runRounds(contestants, {
    rounds: bench.options.rounds,
    seconds: bench.options.seconds,
    warmUpSeconds: 1,
    onRound: (name, round, result) => {
      const rate = (result.acknowledged / result.seconds).toFixed(0);
      bench.options.log(`  ${round === 0 ? 'warm-up' : `round ${round}`}  ${name}: ${rate}/s`);
    },
  });
  await stopJobs();
  await world.close();
  await bench.dropSites();
  const [few = '', some = '', many = ''] = contestants.map(({ name }) => name);
  const ratios = [ratioOf(scores, [some, few], 0.9), ratioOf(scores, [many, few], 0.9)];
  return [{ name: 'split window', scores: [...scores.values()], ratios }];
}

/** No sum of this measurement is above anything: what is looked for is the cost of looking. */
async function raiseLimits({ gateway: { admin, configuration } }: World): Promise<void> {
  const actor = { kind: 'system', name: 'bench' } as const;
  const limit = { amount: BUDGET_LIMIT, currency: 'USD' };
  await admin.authorityMatrices.publish(actor, { rows: [{ agent_id: '*', autonomous_limit: limit }] });
  await admin.sourcing.policies.put(actor, 'default', {
    tender_thresholds: [{ jurisdiction: '*', category: '*', ...limit }],
    related_window_days: WINDOW_DAYS,
  });
  await admin.policies.publish(actor, {
    policy_id: 'pol_procurement',
    name: 'Procurement',
    rules: [{ rule_id: 'ceiling', rule_type: 'max_amount', parameters: { limit: 10_000, currency: 'USD' } }],
  });
  await configuration.load();
}

function contestantOf(world: World, count: number): Contestant {
  let filled = 0;
  let round = 0;
  let number = 0;
  const ask = (project: string, atMs?: number): Promise<unknown> => {
    number += 1;
    const request = gateRequestOf(purchaseOf(number * 20, 'hot'), world.keyIds[42] ?? '');
    if (request.command.kind !== 'request') throw new Error('the workload asks for purchases');
    const input = {
      ...request.command.input,
      vendor: 'aws',
      project,
      amountMinor: BigInt(1_000 + (number % 977)),
    };
    return world.gateway.gate.submit({
      ...request,
      command: { ...request.command, input },
      ...(atMs === undefined ? {} : { atMs }),
    });
  };
  const isLarge = count === COUNTS.at(-1);
  return {
    name: `gate, ${count} related purchases`,
    async prepare() {
      if (!isLarge) {
        round += 1;
        filled = 0;
      }
      const missing = count - filled;
      if (missing <= 0) return;
      await runClosedLoop({
        callers: Math.min(FILLING_CALLERS, missing),
        count: missing,
        ask: (index) =>
          ask(projectOf(count, round), Date.now() - (WINDOW_DAYS - 1 - (index % WINDOW_DAYS)) * MS_PER_DAY),
      });
      filled = count;
    },
    round: () =>
      runClosedLoop({ callers: CALLERS, count: DECISIONS_A_ROUND, ask: () => ask(projectOf(count, round)) }),
  };
}

function projectOf(count: number, round: number): string {
  return `project_${count}_${round}`;
}
