import { describe, expect, it } from 'vitest';

import {
  type BudgetSnapshot,
  type SnapshotContext,
  SNAPSHOT_AHEAD_MAX_MS,
  contradictionsOf,
  roomOfSnapshot,
} from './assess-snapshot.ts';

const NOW_MS = Date.UTC(2026, 4, 6, 12);
const snapshot: BudgetSnapshot = {
  source: 'erp',
  currency: 'GBP',
  allocatedMinor: 1_000n,
  committedElsewhereMinor: 300n,
  actualElsewhereMinor: 200n,
  asOfMs: NOW_MS - 1_000,
};
const context: SnapshotContext = {
  nowMs: NOW_MS,
  budgetCurrency: 'GBP',
  periodStartsAtMs: Date.UTC(2026, 4, 1),
  saidPeriodStartsAtMs: null,
  last: null,
  disputedAsOfMs: null,
};
const other: BudgetSnapshot = { ...snapshot, source: 'data_warehouse' };

describe('contradictionsOf', () => {
  it.each<[string, Partial<BudgetSnapshot>, Partial<SnapshotContext>, string[]]>([
    ['a plain one', {}, {}, []],
    ['another currency', { currency: 'EUR' }, {}, ['currency_differs']],
    ['just ahead of this clock', { asOfMs: NOW_MS + SNAPSHOT_AHEAD_MAX_MS }, {}, []],
    ['the future', { asOfMs: NOW_MS + SNAPSHOT_AHEAD_MAX_MS + 1 }, {}, ['as_of_in_the_future']],
    ['no period', {}, { periodStartsAtMs: null }, ['as_of_outside_any_period']],
    ['the period it is of', {}, { saidPeriodStartsAtMs: Date.UTC(2026, 4, 1) }, []],
    ['another period', {}, { saidPeriodStartsAtMs: Date.UTC(2026, 3, 1) }, ['period_differs']],
    ['used up elsewhere', { actualElsewhereMinor: 700n }, {}, []],
    ['more than all used elsewhere', { actualElsewhereMinor: 701n }, {}, ['used_above_allocated']],
    ['later than the last', {}, { last: { ...other, asOfMs: NOW_MS - 1_001 } }, []],
    ['older than the last', {}, { last: { ...other, asOfMs: NOW_MS - 999 } }, ['older_than_the_last']],
    ['agreeing at the same moment', {}, { last: other }, []],
    [
      'disagreeing at the same moment',
      {},
      { last: { ...other, allocatedMinor: 999n } },
      ['disagrees_at_the_same_moment'],
    ],
    [
      'a moment that is disputed',
      {},
      { last: other, disputedAsOfMs: other.asOfMs },
      ['disagrees_at_the_same_moment'],
    ],
    ['later than the disputed moment', {}, { last: other, disputedAsOfMs: other.asOfMs - 1 }, []],
  ])('%s', (_, change, around, wanted) => {
    expect(contradictionsOf({ ...snapshot, ...change }, { ...context, ...around })).toEqual(wanted);
  });

  it('names all of them', () => {
    const wrong = { ...snapshot, currency: 'USD', actualElsewhereMinor: 5_000n };
    expect(contradictionsOf(wrong, { ...context, periodStartsAtMs: null })).toEqual([
      'currency_differs',
      'as_of_outside_any_period',
      'used_above_allocated',
    ]);
  });
});

it('leaves what was not used elsewhere', () => {
  expect(roomOfSnapshot(snapshot)).toBe(500n);
});
