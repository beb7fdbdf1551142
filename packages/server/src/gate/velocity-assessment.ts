// gate/velocity-assessment.ts: what one hour of one subject comes to: every signal, from the counts of that subject alone. Reads
// a bounded stretch of its history, so that the cost does not grow with it.
import {
  type Sensitivity,
  type VelocityFinding,
  type VelocitySettings,
  assessClustering,
  assessConcentration,
  assessFrequency,
  assessOutOfHours,
  formatMoney,
  parseCurrency,
} from '@countersign/core';
import type { PoolClient } from 'pg';

import { queryRows } from '../db/query-rows.ts';
import type { DueBucketRow } from '../ledger/find-due-buckets.ts';
import { type VelocityEdgeSumRow, readVelocityEdges } from '../ledger/read-velocity-edges.ts';
import { type VelocityHourRow, readVelocityHours } from '../ledger/read-velocity-hours.ts';
import { HOUR_MS, edgeOf, edgesIn } from './velocity-counts.ts';
import type { WatchedThreshold } from './velocity-thresholds.ts';

const DAY_MS = 24 * HOUR_MS;

/** A finding, and what tells it from another of the same subject and day. */
export interface SubjectFinding {
  readonly finding: VelocityFinding;
  readonly period: string;
}

export async function assessSubject(
  client: PoolClient,
  due: DueBucketRow,
  {
    settings,
    watched,
  }: { readonly settings: VelocitySettings; readonly watched: readonly WatchedThreshold[] },
): Promise<SubjectFinding[]> {
  const { sensitivity } = settings;
  if (sensitivity === null) return [];
  const atMs = due.hour_at.getTime();
  const subject = { subjectType: due.subject_type, subjectId: due.subject_id, currency: due.currency };
  const from = new Date(atMs - settings.historyDays * DAY_MS);
  const hours = await queryRows<VelocityHourRow>(
    client,
    readVelocityHours({ ...subject, from, to: due.hour_at }),
  );
  const day = due.hour_at.toISOString().slice(0, 10);
  const rates = assessHours(hours, atMs, settings, sensitivity).map((finding) => ({ finding, period: day }));
  const since = new Date(atMs - settings.clusteringWindowDays * DAY_MS).toISOString().slice(0, 10);
  const edges = edgesIn(due.currency, watched);
  if (edges.length === 0) return rates;
  const amounts = [...new Set(edges.flatMap(({ amountMinor, placebos }) => [amountMinor, ...placebos]))];
  const counts = await queryRows<VelocityEdgeSumRow>(
    client,
    readVelocityEdges({ ...subject, edges: amounts, since, until: day }),
  );
  const byAmount = new Map(counts.map((row) => [row.edge_minor, row]));
  const clusters = edges.map(({ label, amountMinor, placebos }) => ({
    finding: assessClustering({
      label,
      threshold: moneyText(amountMinor, due.currency),
      edge: edgeOf(amountMinor, byAmount.get(amountMinor)),
      placebos: placebos.map((placebo) => edgeOf(placebo, byAmount.get(placebo))),
      window: `${settings.clusteringWindowDays} days`,
      sensitivity,
    }),
    // It lasts: once a month is often enough.
    period: `${amountMinor}:${day.slice(0, 7)}`,
  }));
  return [...rates, ...clusters];
}

/** The window that ends with this hour against those of the same length before it. */
function assessHours(
  hours: readonly VelocityHourRow[],
  atMs: number,
  settings: VelocitySettings,
  sensitivity: Sensitivity,
): VelocityFinding[] {
  const frequency = windowsOf(hours, atMs, settings.frequencyWindowHours, (hour) => hour.request_count);
  const value = windowsOf(hours, atMs, settings.concentrationWindowHours, (hour) => hour.sum_minor);
  const findings = [
    assessFrequency({
      window: hoursText(settings.frequencyWindowHours),
      count: frequency.current,
      history: frequency.history,
      sensitivity,
    }),
    assessConcentration({
      window: hoursText(settings.concentrationWindowHours),
      sum: value.current,
      history: value.history,
      sensitivity,
    }),
  ];
  if (settings.businessHours === null) return findings;
  const dayBefore = atMs - DAY_MS;
  const count = (isSeen: boolean) => {
    const some = hours.filter((hour) => hour.hour_at.getTime() > dayBefore === isSeen);
    return {
      outside: some.reduce((sum, hour) => sum + hour.out_of_hours_count, 0),
      total: some.reduce((sum, hour) => sum + hour.request_count, 0),
    };
  };
  const window = hoursText(24);
  const hoursOfBusiness = settings.businessHours.text;
  return [
    ...findings,
    assessOutOfHours({
      window,
      hours: hoursOfBusiness,
      seen: count(true),
      history: count(false),
      sensitivity,
    }),
  ];
}

function windowsOf(
  hours: readonly VelocityHourRow[],
  atMs: number,
  windowHours: number,
  valueOf: (hour: VelocityHourRow) => number,
): { readonly current: number; readonly history: readonly number[] } {
  const sums = new Map<number, number>();
  for (const hour of hours) {
    const index = Math.floor((atMs - hour.hour_at.getTime()) / (windowHours * HOUR_MS));
    sums.set(index, (sums.get(index) ?? 0) + valueOf(hour));
  }
  const current = sums.get(0) ?? 0;
  sums.delete(0);
  return { current, history: [...sums.values()] };
}

function hoursText(hours: number): string {
  return hours === 1 ? '1 hour' : `${hours} hours`;
}

function moneyText(minor: bigint, currency: string): string {
  const code = parseCurrency(currency);
  return code === undefined ? `${minor} ${currency}` : formatMoney(minor, code);
}
