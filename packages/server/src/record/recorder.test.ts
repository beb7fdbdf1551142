import {
  canonicalJson,
  generateSigningKeyPem,
  leafHash,
  signingKeyFromPem,
  verifyPromise,
} from '@countersign/audit';
import { describe, expect, it } from 'vitest';

import { type EntryDraft, Recorder } from './recorder.ts';

const ORIGIN = 'countersign.local/inst_test';
const key = signingKeyFromPem(ORIGIN, generateSigningKeyPem());

function draft(body: EntryDraft['body']): EntryDraft {
  return { type: 'test.happened', subjectId: 'preq_1', actor: { kind: 'system', name: 'test' }, body };
}

function seal(...drafts: EntryDraft[]) {
  const recorder = new Recorder({ origin: ORIGIN, gatewayId: 'gw_1', key });
  return recorder.seal(
    drafts.map((_, index) => BigInt(index + 7)),
    drafts,
    Date.UTC(2026, 4, 1),
  );
}

describe('Recorder', () => {
  it('writes the body with who, when and what in canonical form, without what is undefined', () => {
    const [entry] = seal(draft({ terms: { vendor: 'aws', team: undefined }, approval: undefined })).entries;
    expect(entry?.bytes.toString('utf8')).toBe(
      canonicalJson({
        actor: { id: 'test', kind: 'system' },
        at: '2026-05-01T00:00:00.000Z',
        entry_id: 7,
        subject_id: 'preq_1',
        terms: { vendor: 'aws' },
        type: 'test.happened',
      }),
    );
    expect(entry?.body).toEqual(JSON.parse(entry?.bytes.toString('utf8') ?? ''));
  });

  it('promises each entry of a batch', () => {
    const { entries } = seal(draft({ n: 1 }), draft({ n: 2 }), draft({ n: 3 }));
    for (const entry of entries) {
      const wanted = { verifierKey: key.verifierKey, leafHash: leafHash(entry.bytes) };
      expect(verifyPromise(entry.promise, wanted)).toEqual({ valid: true });
    }
  });

  it.each(['actor', 'at', 'entry_id', 'subject_id', 'type'])('refuses a body with its own `%s`', (name) => {
    expect(() => seal(draft({ [name]: 'forged' }))).toThrow(name);
  });
});
