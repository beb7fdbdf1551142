// record/record-batch.ts: stores a sealed batch: its entries, what the sequencer must append, and the promise.
import type { Transaction } from '../db/writer.ts';
import { insertPromise } from '../ledger/insert-promise.ts';
import { recordEntries } from '../ledger/record-entries.ts';
import type { SealedBatch } from './recorder.ts';

/** Sends without waiting: COMMIT may follow at once. */
export function recordBatch(tx: Transaction, sealed: SealedBatch): void {
  tx.send(recordEntries(sealed.entries));
  tx.flush(); // the promise is signed when it is asked for: the database stores the entries meanwhile
  tx.send(insertPromise(sealed));
}
