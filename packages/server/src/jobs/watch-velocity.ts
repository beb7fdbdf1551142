// jobs/watch-velocity.ts: follows the log, counts requests by subject and hour, and raises an alert where an hour is unusual
// for its subject. Clause: AG-642 4.9. The gate knows nothing of it: what it costs, it costs beside the decisions.
// Exactly once over several gateways: counts and the place in the log change in one transaction, whose lock is the
// election; an alert has a dedupe key. Each run does a bounded piece of work, whatever the history.
import { createHash } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';

import type { Admin } from '../admin/admin.ts';
import { HOLD_SUBJECTS, type VelocitySettings } from '../admin/velocity.ts';
import type { Database } from '../db/connect.ts';
import { queryRows } from '../db/query-rows.ts';
import type { Configuration } from '../gate/configuration.ts';
import { supplierSubjectOf } from '../gate/velocity-reviews.ts';
import { addVelocityBuckets } from '../ledger/add-velocity-buckets.ts';
import { addVelocityEdges } from '../ledger/add-velocity-edges.ts';
import { advanceSignalProgress } from '../ledger/advance-signal-progress.ts';
import { type SignalProgressRow, claimSignalProgress } from '../ledger/claim-signal-progress.ts';
import { type DueBucketRow, findDueBuckets } from '../ledger/find-due-buckets.ts';
import { listPolicies } from '../ledger/list-policies.ts';
import { markBucketsAssessed } from '../ledger/mark-buckets-assessed.ts';
import { type OpenedRequestRow, readOpenedRequests } from '../ledger/read-opened-requests.ts';
import { eventTypeCode } from '../record/event-type-code.ts';
import { type AlertContext, raiseAlert } from '../record/raise-alert.ts';
import { type SubjectFinding, assessSubject } from '../gate/velocity-assessment.ts';
import { type CountedRequest, countRequests } from '../gate/velocity-counts.ts';
import { type Job, type JobLog, startJob } from './job-loop.ts';
import {
  type PolicyDocument,
  type WatchedThreshold,
  watchedThresholds,
} from '../gate/velocity-thresholds.ts';

export interface WatchVelocityOptions extends AlertContext {
  readonly database: Pick<Database, 'transaction'>;
  readonly configuration: { fresh(): Promise<Configuration> };
  readonly velocity: Admin['velocity'];
  readonly log: JobLog;
  readonly idleMs?: number;
}

const NAME = 'watch-velocity';
const IDLE_MS = 2_000;
/** Leaves counted, and hours assessed, in one run. */
const LEAVES_MAX = 5_000;
const DUE_MAX = 100;
const POLICIES_MAX = 1_000;
const SUBJECT_ID_MAX = 200;

const DENIED = eventTypeCode('purchase.denied');
const OPENINGS = [eventTypeCode('purchase.approved'), eventTypeCode('purchase.held'), DENIED];

export function watchVelocity(options: WatchVelocityOptions): Job {
  return startJob({
    name: NAME,
    idleMs: options.idleMs ?? IDLE_MS,
    log: options.log,
    run: () => watchOnce(options),
  });
}

interface Watching {
  readonly settings: VelocitySettings;
  readonly watched: readonly WatchedThreshold[];
  readonly configuration: Configuration;
}

/** `again`: there is more to count or to assess. */
export async function watchOnce(options: WatchVelocityOptions): Promise<'again' | 'idle'> {
  const { settings } = await options.velocity.get();
  const configuration = await options.configuration.fresh();
  const watched = watchedThresholds(configuration, await policyDocuments(options.pool));
  const watching = { settings, watched, configuration };
  const hasMoreLeaves = await options.database.transaction((client) => countNext(client, watching));
  // Its alerts may be raised again by another run: their keys make that nothing.
  const hasMoreDue = await options.database.transaction((client) => assessDue(client, watching, options));
  return hasMoreLeaves || hasMoreDue ? 'again' : 'idle';
}

async function policyDocuments(pool: Pool): Promise<PolicyDocument[]> {
  return queryRows<PolicyDocument>(pool, listPolicies({ after: '', limit: POLICIES_MAX }));
}

async function countNext(client: PoolClient, watching: Watching): Promise<boolean> {
  const [progress] = await queryRows<SignalProgressRow>(client, claimSignalProgress('velocity'));
  if (progress === undefined) return false; // another gateway is at it
  const from = Number(progress.next_leaf);
  const size = Number(progress.size);
  const to = Math.min(from + LEAVES_MAX, size);
  if (from === to) return false;
  const rows = await queryRows<OpenedRequestRow>(
    client,
    readOpenedRequests({ from, to, typeCodes: OPENINGS }),
  );
  if (watching.settings.sensitivity !== null && rows.length > 0) {
    const requests = rows.map((row) => countedRequest(row, watching.configuration));
    const { buckets, edges } = countRequests(requests, watching);
    if (buckets.length > 0) await queryRows(client, addVelocityBuckets(buckets));
    if (edges.length > 0) await queryRows(client, addVelocityEdges(edges));
  }
  await queryRows(client, advanceSignalProgress('velocity', to));
  return to < size;
}

function countedRequest(row: OpenedRequestRow, { suppliers }: Configuration): CountedRequest {
  return {
    agentId: row.agent_id,
    team: row.team,
    supplier: supplierSubjectOf(suppliers, row.vendor),
    currency: row.currency,
    amountMinor: row.amount_minor,
    atMs: row.created_at.getTime(),
    isDenied: row.type_code === DENIED,
  };
}

async function assessDue(
  client: PoolClient,
  watching: Watching,
  options: WatchVelocityOptions,
): Promise<boolean> {
  const [progress] = await queryRows<SignalProgressRow>(client, claimSignalProgress('velocity'));
  if (progress === undefined) return false;
  const due = await queryRows<DueBucketRow>(client, findDueBuckets(DUE_MAX));
  for (const bucket of due) {
    const findings = await assessSubject(client, bucket, watching);
    for (const found of findings) {
      if (found.finding.verdict === 'alert') await alertOf(bucket, found, watching, options);
    }
  }
  if (due.length > 0) await queryRows(client, markBucketsAssessed(due));
  return due.length === DUE_MAX;
}

async function alertOf(
  { subject_type: type, subject_id: id, currency }: DueBucketRow,
  { finding, period }: SubjectFinding,
  { settings: { hold } }: Watching,
  options: WatchVelocityOptions,
): Promise<void> {
  const { signal, explanation, evidence } = finding;
  const subjectType = HOLD_SUBJECTS.find((subject) => subject === type);
  const holds =
    subjectType !== undefined &&
    hold !== null &&
    hold.signals.includes(signal) &&
    hold.subjects.includes(subjectType);
  const who = type === 'organisation' ? 'The organisation' : `The ${type} \`${id}\``;
  const alert = await raiseAlert(options, {
    kind: `velocity.${signal}`,
    severity: holds ? 'critical' : 'warning',
    subject: { type, id },
    message: `${who}: ${explanation}${holds ? ' Its next requests are held until an operator lifts the review.' : ''}`,
    evidence: { currency, ...evidence },
    dedupeKey: `velocity:${signal}:${type}:${shortened(id)}:${currency}:${period}`,
    raisedBy: NAME,
  });
  if (holds) {
    await options.velocity.review({ kind: 'system', name: NAME }, alert.alertId, { type: subjectType, id });
  }
}

/** What a vendor is called may be long, and a dedupe key may not. */
function shortened(id: string): string {
  return id.length <= SUBJECT_ID_MAX ? id : createHash('sha256').update(id).digest('hex');
}
