// purchase/signing-pace.ts: how fast one person may sign. Whoever signs faster than anybody reads waits. Clause: AG-642 4.5.

/** Milliseconds over which signatures are counted. */
export const SIGNING_WINDOW_MS = 60_000;

/**
 * Milliseconds until this person may sign again; null: at once. `signedAtMs`: their latest signatures, at least `max` of
 * them where there are as many; any order.
 */
export function signingPauseMs(
  signedAtMs: readonly number[],
  { max, nowMs }: { readonly max: number; readonly nowMs: number },
): number | null {
  const recent = signedAtMs.filter((atMs) => atMs > nowMs - SIGNING_WINDOW_MS).sort((a, b) => b - a);
  const oldest = recent[max - 1];
  return oldest === undefined ? null : oldest + SIGNING_WINDOW_MS - nowMs;
}
