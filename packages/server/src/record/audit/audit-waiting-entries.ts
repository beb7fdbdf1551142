// record/audit/audit-waiting-entries.ts: entries that are not in the tree yet, and every promise of inclusion: its
// signature, its batch, and its place in its gateway's chain. A promised entry that is gone shows here.
import {
  HASH_BYTES,
  type InclusionPromise,
  type VerifierKey,
  inclusionProof,
  leafHash,
  promiseHash,
  rootOfHashes,
  verifyPromise,
} from '@countersign/audit';

import { auditPendingRows } from '../../ledger/audit-pending-rows.ts';
import { auditPromiseRows } from '../../ledger/audit-promise-rows.ts';
import { auditUnpromisedEntries } from '../../ledger/audit-unpromised-entries.ts';
import { auditUnsequencedEntries } from '../../ledger/audit-unsequenced-entries.ts';
import { eventTypeCode } from '../event-type-code.ts';
import { type AuditedEntry, type RowAudit, entryOf, fieldOf } from './row-audit.ts';

interface PendingRow {
  first_entry_id: bigint;
  entry_ids: bigint[];
  type_codes: Buffer;
  leaf_hashes: Buffer;
}

interface WaitingRow {
  entry_id: bigint;
  type_code: number;
  subject_id: string;
  body: Buffer;
}

/** Entries without a leaf must wait in a pending row; hands out those that do and whose bytes are what it says. */
export async function auditWaitingEntries(
  audit: RowAudit,
  onEntries: (entries: readonly AuditedEntry[]) => Promise<void>,
): Promise<void> {
  const pending = await audit.rows<PendingRow>(auditPendingRows());
  const waiting = new Map<bigint, { hash: Buffer; typeCode: number }>();
  for (const row of pending) {
    const key = { first_entry_id: row.first_entry_id };
    audit.compare('log_pending', key, {
      first_entry_id: [row.entry_ids[0], row.first_entry_id],
      leaf_hashes: [row.entry_ids.length * HASH_BYTES, row.leaf_hashes.length],
      type_codes: [row.entry_ids.length * 4, row.type_codes.length],
    });
    if (row.type_codes.length !== row.entry_ids.length * 4) continue;
    row.entry_ids.forEach((entryId, place) => {
      const hash = row.leaf_hashes.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES);
      waiting.set(entryId, { hash, typeCode: row.type_codes.readInt32BE(place * 4) });
    });
  }
  for await (const rows of audit.pages<WaitingRow>('log_entry', auditUnsequencedEntries())) {
    await onEntries(rows.flatMap((row) => waitingEntryOf(audit, row, waiting) ?? []));
  }
  for (const entryId of waiting.keys()) audit.missing('log_entry', { entry_id: entryId });
}

function waitingEntryOf(
  audit: RowAudit,
  row: WaitingRow,
  waiting: Map<bigint, { hash: Buffer; typeCode: number }>,
): AuditedEntry | null {
  const key = { entry_id: row.entry_id };
  const promised = waiting.get(row.entry_id);
  waiting.delete(row.entry_id);
  if (promised === undefined) {
    audit.extra('log_entry', key, 'neither in the tree nor waiting for it');
    return null;
  }
  const hash = leafHash(row.body);
  if (!hash.equals(promised.hash)) {
    audit.altered.add(row.entry_id);
    audit.compare('log_entry', key, {
      body: [`leaf hash ${promised.hash.toString('hex')}`, `leaf hash ${hash.toString('hex')}`],
    });
    return null;
  }
  const entry = entryOf(row);
  if (entry === null) return null;
  audit.compare('log_pending', key, { type_codes: [eventTypeCode(entry.type), promised.typeCode] });
  audit.compare('log_entry', key, {
    subject_id: [fieldOf(entry.body, 'subject_id'), row.subject_id],
    type_code: [eventTypeCode(entry.type), row.type_code],
  });
  return entry;
}

interface PromiseRow {
  first_entry_id: bigint;
  gateway_id: string;
  sequence: bigint;
  entry_ids: bigint[];
  promise: unknown;
  leaf_hashes: Buffer | null;
  bodies: number;
}

/** Every promise, in the order of each gateway's chain; and every entry has one. */
export async function auditPromises(audit: RowAudit, verifierKey: VerifierKey): Promise<void> {
  let before: { gateway: string; sequence: number; hash: string } | null = null;
  for await (const rows of audit.pages<PromiseRow>('log_promise', auditPromiseRows(), 200)) {
    for (const row of rows) {
      const promise = await promiseOfFirst(row);
      const key = { first_entry_id: row.first_entry_id };
      const isFirst: boolean = before?.gateway !== row.gateway_id;
      const sequence: number = isFirst || before === null ? 0 : before.sequence + 1;
      audit.compare('log_promise', key, {
        gateway_id: [promise?.gateway, row.gateway_id],
        first_entry_id: [row.entry_ids[0], row.first_entry_id],
      });
      if (Number(row.sequence) !== sequence) {
        audit.missing('log_promise', {
          gateway_id: row.gateway_id,
          sequence: `${sequence} to ${Number(row.sequence) - 1}`,
        });
      }
      const isComparable = !row.entry_ids.some((entryId) => audit.alteredLeaves.has(entryId));
      const verdict = isComparable ? verifyPromise(promise, { verifierKey }) : { valid: true as const };
      const follows = Number(row.sequence) !== sequence || isFirst || promise?.previous === before?.hash;
      audit.compare('log_promise', key, {
        promise: [
          'a signed promise of these entries that names the one before it',
          !verdict.valid
            ? verdict.reason
            : follows
              ? 'a signed promise of these entries that names the one before it'
              : 'it names another',
        ],
        sequence: [promise?.sequence, row.sequence],
      });
      before = {
        gateway: row.gateway_id,
        sequence: Number(row.sequence),
        hash: promise === null ? '' : promiseHash(promise),
      };
    }
  }
  for await (const rows of audit.pages<{ entry_id: bigint }>('log_promise', auditUnpromisedEntries())) {
    for (const row of rows) audit.missing('log_promise', row);
  }
}

/** The promise as the batch's first caller got it, over the leaves of now. */
async function promiseOfFirst(row: PromiseRow): Promise<InclusionPromise | null> {
  if (typeof row.promise !== 'object' || row.promise === null) return null;
  const bytes = row.leaf_hashes ?? Buffer.alloc(0);
  const hashes = row.entry_ids.map((_, place) =>
    bytes.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES),
  );
  if (hashes.length === 0 || bytes.length !== hashes.length * HASH_BYTES) return null;
  const path = await inclusionProof({ leafIndex: 0, treeSize: hashes.length }, (level, index) =>
    rootOfHashes(hashes.slice(index * 2 ** level, (index + 1) * 2 ** level)),
  );
  return {
    ...(row.promise as Omit<InclusionPromise, 'batch_index' | 'path' | 'leaf_hash'>), // judged by verifyPromise
    batch_index: 0,
    path: path.map((hash) => hash.toString('base64')),
    leaf_hash: hashes[0]?.toString('base64') ?? '',
  };
}
