// The vectors of transparency-dev/merkle (fixtures/vectors/merkle), every one of them.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { verifyConsistency, verifyInclusion } from './merkle-tree.ts';

const folder = fileURLToPath(new URL('../../../fixtures/vectors/merkle', import.meta.url));

type Vector = Record<string, unknown> & { desc: string; proof: string[] | null; wantErr: boolean };

function vectorsOf(kind: string): [string, Vector][] {
  return readdirSync(join(folder, kind), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .sort()
    .map((path) => [path, JSON.parse(readFileSync(join(folder, kind, path), 'utf8')) as Vector]);
}

function bytes(text: unknown): Buffer {
  return Buffer.from(String(text), 'base64');
}

describe('merkle vectors', () => {
  const inclusion = vectorsOf('inclusion');
  const consistency = vectorsOf('consistency');

  it('are all there, valid and invalid ones', () => {
    expect([inclusion.length, consistency.length]).toEqual([98, 98]);
    const valid = [...inclusion, ...consistency].filter(([, { wantErr }]) => !wantErr);
    expect(valid.length).toBeGreaterThan(8);
  });

  it.each(inclusion)('inclusion/%s', (_, { wantErr, proof, ...vector }) => {
    const verdict = verifyInclusion({
      leafIndex: Number(vector['leafIdx']),
      treeSize: Number(vector['treeSize']),
      leafHash: bytes(vector['leafHash']),
      root: bytes(vector['root']),
      path: (proof ?? []).map(bytes),
    });
    expect(verdict.valid).toBe(!wantErr);
  });

  it.each(consistency)('consistency/%s', (_, { wantErr, proof, ...vector }) => {
    const verdict = verifyConsistency({
      oldSize: Number(vector['size1']),
      newSize: Number(vector['size2']),
      oldRoot: bytes(vector['root1']),
      newRoot: bytes(vector['root2']),
      path: (proof ?? []).map(bytes),
    });
    expect(verdict.valid).toBe(!wantErr);
  });
});
