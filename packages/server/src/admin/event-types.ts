// admin/event-types.ts: the names of all events, which are the types of log entries. What a webhook may subscribe to.
import type { PurchaseEventType } from '@countersign/core';

const PURCHASE_EVENTS: Readonly<Record<PurchaseEventType, true>> = {
  'purchase.approved': true,
  'purchase.held': true,
  'purchase.denied': true,
  'purchase.cancelled': true,
  'purchase.expired': true,
  'approval.signed': true,
  'card.issued': true,
  'card.revealed': true,
  'authorization.approved': true,
  'authorization.declined': true,
  'authorization.reversed': true,
  'settlement.posted': true,
  'refund.posted': true,
  'purchase.completed': true,
  'purchase.mismatched': true,
  'receipt.attached': true,
};

const CONFIGURATION_EVENTS = [
  'installation.created',
  'entity.created',
  'entity.updated',
  'cost_center.created',
  'agent.created',
  'agent.updated',
  'agent.suspended',
  'agent.resumed',
  'principal.created',
  'principal.role_added',
  'principal.disabled',
  'key.created',
  'key.rotated',
  'key.revoked',
  'policy.published',
  'budget.created',
  'budget.limit_changed',
  'budget.closed',
  'webhook_endpoint.created',
  'webhook_endpoint.disabled',
  'webhook_endpoint.enabled',
  'webhook_endpoint.rotated',
] as const;

export const EVENT_TYPES: readonly string[] = [
  ...Object.keys(PURCHASE_EVENTS),
  'purchase.unavailable',
  'check.allowed',
  'check.escalated',
  'check.blocked',
  'budget.period_opened',
  ...CONFIGURATION_EVENTS,
];

/** Whether an event is among what an endpoint asked for; null: everything. */
export function isSubscribed(events: readonly string[] | null, type: string): boolean {
  if (events === null) return true;
  return events.some((wanted) =>
    wanted.endsWith('.*') ? type.startsWith(wanted.slice(0, -1)) : wanted === type,
  );
}
