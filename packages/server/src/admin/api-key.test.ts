import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { generateApiKey, hashApiKey, hexHashOfApiKey, hintOf, parseApiKey } from './api-key.ts';

const kinds = ['agent', 'op', 'appr', 'own', 'aud'] as const;

describe('an API key', () => {
  it('has the form of its holder and reads back', () => {
    for (const kind of kinds) {
      const key = generateApiKey(kind);
      expect(key).toMatch(new RegExp(`^ck_${kind}_[0-9A-Za-z]{38}$`));
      expect(parseApiKey(key)).toEqual({ ok: true, kind });
    }
  });

  it('is never the same twice and uses the whole alphabet', () => {
    const keys = Array.from({ length: 500 }, () => generateApiKey('agent'));
    expect(new Set(keys).size).toBe(500);
    expect(new Set(keys.flatMap((key) => Array.from(key.slice(9, 41)))).size).toBe(62);
  });

  it('tells one mistyped character from an unknown key', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.nat(37),
        fc.constantFrom('0', '9', 'A', 'Z', 'a', 'z', 'Q', '7'),
        (kind, at, character) => {
          const key = generateApiKey(kind);
          const index = `ck_${kind}_`.length + at;
          fc.pre(key[index] !== character);
          const typo = key.slice(0, index) + character + key.slice(index + 1);
          expect(parseApiKey(typo)).toEqual({ ok: false, reason: 'checksum_mismatch' });
        },
      ),
    );
  });

  it('tells two swapped characters, and another holder', () => {
    const key = generateApiKey('agent');
    expect(parseApiKey(key.replace('ck_agent_', 'ck_op_'))).toEqual({
      ok: false,
      reason: 'checksum_mismatch',
    });
    const body = key.slice(9);
    const index = Array.from(body).findIndex(
      (character, at) => body[at + 1] !== undefined && character !== body[at + 1],
    );
    const swapped = `ck_agent_${body.slice(0, index)}${body[index + 1]!}${body[index]!}${body.slice(index + 2)}`;
    expect(parseApiKey(swapped)).toEqual({ ok: false, reason: 'checksum_mismatch' });
  });

  it('has a fixed checksum, so that keys stay good across versions', () => {
    // The checksum was computed with another implementation of CRC-32.
    expect(parseApiKey(`ck_agent_${'A'.repeat(32)}3ReoXy`)).toEqual({ ok: true, kind: 'agent' });
  });

  it('is not recognised in anything else', () => {
    for (const text of [
      '',
      'ck_agent_',
      'x'.repeat(40),
      'ck_root_' + 'a'.repeat(38),
      `${generateApiKey('op')} `,
    ]) {
      expect(parseApiKey(text)).toEqual({ ok: false, reason: 'not_generated' });
    }
  });

  it('is hashed with SHA-256 and hinted at by its ends alone', () => {
    const hash = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(hashApiKey('abc').toString('hex')).toBe(hash);
    expect(hexHashOfApiKey('abc')).toBe(hash);
    const key = generateApiKey('agent');
    expect(hintOf(key)).toBe(`${key.slice(0, 13)}...${key.slice(-4)}`);
  });
});
