// suppliers/name-index.ts: finds the suppliers whose names are like a given one, without comparing it with all of them.
// A name is looked for under its rarest words and their beginnings. What it finds is for a review, never an identity.
import { lookalikeOf } from './confusables.ts';
import { relateNames } from './relate-names.ts';
import type { Supplier } from './supplier.ts';
import { normalName } from './supplier-name.ts';

export interface NameHit {
  readonly supplier: Supplier;
  /** The registered name that is like it. */
  readonly name: string;
  readonly score: number;
  readonly reasons: readonly string[];
  readonly isLookalike: boolean;
}

interface Entry {
  readonly supplier: Supplier;
  readonly name: string;
  readonly keys: readonly string[];
  readonly lookalike: string;
}

/** A supplier's names are worked out once, whatever indexes it will be in. */
const known = new WeakMap<Supplier, readonly Entry[]>();

function entriesOf(supplier: Supplier): readonly Entry[] {
  const former = known.get(supplier);
  if (former !== undefined) return former;
  const entries = [...new Set([supplier.legalName, ...supplier.tradingNames])].map((name) => {
    const { words, key } = normalName(name);
    return { supplier, name, keys: [...keysOf(words, key)], lookalike: lookalikeOf(key) };
  });
  known.set(supplier, entries);
  return entries;
}

/** Names compared in full for one question. */
const CANDIDATES_MAX = 400;
const PREFIX_LENGTH = 4;
/** Suppliers whose names are worked out before something else has its turn. */
const SLICE = 50;

export class NameIndex {
  readonly #byWord = new Map<string, Entry[]>();
  readonly #byLookalike = new Map<string, Entry[]>();

  constructor(suppliers: Iterable<Supplier>) {
    for (const supplier of suppliers) this.#add(supplier);
  }

  /** The same, a slice at a time. */
  static async inSlices(suppliers: Iterable<Supplier>): Promise<NameIndex> {
    const index = new NameIndex([]);
    let count = 0;
    for (const supplier of suppliers) {
      index.#add(supplier);
      count += 1;
      if (count % SLICE === 0) await new Promise<void>((resolve) => void setImmediate(resolve));
    }
    return index;
  }

  #add(supplier: Supplier): void {
    for (const entry of entriesOf(supplier)) {
      for (const word of entry.keys) add(this.#byWord, word, entry);
      add(this.#byLookalike, entry.lookalike, entry);
    }
  }

  /** Related names, the best first, one for each supplier. */
  find(name: string, limit: number, isWanted: (supplier: Supplier) => boolean = () => true): NameHit[] {
    const { words, key } = normalName(name);
    const best = new Map<string, NameHit>();
    for (const entry of [
      ...(this.#byLookalike.get(lookalikeOf(key)) ?? []),
      ...this.#candidates(words, key),
    ]) {
      if (isWanted(entry.supplier)) keep(best, hitOf(entry, name));
    }
    return [...best.values()]
      .sort((a, b) => b.score - a.score || (a.supplier.supplierId < b.supplier.supplierId ? -1 : 1))
      .slice(0, limit);
  }

  #candidates(words: readonly string[], key: string): Set<Entry> {
    const lists = [...keysOf(words, key)]
      .map((word) => this.#byWord.get(word) ?? [])
      .sort((a, b) => a.length - b.length);
    const found = new Set<Entry>();
    for (const list of lists) {
      if (found.size > 0 && found.size + list.length > CANDIDATES_MAX) break;
      for (const entry of list) {
        found.add(entry);
        if (found.size >= CANDIDATES_MAX) return found;
      }
    }
    return found;
  }
}

/** null: not related. */
function hitOf(entry: Entry, name: string): NameHit | null {
  const { related, score, reasons } = relateNames(name, entry.name);
  const { supplier, name: registered } = entry;
  return related
    ? { supplier, name: registered, score, reasons, isLookalike: reasons.includes('look_alike') }
    : null;
}

function keep(best: Map<string, NameHit>, hit: NameHit | null): void {
  if (hit === null) return;
  const former = best.get(hit.supplier.supplierId);
  if (former === undefined || hit.score > former.score) best.set(hit.supplier.supplierId, hit);
}

/** Words, their beginnings, and the whole without spaces: `wal mart` is found under `walmart`. */
function keysOf(words: readonly string[], key: string): Set<string> {
  const keys = new Set<string>([`=${key.replaceAll(' ', '')}`]);
  for (const word of words) {
    keys.add(word);
    if (word.length > PREFIX_LENGTH) keys.add(`^${word.slice(0, PREFIX_LENGTH)}`);
  }
  return keys;
}

function add(map: Map<string, Entry[]>, key: string, entry: Entry): void {
  const listed = map.get(key);
  if (listed === undefined) map.set(key, [entry]);
  else listed.push(entry);
}
