// ledger/read-purchase-parts.ts: approvals and authorizations of locked requests: the request's lock guards them.
import type { Statement } from '../db/statement.ts';

export interface ApprovalRow {
  approval_id: string;
  request_id: string;
  status: string;
  terms_hash: Buffer;
  steps: unknown;
  created_at: Date;
  expires_at: Date;
}

export function readApprovals(requestIds: readonly string[]): Statement {
  return {
    name: 'read_approvals',
    text: `SELECT approval_id, request_id, status, terms_hash, steps, created_at, expires_at
           FROM approval WHERE request_id = ANY ($1::text[])`,
    values: [[...requestIds]],
  };
}

export interface AuthorizationRow {
  authorization_id: string;
  card_id: string;
  approved: boolean;
  reason: string;
  amount_minor: bigint;
  currency: string;
  merchant: unknown;
  forced: boolean;
  captured_minor: bigint;
  reversed_minor: bigint;
  refunded_minor: bigint;
  closed: boolean;
  created_at: Date;
}

export function readAuthorizations(cardIds: readonly string[]): Statement {
  return {
    name: 'read_authorizations',
    text: `SELECT authorization_id, card_id, approved, reason, amount_minor, currency, merchant, forced, captured_minor,
                  reversed_minor, refunded_minor, closed, created_at
           FROM card_authorization WHERE card_id = ANY ($1::text[]) ORDER BY entry_id`,
    values: [[...cardIds]],
  };
}
