// record/list-events.ts: events of a stretch of the log as a list, for those who do not hold a stream open.
// Reads only.
import type { Pool } from 'pg';

import { queryRows } from '../db/query-rows.ts';
import { type LogLeafRow, readLogLeaves } from '../ledger/read-log-leaves.ts';
import { type LogSizeRow, readLogSize } from '../ledger/read-log-size.ts';
import { type LogEvent, shapeEvents } from './event-data.ts';
import { eventTypeCode } from './event-type-code.ts';

export interface ListedEvents {
  readonly events: readonly LogEvent[];
  /** The last leaf that was looked at: go on after it. */
  readonly scannedTo: number;
}

/** At most `limit` events after a leaf index. */
export async function listEvents(
  pool: Pool,
  wanted: { readonly after: number; readonly limit: number; readonly types: readonly string[] | null },
): Promise<ListedEvents> {
  const { after, limit, types } = wanted;
  const [sizeRow] = await queryRows<LogSizeRow>(pool, readLogSize());
  const size = Number(sizeRow?.size ?? 0n);
  const typeCodes = types?.map(eventTypeCode) ?? null;
  const leaves = await queryRows<LogLeafRow>(pool, readLogLeaves({ from: after + 1, to: size, limit, typeCodes }));
  const shaped = await shapeEvents(pool, leaves);
  const last = leaves.length < limit ? undefined : leaves.at(-1);
  return {
    events: types === null ? shaped : shaped.filter((event) => types.includes(event.type)),
    scannedTo: last === undefined ? Math.max(after, size - 1) : Number(last.leaf_index),
  };
}
