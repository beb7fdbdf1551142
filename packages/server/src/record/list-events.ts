// record/list-events.ts: events of a stretch of the log as a list, for those who do not hold a stream open.
// Reads only.
import type { Pool } from 'pg';

import { queryRows } from '../db/query-rows.ts';
import { type AgentSubjectRow, findSubjectsOfAgent } from '../ledger/find-subjects-of-agent.ts';
import { type LogLeafRow, readLogLeaves } from '../ledger/read-log-leaves.ts';
import { type LogSizeRow, readLogSize } from '../ledger/read-log-size.ts';
import { type LogEvent, shapeEvents } from './event-data.ts';
import { eventTypeCode } from './event-type-code.ts';

export interface EventListQuery {
  /** Only events with a greater leaf index; -1: from the beginning. */
  readonly after: number;
  readonly limit: number;
  /** Exact types; null: all. */
  readonly types: readonly string[] | null;
  /** Only events about this agent's requests and checks; null: all. */
  readonly agentId: string | null;
}

export interface EventList {
  readonly events: readonly LogEvent[];
  /** The last leaf that was looked at, to go on after; `after` itself where there was none. */
  readonly scannedTo: number;
}

export async function listEvents(
  pool: Pool,
  { after, limit, types, agentId }: EventListQuery,
): Promise<EventList> {
  const [sizeRow] = await queryRows<LogSizeRow>(pool, readLogSize());
  const size = Number(sizeRow?.size ?? 0n);
  const range = { from: after + 1, to: size, limit, typeCodes: types?.map(eventTypeCode) ?? null };
  const leaves = await queryRows<LogLeafRow>(pool, readLogLeaves(range));
  const last = leaves.length < limit ? undefined : leaves.at(-1);
  const shaped = await shapeEvents(pool, agentId === null ? leaves : await leavesOf(pool, agentId, leaves));
  return {
    events: types === null ? shaped : shaped.filter((event) => types.includes(event.type)),
    scannedTo: last === undefined ? Math.max(after, size - 1) : Number(last.leaf_index),
  };
}

async function leavesOf(pool: Pool, agentId: string, leaves: readonly LogLeafRow[]): Promise<LogLeafRow[]> {
  const subjectIds = [...new Set(leaves.map((leaf) => leaf.subject_id))];
  const rows = await queryRows<AgentSubjectRow>(pool, findSubjectsOfAgent(agentId, subjectIds));
  const own = new Set(rows.map((row) => row.subject_id));
  return leaves.filter((leaf) => own.has(leaf.subject_id));
}
