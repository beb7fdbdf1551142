// ledger/read-violations.ts: entries whose decision has a finding that did not pass, newest first. The conditions narrow
// by the canonical bytes (a caller's text cannot hold an unescaped quote); whoever reads the bodies compares exactly.
import type { Statement } from '../db/statement.ts';

export interface ViolationEntryRow {
  entry_id: bigint;
  subject_id: string;
  body: Buffer;
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

export function readViolations(filter: ViolationFilter): Statement {
  const member = (name: string, value: string | null): string | null =>
    value === null ? null : `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  return {
    name: 'read_violations',
    text: `SELECT entry_id, subject_id, body FROM log_entry
           WHERE ($2::int8 IS NULL OR entry_id <= $2)
             AND position('"decision":{'::bytea IN body) > 0
             AND (position('"outcome":"deny"'::bytea IN body) > 0 OR position('"outcome":"hold"'::bytea IN body) > 0)
             AND ($3::text IS NULL OR position(convert_to($3, 'UTF8') IN body) > 0)
             AND ($4::text IS NULL OR position(convert_to($4, 'UTF8') IN body) > 0)
             AND ($5::text IS NULL OR position(convert_to($5, 'UTF8') IN body) > 0)
             AND ($6::text IS NULL OR convert_from(substring(body FROM position('"at":"'::bytea IN body) + 6 FOR 24), 'UTF8') >= $6)
             AND ($7::text IS NULL OR convert_from(substring(body FROM position('"at":"'::bytea IN body) + 6 FOR 24), 'UTF8') < $7)
           ORDER BY entry_id DESC LIMIT $1::int`,
    values: [
      filter.limit,
      filter.fromEntryId,
      member('agent_id', filter.agentId),
      member('policy_id', filter.policyId),
      member('reason_code', filter.reasonCode),
      filter.since,
      filter.until,
    ],
  };
}
