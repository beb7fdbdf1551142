// log-verify.test.ts: an exported copy verified from outside, whole and with one byte changed in each of its files.
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import {
  CompactRange,
  canonicalJson,
  encodeEntryBundle,
  entriesPath,
  leafHash,
  signCheckpoint,
  signingKeyFromSeed,
  tilePath,
  tilesOf,
} from '@countersign/audit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { logExport } from './log-export.ts';
import { type LogVerifyOptions, logVerify } from './log-verify.ts';

const SIZE = 300;
const key = signingKeyFromSeed('log.example', Buffer.alloc(32, 7));
const folder = mkdtempSync(join(tmpdir(), 'countersign-log-'));
const served = join(folder, 'served');
const TOKEN = 'ck_op_reader';
const asked: string[] = [];
let url: string;

/** Serves the folder as a gateway does: entries only to those with a key. */
const server = createServer((request, response) => {
  const path = request.url ?? '';
  asked.push(path);
  if (path === '/v1/log/key') {
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ verifier_key: key.verifierKey.text }));
    return;
  }
  if (path.includes('/entries/') && request.headers.authorization !== `Bearer ${TOKEN}`) {
    response.writeHead(401).end();
    return;
  }
  try {
    response.end(readFileSync(join(served, path.replace(/^\/log\//, ''))));
  } catch {
    response.writeHead(404).end();
  }
});

beforeAll(async () => {
  const entries = Array.from({ length: SIZE }, (_, index) =>
    Buffer.from(canonicalJson({ entry_id: index + 1, amount: '1840.00' })),
  );
  const hashes = new Map<string, Buffer>();
  const range = new CompactRange();
  for (const entry of entries) {
    range.append(leafHash(entry), (level, index, hash) => hashes.set(`${level}/${index}`, hash));
  }
  const put = (path: string, bytes: Uint8Array | string): void => {
    mkdirSync(dirname(join(served, path)), { recursive: true });
    writeFileSync(join(served, path), bytes);
  };
  for (const tile of tilesOf(SIZE)) {
    const from = tile.index * 256;
    const nodes = Array.from(
      { length: tile.width },
      (_, place) => hashes.get(`${tile.level * 8}/${from + place}`) ?? Buffer.alloc(0),
    );
    put(tilePath(tile), Buffer.concat(nodes));
    if (tile.level === 0) put(entriesPath(tile), encodeEntryBundle(entries.slice(from, from + tile.width)));
  }
  put('checkpoint', signCheckpoint({ size: SIZE, root: range.root() }, key));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function verify(options: LogVerifyOptions) {
  const results: string[] = [];
  const notes: string[] = [];
  const code = await logVerify(
    { json: true, ...options },
    { result: (text) => results.push(text), note: (text) => notes.push(text) },
  );
  return {
    code,
    notes: notes.join('\n'),
    report: JSON.parse(results.join('')) as {
      valid: boolean;
      entries_checked: number;
      differences: { kind: string; message: string }[];
    },
  };
}

describe('log verify', () => {
  it('verifies a served log, and says when its key was not pinned', async () => {
    const trusting = await verify({ url, token: TOKEN });
    expect(trusting).toMatchObject({
      code: 0,
      report: { valid: true, entries_checked: SIZE, differences: [] },
    });
    expect(trusting.notes).toContain('not pinned');
    expect((await verify({ url, token: TOKEN, key: key.verifierKey.text })).notes).toBe('');
  });

  it('needs a key for entries, or only the hashes', async () => {
    await expect(verify({ url })).rejects.toThrow(/--token/);
    expect(await verify({ url, hashesOnly: true })).toMatchObject({
      code: 0,
      report: { entries_checked: 0 },
    });
  });

  it('is not taken in by another key', async () => {
    const other = signingKeyFromSeed('log.example', Buffer.alloc(32, 8)).verifierKey.text;
    const { code, report } = await verify({ url, token: TOKEN, key: other });
    expect([code, report.differences[0]?.kind]).toEqual([1, 'checkpoint_invalid']);
  });

  it('holds a log to an earlier checkpoint, and refuses one that is not of this log', async () => {
    const kept = join(folder, 'kept');
    writeFileSync(kept, signCheckpoint({ size: SIZE + 1, root: Buffer.alloc(32) }, key));
    const { code, report } = await verify({ url, token: TOKEN, checkpoint: [kept] });
    expect([code, report.differences[0]?.kind]).toEqual([1, 'log_shrunk']);
    writeFileSync(kept, 'nonsense');
    await expect(verify({ url, token: TOKEN, checkpoint: [kept] })).rejects.toThrow(
      /not a checkpoint of this log/,
    );
  });

  it('verifies an exported copy offline, which a second export continues', async () => {
    const dir = join(folder, 'copy');
    const silent = { result: () => undefined, note: () => undefined };
    await logExport({ url, dir, token: TOKEN }, silent);
    expect(await verify({ dir })).toMatchObject({ code: 0, report: { valid: true, entries_checked: SIZE } });
    asked.length = 0;
    await logExport({ url, dir, token: TOKEN }, silent);
    expect(asked).not.toContain('/log/tile/entries/000');
    expect(asked).toContain('/log/tile/entries/001.p/44');
  });

  it('finds one changed byte in any file of a copy', async () => {
    const dir = join(folder, 'changed');
    cpSync(join(folder, 'copy'), dir, { recursive: true });
    const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name !== 'key' && statSync(join(dir, name)).isFile(),
    );
    expect(files).toHaveLength(6);
    for (const file of files) {
      const bytes = readFileSync(join(dir, file));
      const changed = Buffer.from(bytes);
      const at = Math.floor(bytes.length / 2);
      changed[at] = (changed[at] ?? 0) ^ 1;
      writeFileSync(join(dir, file), changed);
      expect((await verify({ dir })).code, file).toBe(1);
      writeFileSync(join(dir, file), bytes);
    }
    expect((await verify({ dir })).code).toBe(0);
  });

  it('names the leaf that was changed', async () => {
    const dir = join(folder, 'copy');
    const bundle = join(dir, 'tile/entries/001.p/44');
    const bytes = readFileSync(bundle);
    const at = bytes.indexOf('1840', Math.floor(bytes.length / 2));
    bytes[at] = '9'.charCodeAt(0);
    writeFileSync(bundle, bytes);
    const { report } = await verify({ dir });
    expect(report.differences).toHaveLength(1);
    expect(report.differences[0]?.message).toMatch(
      /^leaf 27\d: the entry in tile\/entries\/001\.p\/44 .* the entry was altered$/,
    );
  });
});
