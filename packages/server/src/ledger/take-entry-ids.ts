// ledger/take-entry-ids.ts: log entry ids, taken after locks and facts, so that their order is the order of changes.
import type { Statement } from '../db/statement.ts';
import type { Transaction } from '../db/writer.ts';

export function takeEntryIdsStatement(count: number): Statement {
  return {
    name: 'take_entry_ids',
    text: `SELECT nextval('log_entry_id') AS entry_id FROM generate_series(1, $1::int)`,
    values: [count],
  };
}

export async function takeEntryIds(tx: Transaction, count: number): Promise<bigint[]> {
  const { rows } = await tx.query<{ entry_id: bigint }>(takeEntryIdsStatement(count));
  return rows.map((row) => row.entry_id);
}
