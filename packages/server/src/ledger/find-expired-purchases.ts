// ledger/find-expired-purchases.ts: requests whose approval, card or leave to pay outside has run out, oldest first.
import { AUTHORIZATION_LAPSES_AFTER_MS } from '@countersign/core';

import type { Statement } from '../db/statement.ts';

export interface ExpiredPurchaseRow {
  request_id: string;
  expired_at: Date;
}

export type ExpiryKind = 'approval' | 'card' | 'authorization' | 'external';

/** `after`: where the page before ended; card ids are their requests' with another prefix. */
export function findExpiredPurchases(options: {
  readonly kind: ExpiryKind;
  readonly nowMs: number;
  readonly after: { readonly expiredAt: Date; readonly id: string } | null;
  readonly limit: number;
}): Statement {
  const { kind, nowMs, after, limit } = options;
  return {
    name: `find_expired_${kind}`,
    text: TEXTS[kind],
    values: [
      new Date(kind === 'authorization' ? nowMs - AUTHORIZATION_LAPSES_AFTER_MS : nowMs),
      after?.expiredAt ?? new Date(0),
      after?.id ?? '',
      limit,
    ],
  };
}

const TEXTS: Readonly<Record<ExpiryKind, string>> = {
  approval: `SELECT request_id, expires_at AS expired_at FROM approval
     WHERE status = 'pending' AND expires_at <= $1 AND (expires_at, request_id) > ($2, $3)
     ORDER BY expires_at, request_id LIMIT $4::int`,
  card: `SELECT 'preq' || substr(card_id, strpos(card_id, '_')) AS request_id, expires_at AS expired_at FROM card
     WHERE status IN ('active', 'frozen') AND expires_at <= $1
       AND (expires_at, 'preq' || substr(card_id, strpos(card_id, '_'))) > ($2, $3)
     ORDER BY expires_at, card_id LIMIT $4::int`,
  authorization: `SELECT 'preq' || substr(card_id, strpos(card_id, '_')) AS request_id, expires_at AS expired_at FROM card
     WHERE status = 'used' AND expires_at <= $1
       AND (expires_at, 'preq' || substr(card_id, strpos(card_id, '_'))) > ($2, $3)
     ORDER BY expires_at, card_id LIMIT $4::int`,
  external: `SELECT request_id, external_expires_at AS expired_at FROM purchase_request
     WHERE external_expires_at IS NOT NULL AND status = 'approved' AND checkout_status = 'none'
       AND external_expires_at <= $1 AND (external_expires_at, request_id) > ($2, $3)
     ORDER BY external_expires_at, request_id LIMIT $4::int`,
};
