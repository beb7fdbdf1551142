// ledger/find-programme.ts: whether some project is part of a programme.
import type { Statement } from '../db/statement.ts';

export function findProgramme(programmeId: string): Statement {
  return {
    name: 'find_programme',
    text: `SELECT programme_id FROM project WHERE programme_id = $1 LIMIT 1`,
    values: [programmeId],
  };
}
