// replay/hold-book.ts: the purchases that wait for a signature nobody will give, and when each runs out by the clock of
// the data. Grows only with the holds that wait at one time.

export interface Hold {
  readonly requestId: string;
  readonly expiresAtMs: number;
}

/** A binary heap, soonest first. */
export class HoldBook {
  readonly #heap: Hold[] = [];

  get size(): number {
    return this.#heap.length;
  }

  add(hold: Hold): void {
    const heap = this.#heap;
    let at = heap.push(hold) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (this.#at(above).expiresAtMs <= hold.expiresAtMs) break;
      heap[at] = this.#at(above);
      at = above;
    }
    heap[at] = hold;
  }

  /** Removes and gives the hold that ran out first; undefined: none has by then. */
  takeDue(nowMs: number): Hold | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.expiresAtMs > nowMs) return undefined;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && this.#at(below + 1).expiresAtMs < this.#at(below).expiresAtMs)
        below += 1;
      if (this.#at(below).expiresAtMs >= last.expiresAtMs) break;
      heap[at] = this.#at(below);
      at = below;
    }
    heap[at] = last;
    return first;
  }

  #at(index: number): Hold {
    const hold = this.#heap[index];
    if (hold === undefined) throw new Error(`the heap has no place ${index}`);
    return hold;
  }
}
