// bench/splits/replay.ts: sends purchases through the gate's own way of finding split orders: the key of the supplier or its
// group, the keys of near purchases, the day buckets, the sum that a threshold sees. Groups have nothing to do with each
// other, so each is replayed alone. Every purchase counts: one that is stopped waits for a person, who may sign it.
import {
  type Action,
  NO_EXCHANGE,
  type RelationReason,
  type RelationSettings,
  type Threshold,
  aggregateFor,
} from '../../packages/core/src/index.ts';
import { RelatedDays } from '../../packages/server/src/gate/related-days.ts';
import { type RelatedKeys, relatedKeysOf } from '../../packages/server/src/gate/related-keys.ts';
import { groupKeyOf } from '../../packages/server/src/suppliers/supplier-identity.ts';
import { SupplierIndex } from '../../packages/server/src/suppliers/supplier-index.ts';
import type { Purchase } from './traffic.ts';

/** A purchase with what the gate knows of it before it looks at others. */
export interface Prepared {
  readonly purchase: Purchase;
  readonly action: Action;
  readonly related: RelatedKeys;
}

/** A purchase that is within the threshold alone and above it with others. */
export interface Flag {
  readonly purchase: Purchase;
  readonly siblings: readonly string[];
  readonly reasons: readonly RelationReason[];
}

export interface Rule {
  readonly settings: RelationSettings;
  readonly threshold: Threshold;
  /** Of a change that is tried: the intent as it would be read. Left out: as it stands. */
  readonly intentOf?: (purpose: string) => string;
  /** Of a change that is tried: whether these words relate. Left out: as it stands. */
  readonly relates?: (own: readonly number[], other: readonly number[], daysBefore: number) => boolean;
}

const CURRENCY = 'CAD';

/** Nobody is registered: a merchant counts by the normal form of its string. */
const UNREGISTERED = new SupplierIndex(new Map(), 0n);

export function prepare(purchase: Purchase, { intentOf }: Pick<Rule, 'intentOf'>): Prepared {
  const action = actionOf(purchase);
  return {
    purchase,
    action,
    related: relatedKeysOf(action, {
      supplierGroup: groupKeyOf(UNREGISTERED, action),
      intent: intentOf?.(purchase.purpose) ?? purchase.purpose,
      atMs: Date.parse(purchase.date),
    }),
  };
}

export type Groups = ReadonlyMap<string, readonly Prepared[]>;

/** By the key of their group; a purchase without a project has one. */
export function groupsOf(traffic: readonly Prepared[]): Groups {
  const groups = new Map<string, Prepared[]>();
  for (const prepared of traffic) {
    for (const { groupKey } of prepared.related.keys) {
      const group = groups.get(groupKey);
      if (group === undefined) groups.set(groupKey, [prepared]);
      else group.push(prepared);
    }
  }
  return groups;
}

/** `group`: in the order of time. */
export function flagsOf(group: readonly Prepared[], { settings, threshold, relates }: Rule): Flag[] {
  const days = new RelatedDays([]);
  const flags: Flag[] = [];
  const words = new Map<string, readonly number[]>();
  for (const { purchase, action, related } of group) {
    // What is tried may relate what is far apart by less than the gate does: it is shown all of the window.
    const reach = relates === undefined ? settings : { ...settings, closeDays: settings.windowDays };
    const found = days.facts(related, {
      settings: reach,
      day: related.day,
      own: null,
      reach: { intent: true, large: true },
    });
    const facts =
      relates === undefined
        ? found
        : found.map((near) => ({
            ...near,
            parts: near.parts.map((part) => ({
              ...part,
              sharesIntent: relates(related.words, words.get(part.requestId) ?? [], part.daysBefore),
            })),
          }));
    if (relates !== undefined) words.set(purchase.id, related.words);
    if (action.amountMinor <= threshold.amountMinor && facts.length > 0) {
      const aggregate = aggregateFor(
        action,
        { related: { settings, groups: facts, stopped: null }, exchange: NO_EXCHANGE },
        threshold,
      );
      if (!aggregate.ok) throw new Error(aggregate.message);
      if (aggregate.totalMinor > threshold.amountMinor) {
        flags.push({ purchase, siblings: aggregate.requestIds, reasons: aggregate.reasons });
      }
    }
    days.add(related, { requestId: purchase.id, currency: CURRENCY, amountMinor: action.amountMinor }, 1n);
  }
  return flags;
}

export function allFlags(groups: Groups, rule: Rule): Flag[] {
  return [...groups.values()].flatMap((group) => flagsOf(group, rule));
}

function actionOf({ merchant, amountMinor, costCentre, category }: Purchase): Action {
  return {
    subject: 'purchase',
    type: 'spend',
    agentId: 'agent',
    team: null,
    entityId: 'city',
    policyId: null,
    counterparty: merchant,
    amountMinor,
    currency: CURRENCY,
    category,
    costCenter: costCentre,
    project: null,
    rail: 'card',
    country: null,
    mcc: null,
    merchantDomain: null,
    daysSincePurchase: null,
    discountBasisPoints: null,
    dealAmountMinor: null,
    sourcing: null,
    sources: {},
  };
}
