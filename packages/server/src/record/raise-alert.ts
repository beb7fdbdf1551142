// record/raise-alert.ts: raises an alert: its row and its log entry, which is the event `alert.raised`, in a transaction of
// its own. Takes no lock on the configuration and does not raise its version: an alert binds no decision.
// INVARIANT: one alert and one entry for one dedupe key, however many gateways raise it, and however often.
import type { Pool } from 'pg';

import { queryRows } from '../db/query-rows.ts';
import type { Writer } from '../db/writer.ts';
import { newId } from '../ids.ts';
import { type AlertRow, findAlert } from '../ledger/find-alert.ts';
import { insertAlert } from '../ledger/insert-alert.ts';
import { recordBatch } from './record-batch.ts';
import type { Json, Recorder } from './recorder.ts';
import { takeEntries } from './take-entries.ts';

export interface AlertContext {
  readonly writer: Pick<Writer, 'transaction'>;
  readonly recorder: Recorder;
  readonly pool: Pool;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export type AlertSeverity = 'info' | 'warning' | 'critical';

export interface AlertSubject {
  /** Such as `agent`, `team`, `supplier`, `budget`, `approver`, `approval`, `purchase_request`. */
  readonly type: string;
  readonly id: string;
}

/** It enters the log for ever: ids and vendor strings, but no person's name, no e-mail address and no free text. */
export interface AlertDraft {
  /** Dotted, the family first: `velocity.frequency`. */
  readonly kind: string;
  readonly severity: AlertSeverity;
  readonly subject: AlertSubject;
  /** One or two sentences in plain words. */
  readonly message: string;
  /** The numbers that were seen. */
  readonly evidence: Readonly<Record<string, Json>>;
  /** What makes it one and the same, such as kind, subject and day. At most 400 characters. */
  readonly dedupeKey: string;
  /** The job or part that raises it. */
  readonly raisedBy: string;
}

export interface RaisedAlert {
  readonly alertId: string;
  /** false: it had been raised before. */
  readonly isNew: boolean;
}

const DEDUPE_KEY_LENGTH_MAX = 400;
const MESSAGE_LENGTH_MAX = 2_000;

export async function raiseAlert(context: AlertContext, draft: AlertDraft): Promise<RaisedAlert> {
  const { kind, severity, subject, evidence, dedupeKey, raisedBy } = draft;
  if (dedupeKey === '' || dedupeKey.length > DEDUPE_KEY_LENGTH_MAX)
    throw new Error(`the dedupe key of an alert has 1 to ${DEDUPE_KEY_LENGTH_MAX} characters`);
  const message = draft.message.slice(0, MESSAGE_LENGTH_MAX);
  const { writer, recorder, pool, now } = context;
  // Most are raised again and again while their cause lasts: looked up first, so that they cost no transaction.
  const before = await earlierAlert(pool, dedupeKey);
  if (before !== null) return before;
  const alertId = newId('alrt');
  const isNew = await writer.transaction<boolean>(async (tx) => {
    const { entryIds, transactionId } = await takeEntries(tx, 1);
    const [entryId] = entryIds;
    if (entryId === undefined) throw new Error('one entry id was asked for');
    const nowMs = now();
    const row = {
      alert_id: alertId,
      kind,
      severity,
      subject_type: subject.type,
      subject_id: subject.id,
      message,
      evidence,
      dedupe_key: dedupeKey,
      created_at: new Date(nowMs),
      entry_id: entryId,
    };
    const inserted = await tx.query(insertAlert(row));
    if (inserted.rows.length === 0) return { result: false };
    const alert = {
      alert_id: alertId,
      dedupe_key: dedupeKey,
      evidence,
      kind,
      message,
      severity,
      subject: { id: subject.id, type: subject.type },
    };
    const entry = {
      type: 'alert.raised',
      subjectId: alertId,
      actor: { kind: 'system', name: raisedBy },
      body: { alert },
    } as const;
    const sealed = recorder.seal(entryIds, [entry], nowMs);
    recordBatch(tx, sealed);
    return { result: true, commit: { ...sealed, transactionId } };
  });
  if (isNew) return { alertId, isNew };
  const other = await earlierAlert(pool, dedupeKey);
  if (other === null) throw new Error('an alert that was raised already cannot be found');
  return other;
}

async function earlierAlert(pool: Pool, dedupeKey: string): Promise<RaisedAlert | null> {
  const [row] = await queryRows<AlertRow>(pool, findAlert({ dedupeKey }));
  return row === undefined ? null : { alertId: row.alert_id, isNew: false };
}
