// gate/approval-reads.ts: approvals as approvers see them: what they may sign now, that they have looked, and how they
// decide. By the same rule as the gate (core's whoMaySign). Nothing may be decided by what is found here.
import {
  type ApprovalStep,
  type MaySign,
  type Person,
  approvalSettings,
  rubberStamping,
  whoMaySign,
} from '@countersign/core';
import type { Pool } from 'pg';

import { queryRows } from '../db/query-rows.ts';
import { insertApprovalView } from '../ledger/insert-approval-view.ts';
import {
  type ApprovalViewFilter,
  type ApprovalViewRow,
  readApprovalViews,
} from '../ledger/read-approval-views.ts';
import { type ApproverHabitsRow, readApproverHabits } from '../ledger/read-approver-habits.ts';
import { type PendingApprovalRow, readPendingApprovals } from '../ledger/read-pending-approvals.ts';
import { signerOf } from './approvers.ts';
import type { Configuration } from './configuration.ts';

export interface Asking {
  readonly person: Person;
  readonly configuration: Configuration;
  readonly nowMs: number;
}

type Waiting = Pick<ApprovalViewRow, 'agent_id' | 'steps' | 'expires_at'>;

/** What a person may sign of a pending approval now; null: nothing. `anyTurn`: also what is not its turn yet. */
export function signableBy(
  row: Waiting,
  { person, configuration, nowMs }: Asking,
  anyTurn = false,
): (MaySign & { ok: true }) | null {
  if (nowMs >= row.expires_at.getTime()) return null;
  const steps = row.steps as ApprovalStep[]; // stored by the gate
  const signer = signerOf(person, configuration.signing, nowMs);
  const agentOwner = configuration.agents.get(row.agent_id)?.owner ?? null;
  const may = whoMaySign({ steps }, signer, { agentOwner, anyTurn });
  return may.ok ? may : null;
}

const SCAN_PAGE = 200;
/** Pending approvals looked at for one page: a cursor goes on from there. */
const SCANNED_MAX = 5_000;

export interface SignablePage {
  readonly rows: readonly { readonly row: ApprovalViewRow; readonly may: MaySign & { ok: true } }[];
  /** Id to go on after; null: there is no more. */
  readonly next: string | null;
}

/** Pending approvals that a person may sign now, newest first. */
export async function listSignable(
  pool: Pool,
  asking: Asking,
  { limit, before, agentId }: Pick<ApprovalViewFilter, 'limit' | 'before' | 'agentId'>,
): Promise<SignablePage> {
  const rows: { row: ApprovalViewRow; may: MaySign & { ok: true } }[] = [];
  let last = before;
  for (let scanned = 0; scanned < SCANNED_MAX; scanned += SCAN_PAGE) {
    const page = await queryRows<ApprovalViewRow>(
      pool,
      readApprovalViews({ status: 'pending', agentId, before: last, limit: SCAN_PAGE }),
    );
    for (const row of page) {
      const may = signableBy(row, asking);
      if (may === null) continue;
      if (rows.length === limit) return { rows, next: rows.at(-1)?.row.approval_id ?? null };
      rows.push({ row, may });
    }
    if (page.length < SCAN_PAGE) return { rows, next: null };
    last = page.at(-1)?.approval_id;
  }
  return { rows, next: last ?? null };
}

/** Keeps the first look of somebody who may sign it, now or when its turn comes. */
export async function noteView(pool: Pool, row: ApprovalViewRow, asking: Asking): Promise<void> {
  if (row.status !== 'pending' || signableBy(row, asking, true) === null) return;
  const look = {
    approvalId: row.approval_id,
    principalId: asking.person.principalId,
    viewedAtMs: asking.nowMs,
  };
  await pool.query(insertApprovalView(look));
}

export interface ApproverHabits extends ApproverHabitsRow {
  /** Why it looks like rubber-stamping; null: it does not. */
  readonly rubberStamping: string | null;
}

export interface ApproverMetrics extends ApproverHabits {
  /** Approvals that they may sign now. */
  readonly pending: number;
}

export interface MetricsQuery {
  /** `[fromMs, untilMs)` */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly approverId: string | null;
}

/** Of everybody who decided in that time, in the order of their ids. */
export async function readHabits(
  pool: Pool,
  configuration: Configuration,
  { fromMs, untilMs, approverId }: MetricsQuery,
): Promise<ApproverHabits[]> {
  const period = { from: new Date(fromMs), until: new Date(untilMs), approverId };
  const rows = await queryRows<ApproverHabitsRow>(pool, readApproverHabits(period));
  return rows.map((row) => habitsOf(row, configuration));
}

/** Of everybody who decided in that time or may sign something now, in the order of their ids. */
export async function readApproverMetrics(
  pool: Pool,
  { configuration, nowMs }: Omit<Asking, 'person'>,
  query: MetricsQuery,
): Promise<ApproverMetrics[]> {
  const habits = await readHabits(pool, configuration, query);
  const people = [...configuration.signing.people.values()].filter(
    ({ principalId }) => query.approverId === null || principalId === query.approverId,
  );
  const pending = await countPending(pool, people, { configuration, nowMs });
  const known = new Map(habits.map((row) => [row.principal_id, row]));
  for (const principalId of pending.keys()) {
    if (!known.has(principalId)) known.set(principalId, habitsOf(noHabits(principalId), configuration));
  }
  return [...known.values()]
    .sort((a, b) => (a.principal_id < b.principal_id ? -1 : 1))
    .map((row) => ({ ...row, pending: pending.get(row.principal_id) ?? 0 }));
}

function habitsOf(row: ApproverHabitsRow, { settings }: Configuration): ApproverHabits {
  const habits = { ...row, medianSeconds: row.median_seconds };
  return { ...row, rubberStamping: rubberStamping(habits, approvalSettings(settings)) };
}

async function countPending(
  pool: Pool,
  people: readonly Person[],
  { configuration, nowMs }: Omit<Asking, 'person'>,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  let after = '';
  for (;;) {
    const rows = await queryRows<PendingApprovalRow>(pool, readPendingApprovals({ after, limit: SCAN_PAGE }));
    for (const row of rows) {
      for (const person of people) {
        if (signableBy(row, { person, configuration, nowMs }) === null) continue;
        counts.set(person.principalId, (counts.get(person.principalId) ?? 0) + 1);
      }
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < SCAN_PAGE) return counts;
    after = last.approval_id;
  }
}

function noHabits(principalId: string): ApproverHabitsRow {
  return {
    principal_id: principalId,
    decisions: 0,
    approved: 0,
    on_behalf: 0,
    unopened: 0,
    median_seconds: null,
    p10_seconds: null,
    active_hours: 0,
    peak: 0,
  };
}
