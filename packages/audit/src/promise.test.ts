import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leafHash, rootOfHashes } from './merkle-tree.ts';
import { type SigningKey, signingKeyFromSeed } from './note-key.ts';
import {
  type InclusionPromise,
  promiseBatch,
  promiseHash,
  verifyPromise,
  verifyPromiseChain,
} from './promise.ts';
import { flipBit, sampleEntries, sampleKey } from './sample-log.ts';

const { verifierKey } = sampleKey;
const entries = sampleEntries(512);
const leafHashes = entries.map(leafHash);

function batchOf(count: number, { sequence = 0, previous = null as string | null, key = sampleKey } = {}) {
  const now = new Date('2026-03-01T12:00:00.000Z');
  const head = { origin: verifierKey.name, gateway: 'gateway_1', sequence, previous, now };
  const { promiseAt, hash } = promiseBatch({ ...head, leafHashes: leafHashes.slice(0, count) }, key);
  return { promises: leafHashes.slice(0, count).map((_, index) => promiseAt(index)), hash };
}

describe('promises of inclusion', () => {
  it('have the documented shape', () => {
    const [promise] = batchOf(1).promises;
    expect(promise).toEqual({
      origin: 'log.example/countersign',
      gateway: 'gateway_1',
      sequence: 0,
      previous: null,
      timestamp: '2026-03-01T12:00:00.000Z',
      batch_size: 1,
      batch_index: 0,
      batch_root: leafHashes[0]!.toString('base64'),
      path: [],
      leaf_hash: leafHashes[0]!.toString('base64'),
      key_id: verifierKey.keyId,
      signature: expect.stringMatching(/^[A-Za-z0-9+/]{86}==$/) as string,
    });
  });

  it('verify for every caller of a batch of any size, with one signature', () => {
    const sizes = fc.oneof(fc.constantFrom(1, 2, 3, 256, 257, 511, 512), fc.integer({ min: 1, max: 512 }));
    fc.assert(
      fc.property(sizes, fc.nat(), (count, at) => {
        const signed: Uint8Array[] = [];
        const key: SigningKey = {
          verifierKey,
          sign: (message) => (signed.push(message), sampleKey.sign(message)),
        };
        const { promises, hash } = batchOf(count, { key });
        expect(signed).toHaveLength(1);
        expect(promises).toHaveLength(count);
        const caller = at % count;
        const promise: unknown = JSON.parse(JSON.stringify(promises[caller]));
        expect(verifyPromise(promise, { verifierKey, leafHash: leafHashes[caller]! })).toEqual({
          valid: true,
        });
        expect(promises[caller]!.batch_root).toBe(
          rootOfHashes(leafHashes.slice(0, count)).toString('base64'),
        );
        expect(promiseHash(promises[caller]!)).toBe(hash);
      }),
      { numRuns: 60 },
    );
  });

  it('do not verify after any field is changed', () => {
    const { promises } = batchOf(5, { sequence: 3, previous: leafHashes[9]!.toString('base64') });
    const good = promises[2]!;
    const flip = (text: string) => flipBit(Buffer.from(text, 'base64'), 13).toString('base64');
    const changes: Partial<Record<keyof InclusionPromise, unknown>>[] = [
      { origin: 'other' },
      { gateway: 'gateway_2' },
      { sequence: 4 },
      { sequence: 0 },
      { previous: null },
      { previous: flip(good.previous!) },
      { previous: 'short' },
      { timestamp: '2026-03-01T12:00:00.001Z' },
      { batch_size: 6 },
      { batch_size: 513 },
      { batch_index: 1 },
      { batch_index: -1 },
      { batch_index: 2.5 },
      { batch_root: flip(good.batch_root) },
      { path: good.path.slice(1) },
      { path: [...good.path, good.leaf_hash] },
      { path: good.path.map(flip) },
      { path: undefined },
      { path: [1] },
      { leaf_hash: flip(good.leaf_hash) },
      { leaf_hash: 'AA' },
      { key_id: '00000000' },
      { signature: flip(good.signature) },
      { signature: 5 },
    ];
    expect(verifyPromise(good, { verifierKey })).toEqual({ valid: true });
    for (const change of changes) {
      expect(verifyPromise({ ...good, ...change }, { verifierKey }), JSON.stringify(change)).toMatchObject({
        valid: false,
      });
    }
    for (const other of [null, undefined, 'promise', [], {}])
      expect(verifyPromise(other, { verifierKey }).valid).toBe(false);
  });

  it('are for one entry and of one log', () => {
    const promise = batchOf(4).promises[1]!;
    expect(verifyPromise(promise, { verifierKey, leafHash: leafHashes[2]! }).valid).toBe(false);
    expect(verifyPromise(promise, { verifierKey, origin: 'other' }).valid).toBe(false);
    const stranger = signingKeyFromSeed(verifierKey.name, Buffer.alloc(32, 1)).verifierKey;
    expect(verifyPromise(promise, { verifierKey: stranger }).valid).toBe(false);
  });

  it('chain, so that a missing or exchanged one shows', () => {
    const first = batchOf(3);
    const second = batchOf(1, { sequence: 1, previous: first.hash });
    const third = batchOf(2, { sequence: 2, previous: second.hash });
    const chain = [first, second, third].map(({ promises }) => promises[0]!);
    expect(verifyPromiseChain(chain)).toEqual({ valid: true });
    expect(verifyPromiseChain([])).toEqual({ valid: true });
    expect(verifyPromiseChain([chain[0]!, chain[2]!]).valid).toBe(false);
    const rewritten = batchOf(2, { sequence: 1, previous: first.hash }).promises[0]!;
    expect(verifyPromiseChain([chain[0]!, rewritten, chain[2]!]).valid).toBe(false);
    expect(verifyPromiseChain([chain[0]!, { ...chain[1]!, gateway: 'gateway_2' }]).valid).toBe(false);
  });

  it('are not made for impossible batches', () => {
    expect(() => batchOf(0)).toThrow(RangeError);
    expect(() => batchOf(1, { sequence: 1 })).toThrow(RangeError);
    expect(() => batchOf(1, { previous: 'x' })).toThrow(RangeError);
    const many = [...leafHashes, leafHashes[0]!];
    const head = { origin: 'o', gateway: 'g', sequence: 0, previous: null, now: new Date(0) };
    expect(() => promiseBatch({ ...head, leafHashes: many }, sampleKey)).toThrow(RangeError);
  });
});
