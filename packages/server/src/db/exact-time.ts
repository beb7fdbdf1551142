// db/exact-time.ts: SQL that writes a timestamp as text with all its microseconds, which a JavaScript date cuts off.

/** `2026-11-20T12:00:00.000001`, UTC. */
export function exactTime(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')`;
}
