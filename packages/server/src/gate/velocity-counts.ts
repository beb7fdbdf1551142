// gate/velocity-counts.ts: adds up requests by subject and hour, and those near watched amounts by subject and day. Pure.
import {
  type Edge,
  type EdgeBand,
  type VelocitySettings,
  WEEKDAYS,
  isWithinWindow,
  parseCurrency,
  placebosOf,
  sideOfEdge,
  zonedWeekdayAndMinute,
} from '@countersign/core';

import type { VelocityBucketRow } from '../ledger/add-velocity-buckets.ts';
import type { VelocityEdgeRow } from '../ledger/add-velocity-edges.ts';
import { type WatchedThreshold, thresholdsIn } from './velocity-thresholds.ts';

export const HOUR_MS = 3_600_000;

export interface CountedRequest {
  readonly agentId: string;
  readonly team: string | null;
  /** As whom the supplier is watched. */
  readonly supplier: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly atMs: number;
  readonly isDenied: boolean;
}

export interface Counts {
  readonly buckets: readonly VelocityBucketRow[];
  readonly edges: readonly VelocityEdgeRow[];
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

export function countRequests(
  requests: readonly CountedRequest[],
  {
    settings,
    watched,
  }: { readonly settings: VelocitySettings; readonly watched: readonly WatchedThreshold[] },
): Counts {
  const buckets = new Map<string, Writable<VelocityBucketRow>>();
  const edges = new Map<string, Writable<VelocityEdgeRow>>();
  const nearby = new NearbyEdges(watched);
  const isOutside = outsideHours(settings);
  for (const request of requests) {
    const outside = isOutside(request.atMs) ? 1 : 0;
    const near = nearby.around(request.currency, request.amountMinor);
    for (const [subjectType, subjectId] of subjectsOf(request)) {
      addToBucket(buckets, { subjectType, subjectId }, request, outside);
      for (const edgeMinor of near) addToEdge(edges, { subjectType, subjectId }, request, edgeMinor);
    }
  }
  return { buckets: [...buckets.values()], edges: [...edges.values()] };
}

/** Everything a request may be unusual for. */
function subjectsOf({ agentId, team, supplier }: CountedRequest): [string, string][] {
  const found: [string, string][] = [
    ['agent', agentId],
    ['supplier', supplier],
    ['organisation', '*'],
  ];
  if (team !== null) found.push(['team', team]);
  return found;
}

interface Subject {
  readonly subjectType: string;
  readonly subjectId: string;
}

function addToBucket(
  buckets: Map<string, Writable<VelocityBucketRow>>,
  subject: Subject,
  { currency, atMs, amountMinor, isDenied }: CountedRequest,
  outside: number,
): void {
  const hourMs = Math.floor(atMs / HOUR_MS) * HOUR_MS;
  const key = `${subject.subjectType}\0${subject.subjectId}\0${currency}\0${hourMs}`;
  let bucket = buckets.get(key);
  if (bucket === undefined) {
    bucket = {
      ...subject,
      currency,
      hourMs,
      requestCount: 0,
      deniedCount: 0,
      outOfHoursCount: 0,
      sumMinor: 0n,
    };
    buckets.set(key, bucket);
  }
  bucket.requestCount += 1;
  bucket.outOfHoursCount += outside;
  if (isDenied) bucket.deniedCount += 1;
  else bucket.sumMinor += amountMinor;
}

function addToEdge(
  edges: Map<string, Writable<VelocityEdgeRow>>,
  subject: Subject,
  { currency, atMs, amountMinor }: CountedRequest,
  edgeMinor: bigint,
): void {
  const day = new Date(atMs).toISOString().slice(0, 10);
  const key = `${subject.subjectType}\0${subject.subjectId}\0${currency}\0${edgeMinor}\0${day}`;
  let edge = edges.get(key);
  if (edge === undefined) {
    edge = { ...subject, currency, edgeMinor, day, wideBelow: 0, wideAbove: 0, nearBelow: 0, nearAbove: 0 };
    edges.set(key, edge);
  }
  const wide = sideOfEdge(amountMinor, edgeMinor, 'wide');
  const near = sideOfEdge(amountMinor, edgeMinor, 'near');
  if (wide === 'below') edge.wideBelow += 1;
  if (wide === 'above') edge.wideAbove += 1;
  if (near === 'below') edge.nearBelow += 1;
  if (near === 'above') edge.nearAbove += 1;
}

/** Thresholds in one currency with their placebos. */
export function edgesIn(currency: string, watched: readonly WatchedThreshold[]) {
  const code = parseCurrency(currency);
  const thresholds = code === undefined ? [] : thresholdsIn(code, watched);
  const amounts = thresholds.map(({ amountMinor }) => amountMinor);
  return thresholds.map((threshold) => ({
    ...threshold,
    placebos: placebosOf(threshold.amountMinor, amounts),
  }));
}

/** A comparison of numbers rules out nearly every edge before amounts are compared exactly. */
const ROUGHLY = 0.06;

class NearbyEdges {
  readonly #watched: readonly WatchedThreshold[];
  readonly #byCurrency = new Map<string, readonly { readonly minor: bigint; readonly about: number }[]>();

  constructor(watched: readonly WatchedThreshold[]) {
    this.#watched = watched;
  }

  around(currency: string, amountMinor: bigint): bigint[] {
    let edges = this.#byCurrency.get(currency);
    if (edges === undefined) {
      const all = edgesIn(currency, this.#watched).flatMap(({ amountMinor: minor, placebos }) => [
        minor,
        ...placebos,
      ]);
      edges = [...new Set(all)].map((minor) => ({ minor, about: Number(minor) }));
      this.#byCurrency.set(currency, edges);
    }
    const amount = Number(amountMinor);
    return edges.flatMap(({ minor, about }) =>
      Math.abs(amount - about) <= about * ROUGHLY && sideOfEdge(amountMinor, minor, 'wide') !== null
        ? [minor]
        : [],
    );
  }
}

function outsideHours({ businessHours }: VelocitySettings): (atMs: number) => boolean {
  if (businessHours === null) return () => false;
  const { window, timeZone } = businessHours;
  const allowedDays = new Set(WEEKDAYS.filter((day) => businessHours.allowedDays.includes(day)));
  return (atMs) => !isWithinWindow({ allowedDays, window, ...zonedWeekdayAndMinute(atMs, timeZone) });
}

/** How many there are on each side of an amount, from the sums of a row; of none, zeros. */
export function edgeOf(
  edgeMinor: bigint,
  row: { wide_below: number; wide_above: number; near_below: number; near_above: number } | undefined,
): Edge {
  const counts = (band: EdgeBand) => ({
    below: row?.[`${band}_below`] ?? 0,
    above: row?.[`${band}_above`] ?? 0,
  });
  return { edgeMinor, wide: counts('wide'), near: counts('near') };
}
