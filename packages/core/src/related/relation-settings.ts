// related/relation-settings.ts: how purchases are related for thresholds, as sourcing policies configure it. Data only.
// What the settings mean is in aggregate-for.ts. Clause: AG-642 4.4.

export interface RelationSettings {
  /** Days back from the purchase in which an earlier one is related to it. */
  readonly windowDays: number;
  /** A part that shares the intent counts from this share of the threshold, in percent: below, it is routine. */
  readonly intentSharePercent: number;
  /** From this share of the threshold, in percent, a part is a large one. */
  readonly largeSharePercent: number;
  /** Days in which parts are close in time: large ones, and ones whose intents share a single word. */
  readonly closeDays: number;
}

export const DEFAULT_RELATION_SETTINGS: RelationSettings = {
  windowDays: 30,
  intentSharePercent: 10,
  largeSharePercent: 50,
  closeDays: 7,
};

/** The settings that relate most, member by member: what holds where several sourcing policies apply. */
export function strictestRelation(settings: readonly RelationSettings[]): RelationSettings {
  const [first, ...others] = settings;
  if (first === undefined) return DEFAULT_RELATION_SETTINGS;
  return others.reduce(
    (strictest, next) => ({
      windowDays: Math.max(strictest.windowDays, next.windowDays),
      intentSharePercent: Math.min(strictest.intentSharePercent, next.intentSharePercent),
      largeSharePercent: Math.min(strictest.largeSharePercent, next.largeSharePercent),
      closeDays: Math.max(strictest.closeDays, next.closeDays),
    }),
    first,
  );
}

/** Innocent repetition: a purchase that has all that is named here and is within the amount is not added up. */
export interface Repetition {
  readonly supplier: string | null;
  readonly category: string | null;
  readonly costCenter: string | null;
  /** The most that one such purchase costs. */
  readonly upToMinor: bigint;
  readonly currency: string;
  /** Why it is no split order. */
  readonly reason: string;
}
