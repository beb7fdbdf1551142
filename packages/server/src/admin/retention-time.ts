// admin/retention-time.ts: when the time of a record is over. Pure: the clock is an argument.
import type { RetainedPurchaseRow } from '../ledger/find-retained-purchases.ts';
import type { RetentionKind } from './setting-fields.ts';

/** What ended before these is past its time. */
export function cutoffsOf(
  months: Readonly<Record<RetentionKind, number>>,
  nowMs: number,
): Readonly<Record<RetentionKind, Date>> {
  return {
    purchase: monthsBefore(nowMs, months.purchase),
    configuration: monthsBefore(nowMs, months.configuration),
    change: monthsBefore(nowMs, months.change),
  };
}

/** The same day of an earlier month, in UTC; the last day of a month that is shorter. */
export function monthsBefore(nowMs: number, months: number): Date {
  const now = new Date(nowMs);
  const day = now.getUTCDate();
  const earlier = new Date(nowMs);
  earlier.setUTCDate(1);
  earlier.setUTCMonth(earlier.getUTCMonth() - months);
  const last = new Date(Date.UTC(earlier.getUTCFullYear(), earlier.getUTCMonth() + 1, 0)).getUTCDate();
  earlier.setUTCDate(Math.min(day, last));
  return earlier;
}

/** Nothing more can happen to it that somebody would need its text for. */
export function isEnded(row: Pick<RetainedPurchaseRow, 'status' | 'checkout_status'>): boolean {
  if (row.status === 'held') return false;
  if (row.status === 'approved') return PAID.has(row.checkout_status);
  return row.checkout_status === 'none' || PAID.has(row.checkout_status);
}

const PAID: ReadonlySet<string> = new Set(['settled', 'reconciled', 'failed', 'reversed']);
