// gate/replay-answer.ts: the answer that an idempotency key had before, rebuilt from what was recorded then.
import type { Pool } from 'pg';

import type { LogReader } from '../record/log-reader.ts';
import type { GateAnswer, PrivateText, RecordedEntry } from './command.ts';

export interface Replay {
  readonly kind: 'request' | 'check';
  readonly resourceId: string;
}

export async function replayOf(replay: Replay, pool: Pool, log: Pick<LogReader, 'promiseOf'>): Promise<GateAnswer> {
  const { rows } = await pool.query<{ entry_id: bigint; body: Buffer; private_text: unknown }>(
    replay.kind === 'request'
      ? {
          name: 'replay_request',
          text: `SELECT entry.entry_id, entry.body, request.private_text FROM purchase_request AS request
                 JOIN log_entry AS entry ON entry.entry_id = request.decision_entry_id WHERE request.request_id = $1`,
          values: [replay.resourceId],
        }
      : {
          name: 'replay_check',
          text: `SELECT entry.entry_id, entry.body, NULL AS private_text FROM policy_check AS check_row
                 JOIN log_entry AS entry ON entry.entry_id = check_row.entry_id WHERE check_row.check_id = $1`,
          values: [replay.resourceId],
        },
  );
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
