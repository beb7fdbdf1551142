// ledger/read-velocity-edges.ts: how many of a subject's requests lay just below and above some amounts, since a day.
import { binaryArray } from '../db/binary-array.ts';
import type { Statement } from '../db/statement.ts';

export interface VelocityEdgeSumRow {
  edge_minor: bigint;
  wide_below: number;
  wide_above: number;
  near_below: number;
  near_above: number;
}

export function readVelocityEdges(wanted: {
  readonly subjectType: string;
  readonly subjectId: string;
  readonly currency: string;
  readonly edges: readonly bigint[];
  /** `2026-11-18`; the last is inclusive. */
  readonly since: string;
  readonly until: string;
}): Statement {
  return {
    name: 'read_velocity_edges',
    text: `SELECT edge_minor, sum(wide_below)::int4 AS wide_below, sum(wide_above)::int4 AS wide_above,
             sum(near_below)::int4 AS near_below, sum(near_above)::int4 AS near_above
           FROM velocity_edge_day
           WHERE subject_type = $1 AND subject_id = $2 AND currency = $3 AND edge_minor = ANY ($4::int8[])
             AND day >= $5::date AND day <= $6::date
           GROUP BY edge_minor`,
    values: [
      wanted.subjectType,
      wanted.subjectId,
      wanted.currency,
      binaryArray.int8(wanted.edges),
      wanted.since,
      wanted.until,
    ],
  };
}
