import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commit, verifyCommitment } from './commitment.ts';

const salt = fc.uint8Array({ minLength: 16, maxLength: 16 });
const text = fc.string({ unit: 'grapheme', maxLength: 60 });

describe('commitments', () => {
  it('are the documented hash', () => {
    const bytes = Buffer.concat([
      Buffer.from('countersign/text/v1\0'),
      Buffer.alloc(16, 5),
      Buffer.from('caf\u00e9'),
    ]);
    expect(commit('caf\u00e9', Buffer.alloc(16, 5))).toBe(
      createHash('sha256').update(bytes).digest('base64url'),
    );
  });

  it('open with their text and salt, and with nothing else', () => {
    fc.assert(
      fc.property(text, text, salt, salt, (one, other, oneSalt, otherSalt) => {
        const commitment = commit(one, oneSalt);
        expect(verifyCommitment(commitment, one, oneSalt)).toBe(true);
        expect(verifyCommitment(commitment, other, oneSalt)).toBe(one === other);
        expect(verifyCommitment(commitment, one, otherSalt)).toBe(Buffer.compare(oneSalt, otherSalt) === 0);
      }),
    );
  });

  it('refuse a salt of another length and text that has no UTF-8 form', () => {
    expect(() => commit('text', Buffer.alloc(15))).toThrow(RangeError);
    expect(() => commit('\ud800', Buffer.alloc(16))).toThrow(RangeError);
    expect(verifyCommitment('', 'text', Buffer.alloc(0))).toBe(false);
    expect(verifyCommitment('', '\ud800', Buffer.alloc(16))).toBe(false);
  });
});
