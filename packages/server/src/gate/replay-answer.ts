// gate/replay-answer.ts: the answer that an idempotency key had before, rebuilt from what was recorded then.
import type { Pool } from 'pg';

import { queryRows } from '../db/query-rows.ts';
import { type ReadOpeningRow, readOpening } from '../ledger/read-opening.ts';
import { type ReadStepEntryRow, readStepEntry } from '../ledger/read-step-entry.ts';
import type { LogReader } from '../record/log-reader.ts';
import type { GateAnswer, GateCommand, PrivateText, RecordedEntry } from './command.ts';

export interface Replay {
  readonly kind: GateCommand['kind'];
  /** Of an opening what it opened, of a step the first log entry it wrote. */
  readonly resourceId: string;
}

export async function replayOf(
  { kind, resourceId }: Replay,
  pool: Pool,
  log: Pick<LogReader, 'promiseOf'>,
): Promise<GateAnswer> {
  const isOpening = kind === 'request' || kind === 'check';
  const [row] = isOpening
    ? await queryRows<ReadOpeningRow>(pool, readOpening(kind, resourceId))
    : await queryRows<ReadStepEntryRow>(pool, readStepEntry(BigInt(resourceId)));
  if (row === undefined) throw new Error('an idempotency key names what exists');
  const promise = await log.promiseOf(row.entry_id);
  if (promise === undefined) throw new Error('every entry has its promise');
  const body = JSON.parse(row.body.toString('utf8')) as RecordedBody; // the gate's own entry
  return {
    ok: true,
    entry: { entryId: row.entry_id, type: body.type, subjectId: body.subject_id, body, promise },
    replayed: true,
    purchase: null,
    privateText: row.private_text as (PrivateText & { salt: string }) | null, // written by the gate only
    createdId: isOpening ? resourceId : createdBy(kind, body),
    findings: null,
  };
}

type RecordedBody = RecordedEntry['body'] & {
  readonly type: string;
  readonly subject_id: string;
  readonly detail?: { readonly authorization_id?: string; readonly receipt_id?: string };
};

function createdBy(kind: GateCommand['kind'], { detail }: RecordedBody): string | null {
  if (kind === 'authorize' || kind === 'force_post') return detail?.authorization_id ?? null;
  return kind === 'receipt' ? (detail?.receipt_id ?? null) : null;
}
