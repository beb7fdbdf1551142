import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signCheckpoint } from './checkpoint.ts';
import { MalformedError } from './malformed.ts';
import { inclusionProof } from './merkle-proof.ts';
import { leafHash, rootOfHashes } from './merkle-tree.ts';
import { signingKeyFromSeed } from './note-key.ts';
import { flipBit, sampleEntries, sampleKey, sampleLog } from './sample-log.ts';
import { nodeReaderOverTiles, tilePath } from './tiles.ts';
import { formatTlogProof, parseTlogProof, verifyTlogProof } from './tlog-proof.ts';

const size = 300;
const entries = sampleEntries(size);
const files = sampleLog(entries);
const checkpoint = files.get('checkpoint')!.toString();
const { verifierKey } = sampleKey;

async function proofOf(index: number, extra?: Buffer): Promise<string> {
  const readNode = nodeReaderOverTiles(size, (tile) => files.get(tilePath(tile))!);
  const path = await inclusionProof({ leafIndex: index, treeSize: size }, readNode);
  return formatTlogProof({ index, path, checkpoint, ...(extra === undefined ? {} : { extra }) });
}

describe('tlog proofs', () => {
  it('have the lines the specification gives', async () => {
    const lines = (await proofOf(7, Buffer.from('{}'))).split('\n');
    expect(lines.slice(0, 3)).toEqual(['c2sp.org/tlog-proof@v1', 'extra e30=', 'index 7']);
    expect(lines[3]).toBe(leafHash(entries[6]!).toString('base64'));
    expect(lines.slice(lines.indexOf('') + 1).join('\n')).toBe(checkpoint);
    expect((await proofOf(7)).split('\n')[1]).toBe('index 7');
  });

  it('verify offline for every entry, and for no other one', async () => {
    for (let index = 0; index < size; index += 13) {
      const proof = await proofOf(index);
      const verdict = verifyTlogProof({ proof, entry: entries[index]!, verifierKey });
      expect(verdict).toMatchObject({ valid: true, index, checkpoint: { size } });
      expect(verifyTlogProof({ proof, entry: entries[(index + 1) % size]!, verifierKey }).valid).toBe(false);
    }
  });

  it('do not verify under another key or origin', async () => {
    const proof = await proofOf(1);
    const other = signingKeyFromSeed(verifierKey.name, Buffer.alloc(32, 1)).verifierKey;
    expect(verifyTlogProof({ proof, entry: entries[1]!, verifierKey: other }).valid).toBe(false);
    expect(verifyTlogProof({ proof, entry: entries[1]!, verifierKey, origin: 'other' }).valid).toBe(false);
  });

  it('do not verify after any single bit is changed', async () => {
    const proof = Buffer.from(await proofOf(299));
    const entry = entries[299]!;
    fc.assert(
      fc.property(fc.nat({ max: proof.length * 8 - 1 }), (bit) => {
        expect(verifyTlogProof({ proof: flipBit(proof, bit), entry, verifierKey }).valid).toBe(false);
      }),
      { numRuns: 600 },
    );
  });

  it('of a log of one entry have no hashes', () => {
    const entry = entries[0]!;
    const only = signCheckpoint({ size: 1, root: rootOfHashes([leafHash(entry)]) }, sampleKey);
    const proof = formatTlogProof({ index: 0, path: [], checkpoint: only });
    expect(proof.startsWith('c2sp.org/tlog-proof@v1\nindex 0\n\nlog.example/')).toBe(true);
    expect(verifyTlogProof({ proof, entry, verifierKey }).valid).toBe(true);
  });

  it('keep their extra data', async () => {
    const extra = Buffer.from('anything\n\n');
    expect(parseTlogProof(await proofOf(3, extra)).extra).toEqual(extra);
    expect(parseTlogProof(await proofOf(3)).extra).toBeUndefined();
  });

  it.each([
    ['no header', (text: string) => text.slice(text.indexOf('\n') + 1)],
    ['another version', (text: string) => text.replace('@v1', '@v2')],
    ['no index', (text: string) => text.replace(/index .*\n/, '')],
    ['a leading zero', (text: string) => text.replace('index 5', 'index 05')],
    ['the extra line below the index', (text: string) => text.replace('index 5\n', 'index 5\nextra AA==\n')],
    ['a hash cut short', (text: string) => text.replace(/(index 5\n).{4}/, '$1')],
    [
      '64 hashes',
      (text: string) => text.replace('index 5\n', `index 5\n${`${'A'.repeat(43)}=\n`.repeat(64)}`),
    ],
    ['no checkpoint', (text: string) => text.slice(0, text.indexOf('\n\n') + 1)],
  ])('with %s are malformed', async (_, change) => {
    const proof = await proofOf(5);
    expect(() => parseTlogProof(change(proof))).toThrow(MalformedError);
    expect(verifyTlogProof({ proof: change(proof), entry: entries[5]!, verifierKey }).valid).toBe(false);
  });
});
