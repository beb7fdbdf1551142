// bench/rounds.ts: runs contestants in interleaved rounds and takes the median of each, so that whatever else the machine
// does falls on all of them. Must not know what they measure.

export interface RoundResult {
  readonly acknowledged: number;
  readonly seconds: number;
  /** Milliseconds from question to answer; where the contestant can tell. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
}

/** When a round ends: after a time, or after so many acknowledgements where the contestant can count. */
export type RoundLimit = { readonly seconds: number } | { readonly count: number };

export interface Contestant {
  readonly name: string;
  /** Puts the database into the same state before each round: VACUUM, CHECKPOINT. Not timed. */
  prepare?(): Promise<void>;
  round(limit: RoundLimit): Promise<RoundResult>;
  /** Throws unless rows equal acknowledgements and the log verifies. Not timed. */
  verify?(): Promise<void>;
}

export interface Score {
  readonly name: string;
  /** Acknowledgements a second: the median of the rounds, and each of them. */
  readonly rate: number;
  readonly rates: readonly number[];
  readonly acknowledged: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export interface RoundOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly onRound?: (name: string, round: number, result: RoundResult) => void;
}

/** Round 0 warms up and counts for nothing but the verification. The order turns by one each round. */
export async function runRounds(
  contestants: readonly Contestant[],
  options: RoundOptions,
): Promise<Map<string, Score>> {
  const results = new Map(contestants.map(({ name }) => [name, [] as RoundResult[]]));
  for (let round = 0; round <= options.rounds; round += 1) {
    for (let place = 0; place < contestants.length; place += 1) {
      const contestant = contestants[(place + round) % contestants.length];
      if (contestant === undefined) continue;
      await contestant.prepare?.();
      const result = await contestant.round({
        seconds: round === 0 ? options.warmUpSeconds : options.seconds,
      });
      await contestant.verify?.();
      if (round > 0) results.get(contestant.name)?.push(result);
      options.onRound?.(contestant.name, round, result);
    }
  }
  return new Map([...results].map(([name, own]) => [name, scoreOf(name, own)]));
}

/** For contestants in other processes, which are given a time. */
export function timed(limit: RoundLimit): { readonly seconds: number } {
  if ('seconds' in limit) return limit;
  throw new Error('this contestant cannot be asked for a number of acknowledgements');
}

function scoreOf(name: string, results: readonly RoundResult[]): Score {
  const rates = results.map((result) => result.acknowledged / result.seconds);
  const middle = (values: readonly (number | undefined)[]): number | null => {
    const known = values.filter((value) => value !== undefined);
    return known.length === 0 ? null : median(known);
  };
  return {
    name,
    rate: median(rates),
    rates,
    acknowledged: results.reduce((sum, result) => sum + result.acknowledged, 0),
    p50Ms: middle(results.map((result) => result.p50Ms)),
    p99Ms: middle(results.map((result) => result.p99Ms)),
  };
}

/** Of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}
