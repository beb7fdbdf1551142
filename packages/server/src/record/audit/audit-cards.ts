// record/audit/audit-cards.ts: cards and what was charged on them against the entries of their request.
import { requestIdOfCard } from '../../ids.ts';
import { auditAuthorizationRows } from '../../ledger/audit-authorization-rows.ts';
import { auditCardRows } from '../../ledger/audit-card-rows.ts';
import { type AuditedEntry, type Columns, type RowAudit, fieldOf, instant, listOf } from './row-audit.ts';
import {
  type WithEntries,
  asTerms,
  entriesOf,
  happenedAt,
  lastChange,
  oneOf,
  said,
} from './subject-entries.ts';

export async function auditCards(audit: RowAudit): Promise<void> {
  for await (const rows of audit.pages<WithEntries>('card', auditCardRows())) {
    for (const row of rows) {
      const key = { card_id: row['card_id'] as unknown };
      const entries = entriesOf(audit, requestIdOfCard(String(key.card_id)), row);
      if (entries === null) continue;
      const issued = entries.find((entry) => fieldOf(entry.body, 'checkout', 'card_id') === key.card_id);
      const terms = entries.find((entry) => entry.body['terms'] !== undefined)?.body['terms'];
      const latest = entries.at(-1)?.body;
      if (issued === undefined) {
        audit.extra('card', key, 'no entry issued it');
        continue;
      }
      const cardOf = (entry: AuditedEntry): unknown => [
        entry.body['checkout'] === undefined ? null : { ...asTerms(entry.body['checkout']), status: null },
        fieldOf(entry.body, 'state', 'card_status'),
      ];
      audit.compare(
        'card',
        key,
        said({
          rail: [fieldOf(terms, 'rail') ?? 'card', row['rail']],
          provider: [fieldOf(latest, 'checkout', 'method'), row['provider']],
          status: [fieldOf(latest, 'state', 'card_status'), row['status']],
          last4: [fieldOf(latest, 'checkout', 'last4'), row['last4']],
          expires_at: [instant(fieldOf(latest, 'checkout', 'expires_at')), row['expires']],
          entry_id: [issued.entryId, row['entry_id']],
          last_entry_id: [oneOf(lastChange(entries, cardOf), row['last_entry_id']), row['last_entry_id']],
        }),
      );
    }
  }
}

export async function auditAuthorizations(audit: RowAudit): Promise<void> {
  for await (const rows of audit.pages<WithEntries>('card_authorization', auditAuthorizationRows())) {
    for (const row of rows) {
      const authorizationId = String(row['authorization_id']);
      const entries = entriesOf(audit, requestIdOfCard(String(row['card_id'])), row);
      if (entries !== null) auditAuthorization(audit, authorizationId, row, entries);
    }
  }
}

function auditAuthorization(
  audit: RowAudit,
  authorizationId: string,
  row: WithEntries,
  entries: readonly AuditedEntry[],
): void {
  const key = { authorization_id: authorizationId };
  const first = entries.find(
    (entry) => fieldOf(entry.body, 'detail', 'authorization_id') === authorizationId,
  );
  if (first === undefined) {
    // The card it names may be what was changed.
    audit.extra('card_authorization', key, `card ${String(row['card_id'])} has no such authorization`);
    return;
  }
  // A decline stands in its own entry alone; what was approved is carried by every later one.
  const stateOf = (entry: AuditedEntry): unknown =>
    listOf(fieldOf(entry.body, 'state', 'authorizations')).find(
      (one) => fieldOf(one, 'authorization_id') === authorizationId,
    );
  const carrying = entries.filter((entry) => stateOf(entry) !== undefined);
  const latest = carrying.at(-1);
  const made = entries.filter(
    (entry) => entry.entryId >= first.entryId && entry.body['at'] === first.body['at'],
  );
  const changed = latest === undefined ? [first] : lastChange(carrying, stateOf);
  audit.compare('card_authorization', key, {
    ...columnsOf(latest === undefined ? declined(first) : stateOf(latest), row),
    merchant_amount: [
      fieldOf(latest === undefined ? first.body['detail'] : stateOf(latest), 'merchant_amount') ?? null,
      row['merchant_amount'] ?? null,
    ],
    ...said(merchantColumns(first.body['detail'], row['merchant'])),
    created_at: [happenedAt(first), row['created']],
    entry_id: [oneOf(latest === undefined ? [first] : made, row['entry_id']), row['entry_id']],
    last_entry_id: [oneOf(changed, row['last_entry_id']), row['last_entry_id']],
  });
}

const AUTHORIZATION_COLUMNS = [
  'amount_minor',
  'approved',
  'captured_minor',
  'closed',
  'currency',
  'forced',
  'reason',
  'refunded_minor',
  'reversed_minor',
] as const;

function columnsOf(authorization: unknown, row: WithEntries): Columns {
  return Object.fromEntries(
    AUTHORIZATION_COLUMNS.map(
      (column) => [column, [fieldOf(authorization, column), row[column] as unknown]] as const,
    ),
  );
}

function declined({ body }: AuditedEntry): object {
  const { detail } = body;
  return {
    amount_minor: fieldOf(detail, 'amount_minor'),
    approved: false,
    captured_minor: 0,
    closed: true,
    currency: fieldOf(detail, 'currency'),
    forced: false,
    reason: fieldOf(detail, 'reason'),
    refunded_minor: 0,
    reversed_minor: 0,
  };
}

function merchantColumns(detail: unknown, merchant: unknown): Columns {
  return {
    'merchant.domain': [fieldOf(detail, 'merchant_domain'), fieldOf(merchant, 'domain') ?? null],
    'merchant.merchantId': [fieldOf(detail, 'merchant_id'), fieldOf(merchant, 'merchantId') ?? null],
    'merchant.mcc': [fieldOf(detail, 'mcc'), fieldOf(merchant, 'mcc') ?? null],
    'merchant.name': [fieldOf(detail, 'merchant_name'), fieldOf(merchant, 'name') ?? null],
    'merchant.country': [fieldOf(detail, 'merchant_country'), fieldOf(merchant, 'country') ?? null],
  };
}
