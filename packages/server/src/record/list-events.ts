// record/list-events.ts: events of a stretch of the log as a list, for those who do not hold a stream open.
// Reads only.
import type { Pool } from 'pg';

import { queryRows } from '../db/query-rows.ts';
import { type AgentSubjectRow, findSubjectsOfAgent } from '../ledger/find-subjects-of-agent.ts';
import { type LogLeafRow, readLogLeaves } from '../ledger/read-log-leaves.ts';
import { type LogSizeRow, readLogSize } from '../ledger/read-log-size.ts';
import { type LogEvent, shapeEvents } from './event-data.ts';
import { isWanted, typeCodesOf } from './wanted-types.ts';

export interface EventListQuery {
  /** Only events with a greater leaf index; -1: from the beginning. */
  readonly after: number;
  readonly limit: number;
  /** Exact types, or groups such as `purchase.*`; null: all. */
  readonly types: readonly string[] | null;
  /** Only events about this agent's requests and checks; null: all. */
  readonly agentId: string | null;
}

export interface EventList {
  readonly events: readonly LogEvent[];
  /** The last leaf that was looked at, to go on after; `after` itself where there was none. */
  readonly scannedTo: number;
}

/** Leaves read at a time where what is wanted cannot be told from their type. */
const LEAVES_READ = 500;
/** Readings before a list is given back as it is, with the place to go on from. */
const ROUNDS_MAX = 10;

export async function listEvents(pool: Pool, query: EventListQuery): Promise<EventList> {
  const { after, limit, types, agentId } = query;
  const [sizeRow] = await queryRows<LogSizeRow>(pool, readLogSize());
  const size = Number(sizeRow?.size ?? 0n);
  const typeCodes = typeCodesOf(types);
  const isExact = agentId === null && (types === null || typeCodes !== null);
  const count = isExact ? limit : LEAVES_READ;
  const events: LogEvent[] = [];
  let scannedTo = after;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const range = { from: scannedTo + 1, to: size, limit: count, typeCodes };
    const leaves = await queryRows<LogLeafRow>(pool, readLogLeaves(range));
    for (const event of await wantedOf(pool, leaves, query)) {
      events.push(event);
      if (events.length === limit) return { events, scannedTo: event.id };
    }
    const last = leaves.length < count ? undefined : leaves.at(-1);
    if (last === undefined) return { events, scannedTo: Math.max(after, size - 1) };
    scannedTo = Number(last.leaf_index);
  }
  return { events, scannedTo };
}

async function wantedOf(
  pool: Pool,
  leaves: readonly LogLeafRow[],
  { types, agentId }: EventListQuery,
): Promise<LogEvent[]> {
  const events = await shapeEvents(pool, agentId === null ? leaves : await leavesOf(pool, agentId, leaves));
  return events.filter((event) => isWanted(types, event.type));
}

async function leavesOf(pool: Pool, agentId: string, leaves: readonly LogLeafRow[]): Promise<LogLeafRow[]> {
  const subjectIds = [...new Set(leaves.map((leaf) => leaf.subject_id))];
  const rows = await queryRows<AgentSubjectRow>(pool, findSubjectsOfAgent(agentId, subjectIds));
  const own = new Set(rows.map((row) => row.subject_id));
  return leaves.filter((leaf) => own.has(leaf.subject_id));
}
