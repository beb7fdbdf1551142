// admin/change-view.ts: a change under change control as people see it. The difference is computed when it is read.
import type { ChangeStatus, ConfigurationChangeRow } from '../ledger/insert-configuration-change.ts';
import type { ChangeInput, StoredChangeRecord } from './change-control.ts';
import { differenceOf, type Effect, type FieldDifference, overallEffect } from './change-difference.ts';

export interface ChangeSummary {
  readonly changeId: string;
  readonly status: ChangeStatus;
  /** Of the API: what will be, or was, sent. */
  readonly operation: string;
  readonly subjectId: string;
  readonly author: string;
  readonly reviewer: string | null;
  /** null: its content was erased. */
  readonly effect: Effect | null;
  readonly createdAt: string;
  /** Of a draft: when it lapses. */
  readonly expiresAt: string | null;
  /** Of an emergency. */
  readonly emergency: {
    /** null: erased. */
    readonly reason: string | null;
    readonly reviewDueAt: string;
    readonly overdue: boolean;
    /** An earlier version is known, so that the reviewer can bring it back. */
    readonly canRollBack: boolean;
  } | null;
  readonly reviewedAt: string | null;
  readonly reviewReason: string | null;
}

export interface ChangeView extends ChangeSummary {
  readonly difference: readonly FieldDifference[] | null;
  readonly request: Pick<ChangeInput, 'params' | 'query' | 'body'> | null;
}

export function recordsOf(row: ConfigurationChangeRow): readonly StoredChangeRecord[] | null {
  return row.records as readonly StoredChangeRecord[] | null; // written by review-change.ts alone
}

export function inputOf(row: ConfigurationChangeRow): ChangeInput | null {
  return row.input as ChangeInput | null; // written by review-change.ts alone
}

/** The body that brings back what was before; undefined: there is none. */
export function undoOf(row: ConfigurationChangeRow): unknown {
  return recordsOf(row)?.find(({ undo }) => undo !== undefined)?.undo;
}

function isEmergency(row: ConfigurationChangeRow): boolean {
  return EMERGENCY_STATUSES.has(row.status);
}

const EMERGENCY_STATUSES: ReadonlySet<ChangeStatus> = new Set([
  'unreviewed_emergency',
  'confirmed',
  'disputed',
  'rolled_back',
]);

export function changeSummary(row: ConfigurationChangeRow, nowMs: number): ChangeSummary {
  const records = recordsOf(row);
  return {
    changeId: row.change_id,
    status: row.status,
    operation: row.operation,
    subjectId: row.subject_id,
    author: row.author_id,
    reviewer: row.reviewer_id,
    effect: records === null ? null : overallEffect(differenceOf(records)),
    createdAt: row.created_at.toISOString(),
    expiresAt: isEmergency(row) ? null : row.due_at.toISOString(),
    emergency: isEmergency(row)
      ? {
          reason: row.emergency_reason,
          reviewDueAt: row.due_at.toISOString(),
          overdue: row.status === 'unreviewed_emergency' && row.due_at.getTime() <= nowMs,
          canRollBack: row.status === 'unreviewed_emergency' && undoOf(row) !== undefined,
        }
      : null,
    reviewedAt: row.reviewed_at?.toISOString() ?? null,
    reviewReason: row.review_reason,
  };
}

export function changeView(row: ConfigurationChangeRow, nowMs: number): ChangeView {
  const [records, input] = [recordsOf(row), inputOf(row)];
  return {
    ...changeSummary(row, nowMs),
    difference: records === null ? null : differenceOf(records),
    request: input === null ? null : { params: input.params, query: input.query, body: input.body },
  };
}
