// admin/change-difference.ts: what a change does, field by field, for the person who reviews it, and whether a limit
// gets tighter or looser by it. Pure. Must not guess: where the direction is not plain, it says `changes`.
import { isDeepStrictEqual } from 'node:util';

import type { StoredChangeRecord } from './change-control.ts';

export type Effect = 'loosens' | 'tightens' | 'changes';

export interface FieldDifference {
  /** Of the log entry that would say it: `policy.published`. */
  readonly type: string;
  readonly subjectId: string;
  /** JSON pointer; in lists whose items have an id, the id stands for the place: `/rules/r1/parameters/limit`. */
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly effect: Effect;
}

/** Names of fields that identify an item of a list, whatever its place. */
const ITEM_IDS = ['rule_id', 'row_id', 'tier', 'supplier_id', 'id'] as const;

const HIGHER_LOOSENS = /(^|_)(limit|max|maximum|cap|ceiling|amount|above|threshold)(_minor)?$/;
const HIGHER_TIGHTENS = /(^|_)(quorum|minimum|min)$/;
/** From loosest to tightest. */
const SCALES: Readonly<Record<string, readonly string[]>> = {
  on_violation: ['hold', 'deny'],
  on_missing: ['ignore', 'hold', 'deny'],
  change_control: ['single', 'four_eyes'],
  status: ['active', 'suspended'],
};

export function differenceOf(records: readonly StoredChangeRecord[]): FieldDifference[] {
  return records.flatMap((record) => {
    const { type, subject_id: subjectId, documents } = record;
    const found: FieldDifference[] = [];
    const add = (field: string, before: unknown, after: unknown): void => {
      if (field === '/document_sha256' && documents !== undefined) return; // the documents say it in full
      found.push({ type, subjectId, field, before, after, effect: effectOf(field, before, after) });
    };
    compare('', record.before ?? {}, record.after, add);
    if (documents !== undefined) compare('', documents.before ?? {}, documents.after ?? {}, add);
    return found;
  });
}

/** Of the whole change: one field that loosens makes it one that loosens. */
export function overallEffect(fields: readonly FieldDifference[]): Effect {
  if (fields.some(({ effect }) => effect === 'loosens')) return 'loosens';
  const isTighter = fields.some(({ effect }) => effect === 'tightens');
  const others = fields.filter(
    ({ effect, field }) => effect === 'changes' && !/^\/(version|rule_count)$/.test(field),
  );
  return isTighter && others.length === 0 ? 'tightens' : 'changes';
}

function compare(
  path: string,
  before: unknown,
  after: unknown,
  add: (field: string, before: unknown, after: unknown) => void,
): void {
  if (isDeepStrictEqual(before ?? null, after ?? null)) return;
  const [former, latter] = [membersOf(before), membersOf(after)];
  if (former === null || latter === null || keyOfItems(before) !== keyOfItems(after)) {
    add(path, before ?? null, after ?? null);
    return;
  }
  for (const name of new Set([...former.keys(), ...latter.keys()])) {
    const step = name.replaceAll('~', '~0').replaceAll('/', '~1');
    compare(`${path}/${step}`, former.get(name), latter.get(name), add);
  }
}

/** The members of an object, or the items of a list by their ids; null: it is compared as a whole. */
function membersOf(value: unknown): Map<string, unknown> | null {
  if (typeof value !== 'object' || value === null) return null;
  if (!Array.isArray(value)) return new Map(Object.entries(value));
  const key = keyOfItems(value);
  if (key === null) return null;
  return new Map(value.map((item: object) => [String(Reflect.get(item, key)), item]));
}

function keyOfItems(value: unknown): string | null {
  if (!Array.isArray(value) || value.length === 0) return null;
  const items: readonly unknown[] = value;
  const key = ITEM_IDS.find((name) =>
    items.every((item) => typeof item === 'object' && item !== null && Object.hasOwn(item, name)),
  );
  if (key === undefined) return null;
  const ids = new Set(items.map((item) => String(Reflect.get(item as object, key)))); // objects, as checked
  return ids.size === items.length ? key : null;
}

function effectOf(field: string, before: unknown, after: unknown): Effect {
  const name = field.slice(field.lastIndexOf('/') + 1);
  if (/^\/rules\/[^/]+$/.test(field)) {
    if (before === null) return 'tightens';
    if (after === null) return 'loosens';
    return 'changes';
  }
  const scale = SCALES[name];
  if (scale !== undefined) {
    const [from, to] = [scale.indexOf(String(before)), scale.indexOf(String(after))];
    if (from < 0 || to < 0) return 'changes';
    return to > from ? 'tightens' : 'loosens';
  }
  const isHigherLooser = HIGHER_LOOSENS.test(name);
  if (!isHigherLooser && !HIGHER_TIGHTENS.test(name)) return 'changes';
  const order = compareDecimals(before, after);
  if (order === 0) return 'changes';
  return order < 0 === isHigherLooser ? 'loosens' : 'tightens';
}

/** Below zero: `after` is higher; 0: they are equal, or are no plain decimals. */
function compareDecimals(before: unknown, after: unknown): number {
  const [left, right] = [scaled(before), scaled(after)];
  if (left === null || right === null || left === right) return 0;
  return left < right ? -1 : 1;
}

const DIGITS = 18;

function scaled(value: unknown): bigint | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const match = /^(\d{1,30})(?:\.(\d{1,18}))?$/.exec(String(value));
  return match === null ? null : BigInt(`${match[1] ?? ''}${(match[2] ?? '').padEnd(DIGITS, '0')}`);
}
