// gate/settlement-alert.ts: what an alert says of a clearing that moved money past what was authorized or set aside. Pure.
import { type CurrencyCode, formatAmount } from '@countersign/core';

import type { EntryOfTypeRow } from '../ledger/read-entries-of-type.ts';
import type { AlertDraft } from '../record/raise-alert.ts';

/** null: it stayed within what was authorized and set aside. */
export function settlementAlert({
  entry_id: entryId,
  subject_id: requestId,
  body,
}: EntryOfTypeRow): Omit<AlertDraft, 'raisedBy'> | null {
  const { detail, state, transfers = [] } = JSON.parse(body.toString('utf8')) as SettlementBody; // the gate's own
  const kind = kindOf(detail);
  if (kind === null) return null;
  const id = detail.authorization_id;
  const authorization = state.authorizations?.find((each) => each.authorization_id === id);
  if (authorization === undefined) throw new Error(`entry ${entryId} says nothing of what it settles`);
  const { currency } = authorization;
  const amount = (minor: string): string => formatAmount(BigInt(minor), currency as CurrencyCode); // stored as parsed
  const posted = `${amount(detail.amount_minor)} ${currency}`;
  const isOverrun = transfers.some(([, , to]) => to === 'overrun');
  return {
    kind,
    severity: isOverrun ? 'critical' : 'warning',
    subject: { type: 'purchase_request', id: requestId },
    message: `${messageOf(kind, posted, `${amount(authorization.amount_minor)} ${currency}`)} ${
      isOverrun ? 'A budget is past its limit by it.' : 'It fits the budgets that carry it.'
    }`,
    evidence: {
      authorization_id: id,
      authorized: amount(authorization.amount_minor),
      beyond_reservation: amount(detail.beyond_reservation_minor),
      currency,
      flags: detail.flags ?? [],
      overrun: isOverrun,
      posted: amount(detail.amount_minor),
      ...ratesOf(authorization.merchant_amount, detail.merchant_amount),
    },
    dedupeKey: `settlement:${entryId}`,
  };
}

/** As gate/entry-body.ts wrote it. */
interface SettlementBody {
  readonly detail: {
    readonly authorization_id: string;
    readonly amount_minor: string;
    readonly beyond_reservation_minor: string;
    readonly forced: boolean;
    readonly flags?: readonly string[];
    readonly merchant_amount?: MerchantAmountBody;
  };
  readonly state: { readonly authorizations?: readonly AuthorizationBody[] };
  /** [budget period, from, to, minor units]. */
  readonly transfers?: readonly (readonly [number, string, string, string])[];
}

interface MerchantAmountBody {
  readonly amount_minor: string;
  readonly currency: string;
  readonly rate: string;
}

interface AuthorizationBody {
  readonly authorization_id: string;
  readonly amount_minor: string;
  readonly currency: string;
  readonly merchant_amount?: MerchantAmountBody;
}

type SettlementKind =
  | 'settlement.forced'
  | 'settlement.exchange_difference'
  | 'settlement.above_authorization'
  | 'settlement.beyond_reservation';

function kindOf({ forced, flags = [], ...detail }: SettlementBody['detail']): SettlementKind | null {
  if (forced) return 'settlement.forced';
  if (flags.includes('above_authorization')) {
    return flags.includes('exchange_difference')
      ? 'settlement.exchange_difference'
      : 'settlement.above_authorization';
  }
  return detail.beyond_reservation_minor === '0' ? null : 'settlement.beyond_reservation';
}

function messageOf(kind: SettlementKind, posted: string, authorized: string): string {
  switch (kind) {
    case 'settlement.forced':
      return `${posted} were cleared without an authorization.`;
    case 'settlement.exchange_difference':
      return `${posted} were billed for what was authorized as ${authorized}: the exchange rate had changed.`;
    case 'settlement.above_authorization':
      return `${posted} were cleared, which is more than was left of an authorization of ${authorized}.`;
    case 'settlement.beyond_reservation':
      return `${posted} were cleared of an authorization of ${authorized}, for which less was still set aside.`;
  }
}

function ratesOf(
  authorized: MerchantAmountBody | undefined,
  cleared: MerchantAmountBody | undefined,
): { authorized_rate?: string; cleared_rate?: string } {
  return {
    ...(authorized === undefined ? {} : { authorized_rate: authorized.rate }),
    ...(cleared === undefined ? {} : { cleared_rate: cleared.rate }),
  };
}
