// admin/waivers.ts: exceptions from tender thresholds: asked for by one person, approved by another, whatever change control
// says. What a waiver asks for never changes; it lapses by itself at its `valid_until`, and can be revoked before.
// INVARIANT: nobody decides a waiver they asked for, nor one for an agent they own.
import { formatAmount, parseWaiver } from '@countersign/core';

import { findAgent } from '../ledger/find-agent.ts';
import { findSourcingWaiver } from '../ledger/find-sourcing-waiver.ts';
import { type WaiverRow, type WaiverStatus, insertSourcingWaiver } from '../ledger/insert-sourcing-waiver.ts';
import { listSourcingWaivers } from '../ledger/list-sourcing-waivers.ts';
import { updateSourcingWaiver } from '../ledger/update-sourcing-waiver.ts';
import { newId } from '../ids.ts';
import { callerId } from '../record/caller.ts';
import { AdminError, invalid, notFound, unknownReference } from './admin-error.ts';
import {
  type Actor,
  type AdminContext,
  type ChangeOptions,
  type ChangeStep,
  applyChange,
  firstRow,
  readRows,
} from './apply-change.ts';
import { type Page, type PageQuery, pageOf, pageWindow } from './page.ts';
import { type Snapshot, personal } from './personal-text.ts';
import { readRegions } from './read-regions.ts';

export interface WaiverView {
  readonly waiverId: string;
  /** `lapsed`: approved, and its time is over. */
  readonly status: WaiverStatus | 'lapsed';
  readonly document: Readonly<Record<string, unknown>>;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly decidedAt: string | null;
  readonly decidedBy: string | null;
  readonly revokedAt: string | null;
  readonly revokedBy: string | null;
}

export interface WaiverQuery extends PageQuery {
  readonly status?: WaiverStatus | undefined;
}

export interface Waivers {
  request(actor: Actor, document: unknown, options?: ChangeOptions): Promise<WaiverView>;
  approve(actor: Actor, waiverId: string, options?: ChangeOptions): Promise<WaiverView>;
  reject(actor: Actor, waiverId: string, options?: ChangeOptions): Promise<WaiverView>;
  /** Whoever may ask for one may take one back: it only stops something. */
  revoke(actor: Actor, waiverId: string, options?: ChangeOptions): Promise<WaiverView>;
  get(waiverId: string): Promise<WaiverView>;
  list(query?: WaiverQuery): Promise<Page<WaiverView>>;
}

export function createWaivers(context: AdminContext): Waivers {
  const view = (row: WaiverRow): WaiverView => viewOf(row, context.now());
  return {
    request: (actor, document, options) => request(context, actor, document, options),
    approve: (actor, waiverId, options) => decide(context, actor, { waiverId, to: 'approved' }, options),
    reject: (actor, waiverId, options) => decide(context, actor, { waiverId, to: 'rejected' }, options),
    revoke: (actor, waiverId, options) => revoke(context, actor, waiverId, options),
    async get(waiverId) {
      const [row] = await readRows<WaiverRow>(context.pool, findSourcingWaiver(waiverId));
      if (row === undefined) throw notFound('waiver', waiverId);
      return view(row);
    },
    async list({ status = null, ...page } = {}) {
      const window = pageWindow(page);
      const rows = await readRows<WaiverRow>(context.pool, listSourcingWaivers({ ...window, status }));
      return pageOf(rows, window, (row) => row.waiver_id, view);
    },
  };
}

async function request(
  context: AdminContext,
  actor: Actor,
  document: unknown,
  options: ChangeOptions | undefined,
): Promise<WaiverView> {
  const waiverId = newId('wvr');
  return applyChange(context, { actor, operation: 'waivers.request', options }, async (step) => {
    const parsed = parseWaiver(waiverId, document, await readRegions(step));
    if (!parsed.ok) {
      const { faults } = parsed;
      throw new AdminError('invalid', `the waiver has a fault: ${faults[0]?.message ?? ''}`, { faults });
    }
    const { agentId, validUntilMs } = parsed.value;
    if (validUntilMs <= step.at.getTime())
      throw invalid('/valid_until', 'it is over already', 'out_of_range');
    if (agentId !== null && (await firstRow(step.tx, findAgent(agentId))) === null)
      throw unknownReference('/agent_id', 'agent', agentId);
    const row: WaiverRow = {
      waiver_id: waiverId,
      document,
      status: 'pending',
      created_at: step.at,
      created_by: callerId(actor),
      decided_at: null,
      decided_by: null,
      revoked_at: null,
      revoked_by: null,
      entry_id: step.entryId,
    };
    await step.tx.query(insertSourcingWaiver(row));
    step.actAtOnce(); // it allows nothing before somebody else approves it
    await step.record({
      type: 'waiver.requested',
      subjectId: waiverId,
      before: null,
      after: snapshotOf(row),
    });
    return viewOf(row, step.at.getTime());
  });
}

