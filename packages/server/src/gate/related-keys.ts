// gate/related-keys.ts: the groups of near purchases that one belongs to: from the same supplier or supplier group, by the
// same legal entity, for the same project and for the same cost centre. Each is a guard key and a row a day in the ledger.
// Pure. Clause: AG-642 4.4.
import { hash } from 'node:crypto';

import { type Action, type RelatedGroup, intentWords } from '@countersign/core';

export interface RelatedKey {
  readonly basis: RelatedGroup['basis'];
  /** As PostgreSQL writes a uuid. */
  readonly groupKey: string;
}

export interface RelatedKeys {
  /** None: it is never added up. */
  readonly keys: readonly RelatedKey[];
  /** Days since 1970-01-01, UTC: the bucket it is counted in. */
  readonly day: number;
  /** Of the words of its intent: 32 bits of a hash of each. Empty where the intent is not at hand. */
  readonly words: readonly number[];
}

const MS_PER_DAY = 86_400_000;
const KEY_CHARACTERS = 32;

export const NO_RELATED_KEYS: RelatedKeys = { keys: [], day: 0, words: [] };

/** `supplierGroup`: says which purchases are from the same supplier, see groupKeyOf in suppliers/. */
export function relatedKeysOf(
  action: Action,
  {
    supplierGroup,
    intent,
    atMs,
  }: { readonly supplierGroup: string; readonly intent: string; readonly atMs: number },
): RelatedKeys {
  const { entityId, project, costCenter } = action;
  const keys: RelatedKey[] = [];
  const add = (basis: RelatedKey['basis'], id: string): void => {
    keys.push({ basis, groupKey: keyOf([basis, supplierGroup, entityId, id]) });
  };
  if (project !== null) add('project', project);
  add(costCenter === null ? 'no_cost_center' : 'cost_center', costCenter ?? '');
  return { keys, day: dayOf(atMs), words: intentWords(intent).map(wordOf) };
}

export function dayOf(atMs: number): number {
  return Math.floor(atMs / MS_PER_DAY);
}

const KEYS_MAX = 20_000;
// Owned by keyOf: who buys again buys from the same group.
const keys = new Map<string, string>();

function keyOf(parts: readonly string[]): string {
  const text = parts.join('\0');
  const known = keys.get(text);
  if (known !== undefined) return known;
  const digest = hash('sha256', text, 'hex').slice(0, KEY_CHARACTERS);
  const key = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-${digest.slice(12, 16)}-${digest.slice(16, 20)}-${digest.slice(20)}`;
  if (keys.size >= KEYS_MAX) keys.clear();
  keys.set(text, key);
  return key;
}

/** FNV-1a: the words only have to be told apart, and stand in an erasable row. */
function wordOf(word: string): number {
  let code = 0x811c9dc5;
  for (let index = 0; index < word.length; index += 1) {
    code = Math.imul(code ^ word.charCodeAt(index), 0x01000193);
  }
  return code >>> 0;
}

const BASIS_CODE = { project: 'p', cost_center: 'c', no_cost_center: 'n' } as const;
const BASIS_OF_CODE = new Map(Object.entries(BASIS_CODE).map(([basis, code]) => [code as string, basis]));

/** As the log has them: a letter for the basis, and the key. */
export function relatedKeyTexts({ keys }: RelatedKeys): string[] {
  return keys.map(({ basis, groupKey }) => BASIS_CODE[basis] + groupKey.replaceAll('-', ''));
}

/** The inverse of relatedKeyTexts; `day` is that of the purchase's first decision. */
export function relatedKeysOfTexts(texts: readonly string[], day: number): RelatedKeys {
  const keys = texts.map((text): RelatedKey => {
    const basis = BASIS_OF_CODE.get(text.charAt(0));
    if (basis === undefined || text.length !== KEY_CHARACTERS + 1) {
      throw new Error(`a stored group key has another form: ${text}`);
    }
    const hex = text.slice(1);
    return {
      basis: basis as RelatedKey['basis'], // one of its keys
      groupKey: `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`,
    };
  });
  return { keys, day, words: [] };
}
