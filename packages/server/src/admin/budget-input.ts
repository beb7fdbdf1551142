// admin/budget-input.ts: checks what a budget is set up or changed with, and how it is written. Looks nothing up.
import { type CurrencyCode, formatAmount, parseAmount } from '@countersign/core';

import type { StoredBudgetRow, StoredCarryOver } from '../ledger/insert-budget.ts';
import { invalid } from './admin-error.ts';
import { checkedInstant } from './checked-input.ts';

const PERIODS = ['day', 'week', 'month', 'quarter', 'year', 'lifetime', 'fixed'] as const;

/** `none`, `unused`, or at most an amount or a whole percentage of the limit. */
export type CarryOverInput =
  | string
  | {
      readonly unusedUpTo: {
        readonly amount?: string | number | undefined;
        readonly percent?: number | undefined;
      };
    };

/** `internal`, or kept in another system that sends snapshots. */
export type AllocationInput = string | { readonly external: { readonly freshnessSeconds: number } };

/** How a budget's carry-over is shown; the same form as it is given in. */
export type CarryOverView =
  'none' | 'unused' | { readonly unusedUpTo: { readonly amount: string } | { readonly percent: number } };

export type AllocationView = 'internal' | { readonly external: { readonly freshnessSeconds: number } };

export interface PeriodInput {
  readonly period: string;
  readonly startsAt?: string | undefined;
  readonly endsAt?: string | undefined;
}

export function checkedPeriod({
  period: text,
  startsAt,
  endsAt,
}: PeriodInput): Pick<StoredBudgetRow, 'period' | 'starts_at' | 'ends_at'> {
  const period = PERIODS.find((candidate) => candidate === text);
  if (period === undefined) {
    throw invalid(
      '/period',
      `a period is one of ${PERIODS.map((name) => `\`${name}\``).join(', ')}`,
      'unknown_choice',
    );
  }
  if (period !== 'fixed') {
    if (startsAt === undefined && endsAt === undefined) return { period, starts_at: null, ends_at: null };
    const field = startsAt === undefined ? '/ends_at' : '/starts_at';
    throw invalid(field, 'only a `fixed` period has a start and an end of its own', 'not_a_fixed_period');
  }
  if (startsAt === undefined)
    throw invalid('/starts_at', 'a `fixed` period needs its start', 'missing_field');
  if (endsAt === undefined) throw invalid('/ends_at', 'a `fixed` period needs its end', 'missing_field');
  const [starts_at, ends_at] = [checkedInstant('/starts_at', startsAt), checkedInstant('/ends_at', endsAt)];
  if (ends_at <= starts_at) throw invalid('/ends_at', 'a period ends after it starts', 'out_of_range');
  return { period, starts_at, ends_at };
}

export function checkedLimit(limit: string | number, currency: CurrencyCode): bigint {
  return checkedAmount('/limit', limit, currency);
}

/** Zero is an amount here. */
export function checkedAmount(field: string, given: string | number, currency: CurrencyCode): bigint {
  const amount = parseAmount(given, currency, { allowZero: true });
  if (amount.ok) return amount.minor;
  throw invalid(field, amount.message, amount.code);
}

/** The limit of a new budget: zero where another system keeps its allocation. */
export function checkedFirstLimit(
  limit: string | number | undefined,
  currency: CurrencyCode,
  allocation: StoredBudgetRow['allocation'],
): bigint {
  if (allocation !== null) {
    if (limit === undefined) return 0n;
    throw invalid(
      '/limit',
      'its snapshots say what may be used of it: leave the limit out',
      'external_allocation',
    );
  }
  if (limit === undefined) throw invalid('/limit', 'a budget needs a limit', 'missing_field');
  return checkedLimit(limit, currency);
}

export function checkedCarryOver(
  input: CarryOverInput | undefined,
  { period, currency }: { readonly period: StoredBudgetRow['period']; readonly currency: CurrencyCode },
): StoredCarryOver | null {
  if (input === undefined || input === 'none') return null;
  if (period === 'lifetime' || period === 'fixed') {
    throw invalid('/carry_over', `a \`${period}\` period has no next one to carry over to`, 'no_next_period');
  }
  if (typeof input === 'string') {
    if (input === 'unused') return { kind: 'unused' };
    throw invalid('/carry_over', 'it is `none`, `unused` or `{"unused_up_to": {...}}`', 'unknown_choice');
  }
  const { amount, percent } = input.unusedUpTo;
  if ((amount === undefined) === (percent === undefined)) {
    throw invalid('/carry_over/unused_up_to', 'give `amount` or `percent`, and not both', 'missing_field');
  }
  if (amount !== undefined) {
    const minor = checkedAmount('/carry_over/unused_up_to/amount', amount, currency);
    return { kind: 'up_to_amount', amount_minor: minor.toString() };
  }
  if (percent !== undefined && Number.isInteger(percent) && percent >= 1 && percent <= 100)
    return { kind: 'up_to_percent', percent };
  throw invalid('/carry_over/unused_up_to/percent', 'a whole percentage from 1 to 100', 'out_of_range');
}

const FRESHNESS_SECONDS_MAX = 366 * 86_400;

export function checkedAllocation(
  input: AllocationInput | undefined,
  carryOver: CarryOverInput | undefined,
): StoredBudgetRow['allocation'] {
  if (input === undefined || input === 'internal') return null;
  if (typeof input === 'string') {
    throw invalid(
      '/allocation',
      'it is `internal` or `{"external": {"freshness_seconds": n}}`',
      'unknown_choice',
    );
  }
  const { freshnessSeconds } = input.external;
  if (
    !Number.isInteger(freshnessSeconds) ||
    freshnessSeconds < 1 ||
    freshnessSeconds > FRESHNESS_SECONDS_MAX
  ) {
    throw invalid(
      '/allocation/external/freshness_seconds',
      `whole seconds from 1 to ${FRESHNESS_SECONDS_MAX}`,
      'out_of_range',
    );
  }
  if (carryOver !== undefined && carryOver !== 'none') {
    throw invalid('/carry_over', 'the other system decides what is carried over', 'external_allocation');
  }
  return { freshness_seconds: freshnessSeconds };
}

export function carryOverView(stored: StoredCarryOver | null, currency: CurrencyCode): CarryOverView {
  switch (stored?.kind) {
    case undefined:
      return 'none';
    case 'unused':
      return 'unused';
    case 'up_to_amount':
      return { unusedUpTo: { amount: formatAmount(BigInt(stored.amount_minor), currency) } };
    case 'up_to_percent':
      return { unusedUpTo: { percent: stored.percent } };
  }
}

export function allocationView(stored: StoredBudgetRow['allocation']): AllocationView {
  return stored === null ? 'internal' : { external: { freshnessSeconds: stored.freshness_seconds } };
}
