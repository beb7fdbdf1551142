// ledger/read-violations.ts: entries whose decision has a finding that did not pass, newest first. Found by the index of
// their types; the other conditions narrow by the canonical bytes (a caller's text cannot hold an unescaped quote);
// whoever reads the bodies compares exactly.
import type { Statement } from '../db/statement.ts';

/**
 * Types of entries whose decision may have such a finding, with their codes (record/event-type-code.ts). An approval, of
 * a purchase, a charge or a check, never has. The index `log_entry_violation` spells out the same numbers.
 */
const VIOLATION_TYPE_CODES = {
  'purchase.held': 1030288028,
  'purchase.denied': -894275706,
  'authorization.declined': -986088549,
  'check.escalated': -405955559,
  'check.blocked': 430840407,
} as const;

const TYPE_CODES = Object.values(VIOLATION_TYPE_CODES).join(', ');

export interface ViolationEntryRow {
  entry_id: bigint;
  subject_id: string;
  body: Buffer;
  agent_id: string;
  /** The entry that holds the terms: of a purchase, that of its first decision. */
  terms_body: Buffer;
}

export interface ViolationFilter {
  readonly agentId: string | null;
  readonly policyId: string | null;
  readonly reasonCode: string | null;
  /** RFC 3339 in UTC with milliseconds, as entries have it; inclusive. */
  readonly since: string | null;
  /** Exclusive. */
  readonly until: string | null;
  /** Entries with this id or a smaller one. */
  readonly fromEntryId: bigint | null;
  readonly limit: number;
}

/** The time an entry states of itself, as RFC 3339 text: of fixed length, so texts compare as times do. */
const WRITTEN_AT = `convert_from(substring(entry.body FROM position('"at":"'::bytea IN entry.body) + 6 FOR 24), 'UTF8')`;

export function readViolations(filter: ViolationFilter): Statement {
  const member = (name: string, value: string | null): string | null =>
    value === null ? null : `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  return {
    name: 'read_violations',
    text: `SELECT entry.entry_id, entry.subject_id, entry.body,
             coalesce(request.agent_id, checked.agent_id) AS agent_id, coalesce(first.body, entry.body) AS terms_body
           FROM log_entry AS entry
           LEFT JOIN purchase_request AS request ON request.request_id = entry.subject_id
           LEFT JOIN log_entry AS first ON first.entry_id = request.decision_entry_id
           LEFT JOIN policy_check AS checked ON checked.check_id = entry.subject_id
           WHERE entry.type_code IN (${TYPE_CODES})
             AND entry.entry_id <= coalesce($2::int8, 9223372036854775807)
             AND position('"decision":{'::bytea IN entry.body) > 0
             AND (position('"outcome":"deny"'::bytea IN entry.body) > 0
               OR position('"outcome":"hold"'::bytea IN entry.body) > 0)
             AND coalesce(request.agent_id, checked.agent_id) = coalesce($3, request.agent_id, checked.agent_id)
             AND ($4::text IS NULL OR position(convert_to($4, 'UTF8') IN entry.body) > 0)
             AND ($5::text IS NULL OR position(convert_to($5, 'UTF8') IN entry.body) > 0)
             AND ($6::text IS NULL OR ${WRITTEN_AT} >= $6)
             AND ($7::text IS NULL OR ${WRITTEN_AT} < $7)
           ORDER BY entry.entry_id DESC LIMIT $1::int`,
    values: [
      filter.limit,
      filter.fromEntryId,
      filter.agentId,
      member('policy_id', filter.policyId),
      member('reason_code', filter.reasonCode),
      filter.since,
      filter.until,
    ],
  };
}
