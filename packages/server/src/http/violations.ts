// http/violations.ts: findings that did not pass, one item each, out of the entries that hold them.
// A cursor names an entry and how many of its findings have been shown: entries are never changed, so it stays right.
import type { Violation } from '@countersign/contract';

import type { ViolationEntryRow } from '../gate/purchase-reads.ts';
import { type RecordedBody, presentDecision, recordedBody } from './present-decision.ts';
import { invalidField } from './problem.ts';

export interface ViolationPlace {
  readonly entryId: bigint;
  /** Findings of this entry that have been shown already. */
  readonly shown: number;
}

interface Wanted {
  /** Entries from an id downwards, newest first. */
  readonly read: (fromEntryId: bigint | null, count: number) => Promise<readonly ViolationEntryRow[]>;
  readonly filter: {
    readonly policyId: string | null;
    readonly reasonCode: string | null;
  };
  readonly from: ViolationPlace | null;
  readonly limit: number;
}

const ENTRIES_READ = 200;
/** Rounds of reading before a page is given back as it is: what the bytes admit nearly always matches. */
const ROUNDS_MAX = 10;

export async function violationsOf(
  wanted: Wanted,
): Promise<{ data: Violation[]; next_cursor: string | null }> {
  const { read, filter, from, limit } = wanted;
  const data: Violation[] = [];
  let next = from?.entryId ?? null;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const rows = await read(next, ENTRIES_READ);
    for (const row of rows) {
      const skipped = from !== null && row.entry_id === from.entryId ? from.shown : 0;
      for (const [index, violation] of violationsIn(row, filter).entries()) {
        if (index < skipped) continue;
        if (data.length === limit)
          return { data, next_cursor: cursorOf({ entryId: row.entry_id, shown: index }) };
        data.push(violation);
      }
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < ENTRIES_READ) return { data, next_cursor: null };
    next = last.entry_id - 1n;
  }
  return { data, next_cursor: next === null ? null : cursorOf({ entryId: next, shown: 0 }) };
}

function violationsIn(row: ViolationEntryRow, filter: Wanted['filter']): Violation[] {
  const body = recordedBody(row.body);
  const { decision } = body;
  if (decision === undefined) return [];
  const versions = new Map(decision.policies);
  const subject = subjectOf(body, row);
  const violations: Violation[] = [];
  for (const [index, finding] of presentDecision(decision, body.at).findings.entries()) {
    if (finding.outcome === 'pass') continue;
    if (filter.policyId !== null && finding.policy_id !== filter.policyId) continue;
    if (filter.reasonCode !== null && finding.reason_code !== filter.reasonCode) continue;
    violations.push({
      violation_id: `${row.entry_id.toString()}.${index}`,
      ...subject,
      policy_id: finding.policy_id,
      policy_version: finding.policy_id === null ? null : (versions.get(finding.policy_id) ?? null),
      rule_id: finding.rule_id,
      control: finding.control,
      outcome: finding.outcome,
      reason_code: finding.reason_code,
      message: finding.message,
      observed: finding.observed,
      limit: finding.limit,
      created_at: body.at,
    });
  }
  return violations;
}

function subjectOf(body: RecordedBody, row: ViolationEntryRow) {
  const isCheck = body.type.startsWith('check.');
  const { terms } = recordedBody(row.terms_body);
  if (terms === undefined) throw new Error(`nothing says what ${row.subject_id} was about`);
  return {
    source: isCheck ? ('check' as const) : ('purchase' as const),
    source_id: body.subject_id,
    agent_id: row.agent_id,
    counterparty: terms.vendor,
    amount: terms.amount,
    currency: terms.currency,
  };
}

function cursorOf({ entryId, shown }: ViolationPlace): string {
  return `${entryId.toString()}.${shown}`;
}

/** @throws ProblemError 422 for a cursor that was not given here */
export function violationCursor(cursor: string | undefined): ViolationPlace | null {
  if (cursor === undefined) return null;
  const match = /^([0-9]{1,18})\.([0-9]{1,6})$/.exec(cursor);
  if (match === null) {
    const message = '`cursor` is not one that was given here.';
    throw invalidField('invalid', { field: 'cursor', code: 'invalid_cursor', message });
  }
  return { entryId: BigInt(match[1] ?? 0), shown: Number(match[2]) };
}
