// record/take-entries.ts: the ids of the entries a transaction will write, once it holds its locks.
import type { Transaction } from '../db/writer.ts';
import { type TakeEntryIdsRow, takeEntryIds } from '../ledger/take-entry-ids.ts';

export interface TakenEntries {
  /** Ascending. */
  readonly entryIds: readonly bigint[];
  readonly transactionId: string;
  /** Of the configuration that holds while the transaction has its lock on it. */
  readonly configurationVersion: bigint;
}

/** `count` is at least 1. */
export async function takeEntries(tx: Transaction, count: number): Promise<TakenEntries> {
  const { rows } = await tx.query<TakeEntryIdsRow>(takeEntryIds(count));
  const [first] = rows;
  if (first === undefined) throw new Error('at least one entry id is taken');
  return {
    entryIds: rows.map((row) => row.entry_id),
    transactionId: first.transaction_id,
    configurationVersion: first.configuration_version,
  };
}