async function decide(
  context: AdminContext,
  actor: Actor,
  { waiverId, to }: { readonly waiverId: string; readonly to: 'approved' | 'rejected' },
  options: ChangeOptions | undefined,
): Promise<WaiverView> {
  const operation = `waivers.${to}/${waiverId}`;
  return applyChange(context, { actor, operation, options }, async (step) => {
    const before = await foundWaiver(step, waiverId);
    if (before.status !== 'pending')
      throw new AdminError('conflict', `the waiver is ${before.status} already`);
    await refuseOwn(step, before, actor);
    const { valid_until: until } = before.document as { valid_until: string }; // parsed when it was asked for
    if (to === 'approved' && Date.parse(until) <= step.at.getTime())
      throw new AdminError('conflict', 'the time of the waiver is over');
    const row = {
      ...before,
      status: to,
      decided_at: step.at,
      decided_by: callerId(actor),
      entry_id: step.entryId,
    };
    return kept(step, before, row, `waiver.${to}`);
  });
}

async function revoke(
  context: AdminContext,
  actor: Actor,
  waiverId: string,
  options: ChangeOptions | undefined,
): Promise<WaiverView> {
  return applyChange(context, { actor, operation: `waivers.revoke/${waiverId}`, options }, async (step) => {
    const before = await foundWaiver(step, waiverId);
    if (before.status === 'revoked') return viewOf(before, step.at.getTime());
    if (before.status === 'rejected') throw new AdminError('conflict', 'the waiver is rejected already');
    const row: WaiverRow = {
      ...before,
      status: 'revoked',
      revoked_at: step.at,
      revoked_by: callerId(actor),
      entry_id: step.entryId,
    };
    return kept(step, before, row, 'waiver.revoked');
  });
}

async function kept(step: ChangeStep, before: WaiverRow, row: WaiverRow, type: string): Promise<WaiverView> {
  await step.tx.query(updateSourcingWaiver(row));
  step.actAtOnce(); // a second person has looked at it, or it only stops something
  const [former, latter] = [snapshotOf(before), snapshotOf(row)];
  await step.record({ type, subjectId: row.waiver_id, before: former, after: latter });
  return viewOf(row, step.at.getTime());
}

async function foundWaiver(step: ChangeStep, waiverId: string): Promise<WaiverRow> {
  const row = await firstRow<WaiverRow>(step.tx, findSourcingWaiver(waiverId));
  if (row === null) throw notFound('waiver', waiverId);
  return row;
}

async function refuseOwn(step: ChangeStep, row: WaiverRow, actor: Actor): Promise<void> {
  if (callerId(actor) === row.created_by)
    throw new AdminError('own_change', 'nobody decides a waiver they asked for themselves');
  const { agent_id: agentId } = row.document as { agent_id?: string }; // parsed when it was asked for
  if (agentId === undefined || actor.kind !== 'principal') return;
  const agent = await firstRow<{ owner: string | null }>(step.tx, findAgent(agentId));
  const owner = agent?.owner?.toLowerCase();
  if (owner !== undefined && [actor.principalId, actor.email].some((name) => name?.toLowerCase() === owner))
    throw new AdminError('own_change', 'the owner of an agent decides no waiver for it');
}

function snapshotOf(row: WaiverRow): Snapshot {
  const parsed = parseWaiver(row.waiver_id, row.document, null);
  if (!parsed.ok) throw new Error(`a stored waiver does not parse: ${parsed.faults[0]?.message ?? ''}`);
  const { agentId, category, currency, jurisdiction, supplier, upToMinor, validUntilMs } = parsed.value;
  const { reason } = row.document as { reason: string }; // parsed just now
  return {
    agent_id: agentId,
    category,
    currency,
    jurisdiction,
    reason: personal(reason),
    status: row.status,
    supplier,
    up_to: formatAmount(upToMinor, currency),
    valid_until: new Date(validUntilMs).toISOString(),
  };
}

function viewOf(row: WaiverRow, nowMs: number): WaiverView {
  const document = row.document as { valid_until: string }; // parsed when it was asked for
  const isOver = row.status === 'approved' && Date.parse(document.valid_until) <= nowMs;
  return {
    waiverId: row.waiver_id,
    status: isOver ? 'lapsed' : row.status,
    document,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    decidedAt: row.decided_at?.toISOString() ?? null,
    decidedBy: row.decided_by,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    revokedBy: row.revoked_by,
  };
}
