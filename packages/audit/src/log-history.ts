// Checks earlier checkpoints against the leaves of today while they pass by: the root at each
// earlier size must be the one signed then. Between the last that agrees and the first that does
// not lies the change. Must see the leaf hashes in order.
import type { Checkpoint } from './checkpoint.ts';
import { CompactRange } from './compact-range.ts';
import type { LogDifference } from './log-difference.ts';
import { sameBytes } from './strict-encoding.ts';

export class LogHistory {
  readonly #due: Checkpoint[];
  readonly #found: (difference: LogDifference) => void;
  readonly #range = new CompactRange();
  #agreedSize = 0;

  constructor(earlier: readonly Checkpoint[], treeSize: number, found: (difference: LogDifference) => void) {
    this.#found = found;
    const bySize = earlier.toSorted((left, right) => left.size - right.size);
    for (const { size } of bySize.filter(({ size }) => size > treeSize)) {
      found({ kind: 'log_shrunk', treeSize, earlierSize: size });
    }
    this.#due = bySize.filter(({ size }) => size <= treeSize);
    this.#compareDue();
  }

  /** Takes the next leaf hash; an unknown one ends the checks, as it is reported where it is missing. */
  append(leafHash: Uint8Array | undefined): void {
    if (this.#due.length === 0) return;
    if (leafHash === undefined) {
      this.#due.length = 0;
      return;
    }
    this.#range.append(leafHash);
    this.#compareDue();
  }

  #compareDue(): void {
    for (;;) {
      const next = this.#due[0];
      if (next?.size !== this.#range.size) return;
      this.#due.shift();
      const computed = this.#range.root();
      if (sameBytes(computed, next.root)) {
        this.#agreedSize = next.size;
        continue;
      }
      this.#found({
        kind: 'history_differs',
        treeSize: next.size,
        leafStart: this.#agreedSize,
        leafEnd: next.size,
        signedRoot: next.root.toString('base64'),
        computedRoot: computed.toString('base64'),
      });
      this.#due.length = 0; // every later root contains this change
      return;
    }
  }
}
