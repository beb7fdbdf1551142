// A log to test with: a recorder with a key of its own, and a way to commit entries as the gate does.

import { generateSigningKeyPem, signingKeyFromPem, type SigningKey } from '@countersign/audit';
import type { Database } from '../../packages/server/src/db/connect.ts';
import { queryRows } from '../../packages/server/src/db/query-rows.ts';
import { insertPromise } from '../../packages/server/src/ledger/insert-promise.ts';
import { recordEntries } from '../../packages/server/src/ledger/record-entries.ts';
import { takeEntryIds } from '../../packages/server/src/ledger/take-entry-ids.ts';
import { Recorder, type EntryDraft, type SealedEntry } from '../../packages/server/src/record/recorder.ts';

export const TEST_ORIGIN = 'countersign.local/test';

export function testLogKey(): SigningKey {
  return signingKeyFromPem(TEST_ORIGIN, generateSigningKeyPem());
}

let gateways = 0;

export function testRecorder(key: SigningKey): Recorder {
  gateways += 1;
  return new Recorder({ origin: TEST_ORIGIN, gatewayId: `gw_test_${gateways}`, key });
}

export function testDraft(type: string, subjectId: string, body: EntryDraft['body'] = {}): EntryDraft {
  return { type, subjectId, actor: { kind: 'system', name: 'test' }, body };
}

/** Commits the drafts in one transaction; `beforeCommit` runs when everything is written. */
export async function commitEntries(
  database: Database,
  recorder: Recorder,
  drafts: readonly EntryDraft[],
  beforeCommit: () => Promise<void> = () => Promise.resolve(),
): Promise<readonly SealedEntry[]> {
  const sealed = await database.transaction(async (client) => {
    const ids = await queryRows<{ entry_id: bigint }>(client, takeEntryIds(drafts.length));
    const batch = recorder.seal(
      ids.map((row) => row.entry_id),
      drafts,
      Date.now(),
    );
    await queryRows(client, recordEntries(batch.entries));
    await queryRows(client, insertPromise(batch));
    await beforeCommit();
    return batch;
  });
  sealed.committed();
  return sealed.entries;
}
