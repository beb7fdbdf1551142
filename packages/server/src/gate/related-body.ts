// gate/related-body.ts: what was near a purchase when it was decided, as the log has it, and back. Split-order detection is
// part of the record of every attempt (AG-642 4.6). No word of an intent stands here, only whether it is shared.
import {
  DEFAULT_RELATION_SETTINGS,
  NOT_RELATED,
  type RelatedFacts,
  type RelatedGroup,
} from '@countersign/core';

import type { Json } from '../record/recorder.ts';

type StoredPart = readonly [
  requestId: string,
  currency: string,
  amount: string,
  daysBefore: number,
  sharesIntent: 0 | 1,
];

interface StoredGroup {
  readonly basis: RelatedGroup['basis'];
  readonly parts?: readonly StoredPart[];
  readonly refused?: number;
  readonly totals: readonly (readonly [currency: string, amount: string, count: number])[];
}

/** As relatedBody wrote it. */
export interface StoredRelated {
  readonly groups?: readonly StoredGroup[];
  /** Where they are not the defaults: window, intent share, large share, close days. */
  readonly settings?: readonly [number, number, number, number];
  readonly stopped?: readonly [requestId: string, currency: string, amount: string];
}

/** undefined: nothing was near it. */
export function relatedBody({ groups, settings, stopped }: RelatedFacts): Json {
  if (groups.length === 0 && stopped === null) return undefined;
  const numbers = [
    settings.windowDays,
    settings.intentSharePercent,
    settings.largeSharePercent,
    settings.closeDays,
  ];
  return {
    groups: groups.length === 0 ? undefined : groups.map(groupBody),
    settings: numbers.every((number, index) => number === DEFAULTS[index]) ? undefined : numbers,
    stopped:
      stopped === null ? undefined : [stopped.requestId, stopped.currency, stopped.amountMinor.toString()],
  };
}

const DEFAULTS = [
  DEFAULT_RELATION_SETTINGS.windowDays,
  DEFAULT_RELATION_SETTINGS.intentSharePercent,
  DEFAULT_RELATION_SETTINGS.largeSharePercent,
  DEFAULT_RELATION_SETTINGS.closeDays,
] as const;

function groupBody({ basis, parts, refusedCount, totals }: RelatedGroup): Json {
  return {
    basis,
    parts:
      parts.length === 0
        ? undefined
        : parts.map((part) => [
            part.requestId,
            part.currency,
            part.amountMinor.toString(),
            part.daysBefore,
            part.sharesIntent ? 1 : 0,
          ]),
    refused: refusedCount === 0 ? undefined : refusedCount,
    totals: totals.map(({ currency, amountMinor, count }) => [currency, amountMinor.toString(), count]),
  };
}

export function relatedOfBody(stored: StoredRelated | undefined): RelatedFacts {
  if (stored === undefined) return NOT_RELATED;
  const [windowDays, intentSharePercent, largeSharePercent, closeDays] = stored.settings ?? DEFAULTS;
  return {
    settings: { windowDays, intentSharePercent, largeSharePercent, closeDays },
    groups: (stored.groups ?? []).map(({ basis, parts = [], refused = 0, totals }) => ({
      basis,
      parts: parts.map(([requestId, currency, amount, daysBefore, sharesIntent]) => ({
        requestId,
        currency,
        amountMinor: BigInt(amount),
        daysBefore,
        sharesIntent: sharesIntent === 1,
      })),
      refusedCount: refused,
      totals: totals.map(([currency, amount, count]) => ({ currency, amountMinor: BigInt(amount), count })),
    })),
    stopped:
      stored.stopped === undefined
        ? null
        : {
            requestId: stored.stopped[0],
            currency: stored.stopped[1],
            amountMinor: BigInt(stored.stopped[2]),
          },
  };
}
