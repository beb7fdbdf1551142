// ledger/add-velocity-edges.ts: adds requests to those just below and just above an amount.
import { rowStatement } from '../db/row-statement.ts';
import type { Statement } from '../db/statement.ts';

export interface VelocityEdgeRow {
  readonly subjectType: string;
  readonly subjectId: string;
  readonly currency: string;
  readonly edgeMinor: bigint;
  /** `2026-11-18`. */
  readonly day: string;
  readonly wideBelow: number;
  readonly wideAbove: number;
  readonly nearBelow: number;
  readonly nearAbove: number;
}

const statement = rowStatement<VelocityEdgeRow>({
  name: 'add_velocity_edges',
  columns: [
    ['subject_type', 'text', (row) => row.subjectType],
    ['subject_id', 'text', (row) => row.subjectId],
    ['currency', 'text', (row) => row.currency],
    ['edge_minor', 'int8', (row) => row.edgeMinor],
    ['day', 'text', (row) => row.day],
    ['wide_below', 'int4', (row) => row.wideBelow],
    ['wide_above', 'int4', (row) => row.wideAbove],
    ['near_below', 'int4', (row) => row.nearBelow],
    ['near_above', 'int4', (row) => row.nearAbove],
  ],
  text: (
    rows,
  ) => `INSERT INTO velocity_edge_day AS old (subject_type, subject_id, currency, edge_minor, day, wide_below,
             wide_above, near_below, near_above)
           SELECT subject_type, subject_id, currency, edge_minor, day::date, wide_below, wide_above, near_below, near_above
           FROM ${rows}
           ON CONFLICT (subject_type, subject_id, currency, edge_minor, day) DO UPDATE SET
             wide_below = old.wide_below + excluded.wide_below,
             wide_above = old.wide_above + excluded.wide_above,
             near_below = old.near_below + excluded.near_below,
             near_above = old.near_above + excluded.near_above`,
});

/** Each subject, amount and day once; at least one. */
export function addVelocityEdges(rows: readonly VelocityEdgeRow[]): Statement {
  return statement(rows);
}
