// gate/replay-answer.ts: the answer that an idempotency key had before, rebuilt from what was recorded then.
import type { Pool } from 'pg';

import { type ReadOpeningRow, readOpening } from '../ledger/read-opening.ts';
import type { LogReader } from '../record/log-reader.ts';
import type { GateAnswer, PrivateText, RecordedEntry } from './command.ts';

export interface Replay {
  readonly kind: 'request' | 'check';
  readonly resourceId: string;
}

export async function replayOf(
  replay: Replay,
  pool: Pool,
  log: Pick<LogReader, 'promiseOf'>,
): Promise<GateAnswer> {
  const { rows } = await pool.query<ReadOpeningRow>(readOpening(replay.kind, replay.resourceId));
  const [row] = rows;
  if (row === undefined) throw new Error('an idempotency key names a resource that exists');
  const promise = await log.promiseOf(row.entry_id);
  if (promise === undefined) throw new Error('every entry has its promise');
  const body = JSON.parse(row.body.toString('utf8')) as RecordedEntry['body'] & { type: string }; // the gate's own entry
  return {
    ok: true,
    entry: { entryId: row.entry_id, type: body.type, subjectId: replay.resourceId, body, promise },
    replayed: true,
    purchase: null,
    privateText: row.private_text as (PrivateText & { salt: string }) | null, // written by the gate only
    createdId: replay.resourceId,
    findings: null,
  };
}
