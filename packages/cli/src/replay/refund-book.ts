// replay/refund-book.ts: which earlier purchase a refund belongs to: same agent, vendor, amount and currency, bought no
// later, the latest one first. Rows are entered in the order of the file and may still be under way.
// INVARIANT: memory is bounded: the oldest purchases are forgotten past `purchasesMax`.
import { createHash } from 'node:crypto';

import type { ReplayRow } from './read-row.ts';

interface Entry {
  readonly key: string;
  readonly atMs: number;
  /** The authorization that was captured; null: the purchase was not settled. */
  readonly settled: Promise<string | null>;
}

export class RefundBook {
  readonly #purchasesMax: number;
  readonly #byKey = new Map<string, Entry[]>();
  readonly #oldestFirst = new Set<Entry>();

  constructor(purchasesMax = 200_000) {
    this.#purchasesMax = purchasesMax;
  }

  enter(row: ReplayRow, settled: Promise<string | null>): void {
    const entry = { key: keyOf(row), atMs: row.atMs, settled };
    const entries = this.#byKey.get(entry.key);
    if (entries === undefined) this.#byKey.set(entry.key, [entry]);
    else entries.push(entry);
    this.#oldestFirst.add(entry);
    if (this.#oldestFirst.size <= this.#purchasesMax) return;
    for (const oldest of this.#oldestFirst) {
      this.#remove(oldest);
      return;
    }
  }

  /** The authorization to refund, which no other refund gets; null: there is none. */
  async take(row: ReplayRow): Promise<string | null> {
    for (;;) {
      const entry = this.#byKey.get(keyOf(row))?.findLast((candidate) => candidate.atMs <= row.atMs);
      if (entry === undefined) return null;
      this.#remove(entry);
      const authorizationId = await entry.settled;
      if (authorizationId !== null) return authorizationId;
    }
  }

  #remove(entry: Entry): void {
    this.#oldestFirst.delete(entry);
    const entries = this.#byKey.get(entry.key) ?? [];
    const at = entries[0] === entry ? 0 : entries.lastIndexOf(entry);
    if (at !== -1) entries.splice(at, 1);
    if (entries.length === 0) this.#byKey.delete(entry.key);
  }
}

/** 12 bytes of a digest: short, and two purchases do not meet by chance. */
function keyOf(row: ReplayRow): string {
  const text = [row.agentId, row.vendor, row.currency, row.amountMinor].join('\0');
  return createHash('sha256').update(text).digest('base64').slice(0, 16);
}
