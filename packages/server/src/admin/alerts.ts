// admin/alerts.ts: alerts, as people read and acknowledge them. Raising them is record/raise-alert.ts.
// An acknowledgement is on the record, but is no configuration: it takes no lock that decisions wait for.
import { acknowledgeAlert } from '../ledger/acknowledge-alert.ts';
import { type AlertRow, findAlert } from '../ledger/find-alert.ts';
import { listAlerts } from '../ledger/list-alerts.ts';
import type { PrincipalCaller } from '../record/caller.ts';
import { recordBatch } from '../record/record-batch.ts';
import { takeEntries } from '../record/take-entries.ts';
import { notFound } from './admin-error.ts';
import { type AdminContext, readRows } from './apply-change.ts';
import { checkedInstant } from './checked-input.ts';
import { type Page, type PageQuery, pageOf, pageWindow } from './page.ts';

export interface AlertView {
  readonly alertId: string;
  readonly kind: string;
  readonly severity: AlertRow['severity'];
  readonly subject: { readonly type: string; readonly id: string };
  readonly message: string;
  readonly evidence: unknown;
  readonly createdAt: string;
  readonly acknowledgedAt: string | null;
  readonly acknowledgedBy: string | null;
  /** Log entry that raised it. */
  readonly entryId: number;
}

export interface AlertQuery extends PageQuery {
  /** A kind, or its family: `velocity` for `velocity.frequency`. */
  readonly kind?: string | undefined;
  readonly subjectType?: string | undefined;
  readonly subjectId?: string | undefined;
  /** RFC 3339. */
  readonly since?: string | undefined;
  readonly acknowledged?: boolean | undefined;
}

export interface Alerts {
  /** The newest first. */
  list(viewer: PrincipalCaller, query?: AlertQuery): Promise<Page<AlertView>>;
  get(viewer: PrincipalCaller, alertId: string): Promise<AlertView>;
  /** Once: a later one changes nothing. */
  acknowledge(viewer: PrincipalCaller, alertId: string): Promise<AlertView>;
}

export function createAlerts(context: AdminContext): Alerts {
  return {
    async list(viewer, query = {}) {
      const window = pageWindow(query);
      const filter = {
        ...window,
        kind: query.kind ?? null,
        subjectType: query.subjectType ?? null,
        subjectId: query.subjectId ?? null,
        since: query.since === undefined ? null : checkedInstant('/since', query.since),
        acknowledged: query.acknowledged ?? null,
        budgetOwners: seesAll(viewer) ? null : identitiesOf(viewer),
      };
      const rows = await readRows<AlertRow>(context.pool, listAlerts(filter));
      return pageOf(rows, window, (row) => row.alert_id, viewOf);
    },
    get: async (viewer, alertId) => viewOf(await visibleAlert(context, viewer, alertId)),
    acknowledge: (viewer, alertId) => acknowledge(context, viewer, alertId),
  };
}

async function acknowledge(
  context: AdminContext,
  viewer: PrincipalCaller,
  alertId: string,
): Promise<AlertView> {
  const before = await visibleAlert(context, viewer, alertId);
  if (before.acknowledged_at !== null) return viewOf(before);
  await context.writer.transaction<boolean>(async (tx) => {
    const { entryIds, transactionId } = await takeEntries(tx, 1);
    const [entryId] = entryIds;
    if (entryId === undefined) throw new Error('one entry id was asked for');
    const nowMs = context.now();
    const seen = { alertId, at: new Date(nowMs), by: viewer.principalId, entryId };
    if ((await tx.query(acknowledgeAlert(seen))).rows.length === 0) return { result: false }; // somebody was faster
    const entry = { type: 'alert.acknowledged', subjectId: alertId, actor: viewer, body: {} };
    const sealed = context.recorder.seal(entryIds, [entry], nowMs);
    recordBatch(tx, sealed);
    return { result: true, commit: { ...sealed, transactionId } };
  });
  return viewOf(await visibleAlert(context, viewer, alertId));
}

/** What somebody may not see is not found. */
async function visibleAlert(
  context: AdminContext,
  viewer: PrincipalCaller,
  alertId: string,
): Promise<AlertRow> {
  const [row] = await readRows<AlertRow>(context.pool, findAlert({ alertId }));
  if (row === undefined) throw notFound('alert', alertId);
  if (seesAll(viewer)) return row;
  const filter = {
    after: '',
    limit: 1,
    kind: row.kind,
    subjectType: row.subject_type,
    subjectId: row.subject_id,
    since: null,
    acknowledged: null,
    budgetOwners: identitiesOf(viewer),
  };
  const visible = await readRows<AlertRow>(context.pool, listAlerts(filter));
  if (visible.length === 0) throw notFound('alert', alertId);
  return row;
}

/** Who only owns budgets sees the alerts about those. */
function seesAll({ roles }: PrincipalCaller): boolean {
  return roles.some((role) => role !== 'budget_owner');
}

/** What a budget's owner may be written as. */
function identitiesOf({ principalId, email }: PrincipalCaller): string[] {
  return email === null ? [principalId] : [principalId, email];
}

function viewOf(row: AlertRow): AlertView {
  return {
    alertId: row.alert_id,
    kind: row.kind,
    severity: row.severity,
    subject: { type: row.subject_type, id: row.subject_id },
    message: row.message,
    evidence: row.evidence,
    createdAt: row.created_at.toISOString(),
    acknowledgedAt: row.acknowledged_at?.toISOString() ?? null,
    acknowledgedBy: row.acknowledged_by,
    entryId: Number(row.entry_id),
  };
}
