// bench/closed-loop.ts: callers that each ask, wait for the answer, and ask again, until the time is over.
// Every question is answered before it returns, so that answers can be compared with rows.
import type { RoundResult } from './rounds.ts';

export interface ClosedLoop {
  readonly callers: number;
  /** Either of the two ends it. */
  readonly seconds?: number;
  readonly count?: number;
  /** Called with 0, 1, 2, ... across all callers; resolves with the acknowledgement. */
  readonly ask: (number: number) => Promise<unknown>;
}

export async function runClosedLoop({ callers, seconds, count, ask }: ClosedLoop): Promise<RoundResult> {
  const latencies: number[] = [];
  const started = performance.now();
  const deadline = seconds === undefined ? Number.POSITIVE_INFINITY : started + seconds * 1_000;
  const limit = count ?? Number.POSITIVE_INFINITY;
  let asked = 0;
  const call = async (): Promise<void> => {
    while (asked < limit) {
      const askedAt = performance.now();
      if (askedAt >= deadline) return;
      const number = asked;
      asked += 1;
      await ask(number);
      latencies.push(performance.now() - askedAt);
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  const elapsed = (performance.now() - started) / 1_000;
  return { acknowledged: latencies.length, seconds: elapsed, ...percentilesOf(latencies) };
}

export function percentilesOf(latenciesMs: number[]): { p50Ms: number; p99Ms: number } {
  const sorted = Float64Array.from(latenciesMs).sort();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
