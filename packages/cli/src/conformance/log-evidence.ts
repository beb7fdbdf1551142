// conformance/log-evidence.ts: what the log has of a run: its entries with proofs against one checkpoint, and the proof that
// the log has only grown since the beginning. Collects; judges nothing.
import { openCheckpoint, parseVerifierKey } from '@countersign/audit';

import type { Exchange, Json } from './evidence.ts';
import type { RecordingClient } from './recording-client.ts';

export interface LoggedEntry {
  readonly leaf_index: number;
  readonly entry_id: number;
  readonly subject_id: string;
  readonly entry: Readonly<Record<string, Json>>;
  /** Base64 hashes: the way from the leaf to the root of `checkpoint`. */
  readonly path: readonly string[];
}

export interface LogEvidence {
  /** In signed-note form. */
  readonly verifierKey: string;
  /** Signed notes, as they were served. */
  readonly checkpointBefore: string;
  readonly checkpoint: string;
  /** Base64 hashes; from the first checkpoint's tree to the second's. */
  readonly consistency: readonly string[];
  readonly entries: readonly LoggedEntry[];
}

export interface LogBeginning {
  readonly verifierKey: string;
  readonly checkpoint: string;
  readonly size: number;
}

const WAIT_MS_MAX = 30_000;
const PROOFS_AT_ONCE = 8;
const PAGE = 500;

export async function readLogBeginning(client: RecordingClient): Promise<LogBeginning> {
  const { verifier_key: verifierKey } = (await client.json('/v1/log/key')) as { verifier_key: string }; // the contract's
  // A new gateway signs its first tree within a second; an empty one proves nothing of what comes after it.
  for (const startedMs = Date.now(); ;) {
    const checkpoint = await client.text('/log/checkpoint');
    const size = sizeOf(checkpoint, verifierKey);
    if (size > 0 || Date.now() - startedMs > WAIT_MS_MAX) return { verifierKey, checkpoint, size };
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function sizeOf(checkpoint: string, verifierKey: string): number {
  return openCheckpoint(Buffer.from(checkpoint), { verifierKey: parseVerifierKey(verifierKey) }).size;
}

/** Requests that the run's exchanges opened. */
function attemptedIds(exchanges: readonly Exchange[]): Set<string> {
  return new Set(
    exchanges.filter(isAttempt).map(({ received }) => (received as { request_id: string }).request_id),
  );
}

export function isAttempt({ method, path, status, received }: Exchange): boolean {
  return (
    method === 'POST' &&
    path === '/v1/procurement/requests' &&
    status === 201 &&
    typeof received === 'object' &&
    received !== null &&
    'request_id' in received
  );
}

/** Waits until the log has every attempt, for half a minute at most: what is missing then is missing. */
export async function collectLogEvidence(
  client: RecordingClient,
  {
    beginning,
    exchanges,
    prefix,
  }: { readonly beginning: LogBeginning; readonly exchanges: readonly Exchange[]; readonly prefix: string },
): Promise<LogEvidence> {
  const wanted = attemptedIds(exchanges);
  const missing = new Set(wanted);
  const found: Omit<LoggedEntry, 'path'>[] = [];
  const startedMs = Date.now();
  const state = { start: beginning.size };
  for (;;) {
    for (const entry of await entriesFrom(client, state)) {
      missing.delete(entry.subject_id);
      if (wanted.has(entry.subject_id) || JSON.stringify(entry.entry).includes(`${prefix}_`))
        found.push(entry);
    }
    if (missing.size === 0 || Date.now() - startedMs > WAIT_MS_MAX) break;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  const checkpoint = await client.text('/log/checkpoint');
  const size = sizeOf(checkpoint, beginning.verifierKey);
  const query = `from=${beginning.size}&to=${size}`;
  const consistency =
    beginning.size === size || beginning.size === 0
      ? []
      : ((await client.json(`/v1/log/proofs/consistency?${query}`)) as { path: string[] }).path; // the contract's
  return {
    verifierKey: beginning.verifierKey,
    checkpointBefore: beginning.checkpoint,
    checkpoint,
    consistency,
    entries: await withProofs(
      client,
      found.filter(({ leaf_index: index }) => index < size),
      size,
    ),
  };
}

async function entriesFrom(
  client: RecordingClient,
  state: { start: number },
): Promise<Omit<LoggedEntry, 'path'>[]> {
  const all: Omit<LoggedEntry, 'path'>[] = [];
  for (;;) {
    const page = (await client.json(`/v1/log/entries?start=${state.start}&limit=${PAGE}`)) as unknown as {
      data: Omit<LoggedEntry, 'path'>[];
      next_start: number | null;
    }; // the contract's
    for (const { leaf_index, entry_id, subject_id, entry } of page.data)
      all.push({ leaf_index, entry_id, subject_id, entry });
    state.start += page.data.length;
    if (page.next_start === null) return all;
  }
}

async function withProofs(
  client: RecordingClient,
  entries: readonly Omit<LoggedEntry, 'path'>[],
  size: number,
): Promise<LoggedEntry[]> {
  const proved: LoggedEntry[] = [];
  for (let start = 0; start < entries.length; start += PROOFS_AT_ONCE) {
    const some = entries.slice(start, start + PROOFS_AT_ONCE).map(async (entry) => {
      const query = `leaf_index=${entry.leaf_index}&size=${size}`;
      const { path } = (await client.json(`/v1/log/proofs/inclusion?${query}`)) as { path: string[] }; // the contract's
      return { ...entry, path };
    });
    proved.push(...(await Promise.all(some)));
  }
  return proved;
}
