// demo/the-record.ts: the proof that the first purchase is in the log, and what happens when one byte of a copy changes.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  canonicalJson,
  describeDifference,
  entriesPath,
  leafHash,
  openCheckpoint,
  parseVerifierKey,
  tileWidthAt,
  verifyInclusion,
  verifyLog,
} from '@countersign/audit';

import { logExport } from '../commands/log-export.ts';
import { folderLog } from '../log/log-sources.ts';
import { cut } from '../terminal/style.ts';
import type { Stage } from './stage.ts';

interface LogEntry {
  readonly leaf_index: number;
  readonly subject_id: string;
  readonly entry: object;
}

export async function theRecord(stage: Stage, requestId: string): Promise<void> {
  const { api, tell, keys } = stage;
  tell.chapter(6, 'The record cannot be rewritten unnoticed');
  const { verifier_key: keyText } = (await api.get<{ verifier_key: string }>('/v1/log/key', keys.operator))
    .body;
  const verifierKey = parseVerifierKey(keyText);
  const leaf = await firstEntryOf(stage, requestId);
  await provedInclusion(stage, leaf, keyText);
  const directory = await mkdtemp(join(tmpdir(), 'countersign-demo-log-'));
  try {
    await logExport(
      { url: api.url, dir: directory, token: keys.operator, key: keyText },
      { result: () => undefined, note: () => undefined },
    );
    const read = folderLog(directory);
    const whole = await verifyLog({ read, verifierKey });
    tell.claim(whole.valid, `A copy of the log verifies: ${whole.entriesChecked} entries, one signed root.`);
    await changeOneByte(directory, whole.checkpoint?.size ?? 0);
    tell.acts('somebody', 'changes one byte of one entry in the copy');
    const changed = await verifyLog({ read, verifierKey });
    for (const difference of changed.differences) tell.say(`  ${describeDifference(difference)}`);
    tell.claim(!changed.valid && changed.differenceCount === 1, 'It is found, and its place is named.');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function firstEntryOf({ api, keys }: Stage, requestId: string): Promise<LogEntry> {
  for (let start = 0; ;) {
    const { body } = await api.get<{ data: LogEntry[]; next_start: number | null }>(
      `/v1/log/entries?start=${start}&limit=500`,
      keys.operator,
    );
    const found = body.data.find(({ subject_id: subjectId }) => subjectId === requestId);
    if (found !== undefined) return found;
    if (body.next_start === null) throw new Error(`the log has no entry of ${requestId}`);
    start = body.next_start;
  }
}

async function provedInclusion({ api, tell, keys }: Stage, leaf: LogEntry, keyText: string): Promise<void> {
  const response = await fetch(new URL('/log/checkpoint', api.url));
  const note = await response.text();
  tell.raw(
    note
      .trimEnd()
      .split('\n')
      .map((line) => `    ${cut(line, 74)}`)
      .join('\n'),
  );
  const { size, root } = openCheckpoint(Buffer.from(note), { verifierKey: parseVerifierKey(keyText) });
  const { body: proof } = await api.get<{ path: string[] }>(
    `/v1/log/proofs/inclusion?leaf_index=${leaf.leaf_index}&size=${size}`,
    keys.operator,
  );
  const verdict = verifyInclusion({
    leafIndex: leaf.leaf_index,
    treeSize: size,
    leafHash: leafHash(Buffer.from(canonicalJson(leaf.entry))),
    path: proof.path.map((hash) => Buffer.from(hash, 'base64')),
    root,
  });
  tell.claim(
    verdict.valid,
    `The first purchase's decision is leaf ${leaf.leaf_index} of ${size}: proved with ${proof.path.length} hashes against the signed root.`,
  );
}

async function changeOneByte(directory: string, size: number): Promise<void> {
  const bundle = { index: 0, width: tileWidthAt(size, { level: 0, index: 0 }) };
  const path = join(directory, entriesPath(bundle));
  const bytes = await readFile(path);
  const at = bytes.indexOf('1840', Math.floor(bytes.length / 8));
  const place = at === -1 ? Math.floor(bytes.length / 2) : at;
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  await writeFile(path, bytes);
}
