// db/query-rows.ts: runs one statement on a pool or a connection and gives its rows.
import type { ClientBase, Pool, QueryResultRow } from 'pg';

import type { Statement } from './statement.ts';

export async function queryRows<R extends QueryResultRow>(
  on: Pool | ClientBase,
  { name, text, values }: Statement,
): Promise<R[]> {
  const { rows } = await on.query<R>({ name, text, values: [...values] });
  return rows;
}
