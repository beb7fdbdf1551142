// admin/change-configuration.ts: the one way configuration changes: under the exclusive configuration lock, with its
// log entries, and with the configuration's version raised, so that every decision that starts after the
// acknowledgement sees it. Must not be used by the gate's own commands.
import { bumpConfigurationVersion } from '../ledger/bump-configuration-version.ts';
import { lockConfigurationExclusive } from '../ledger/lock-configuration.ts';
import type { Transaction, Writer } from '../db/writer.ts';
import { recordBatch } from '../record/record-batch.ts';
import { takeEntries } from '../record/take-entries.ts';
import type { EntryDraft, Recorder, SealedEntry } from '../record/recorder.ts';

/** What a change wrote, to be recorded: the drafts become log entries in order. */
export interface ConfigurationChange<T> {
  readonly result: T;
  readonly entries: readonly EntryDraft[];
}

export interface ChangeContext {
  readonly writer: Writer;
  readonly recorder: Recorder;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Runs `change` alone: no decision is under way anywhere while it holds the lock.
 * `change` gets the entry id each of its entries will have, to store it on the rows it writes.
 */
export async function changeConfiguration<T>(
  context: ChangeContext,
  entryCountMax: number,
  change: (tx: Transaction, entryIds: readonly bigint[], nowMs: number) => Promise<ConfigurationChange<T>>,
): Promise<{ result: T; entries: readonly SealedEntry[] }> {
  const { writer, recorder, now } = context;
  return writer.transaction(async (tx) => {
    tx.send(lockConfigurationExclusive());
    const { entryIds, transactionId } = await takeEntries(tx, entryCountMax);
    const nowMs = now();
    const { result, entries } = await change(tx, entryIds, nowMs);
    if (entries.length === 0) return { result: { result, entries: [] } };
    const sealed = recorder.seal(entryIds, entries, nowMs);
    recordBatch(tx, sealed);
    tx.send(bumpConfigurationVersion());
    return { result: { result, entries: sealed.entries }, commit: { ...sealed, transactionId } };
  });
}
