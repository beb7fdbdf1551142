import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCheckpoint, openCheckpoint, parseCheckpoint, signCheckpoint } from './checkpoint.ts';
import { MalformedError } from './malformed.ts';
import {
  generateSigningKeyPem,
  parseSigningKey,
  parseVerifierKey,
  signingKeyFromPem,
  signingKeyFromSeed,
} from './note-key.ts';
import { flipBit, sampleKey } from './sample-log.ts';
import { openNote, parseNote, signNote } from './signed-note.ts';

// The example of golang.org/x/mod/sumdb/note, with its published test key.
const knownVerifierKey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const knownSigningKey = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const knownText =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const knownNote =
  `${knownText}\n\u2014 PeterNeumann ` +
  'x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

const otherKey = signingKeyFromSeed('other.example', Buffer.alloc(32, 9));

describe('signed notes', () => {
  it('are signed and verified as by the reference implementation', () => {
    const key = parseSigningKey(knownSigningKey);
    expect(key.verifierKey.text).toBe(knownVerifierKey);
    expect(signNote(knownText, [key])).toBe(knownNote);
    expect(openNote(Buffer.from(knownNote), [parseVerifierKey(knownVerifierKey)]).text).toBe(knownText);
  });

  it('keep signatures of unknown keys apart and ignore them', () => {
    const note = signNote('text\n', [otherKey, sampleKey]);
    const opened = openNote(note, [sampleKey.verifierKey]);
    expect(opened.verified.map(({ name }) => name)).toEqual(['log.example/countersign']);
    expect(opened.unverified.map(({ name }) => name)).toEqual(['other.example']);
    expect(() => openNote(note, [])).toThrow('not signed by any trusted key');
  });

  it('are refused whole if one trusted signature does not verify', () => {
    const [, otherLine] = signNote('another text\n', [otherKey]).split('\n\n');
    const note = signNote('text\n', [sampleKey]) + (otherLine ?? '');
    expect(openNote(note, [sampleKey.verifierKey]).text).toBe('text\n');
    expect(() => openNote(note, [sampleKey.verifierKey, otherKey.verifierKey])).toThrow('does not verify');
  });

  it('may hold blank lines, which do not end the text', () => {
    const text = 'one\n\ntwo\n\n\n\u2014 not a signature\n';
    expect(openNote(signNote(text, [sampleKey]), [sampleKey.verifierKey]).text).toBe(text);
  });

  it('do not verify after any single bit is changed', () => {
    const note = Buffer.from(signNote('origin\n12\nroot\n', [sampleKey]));
    fc.assert(
      fc.property(fc.nat({ max: note.length * 8 - 1 }), (bit) => {
        expect(() => openNote(flipBit(note, bit), [sampleKey.verifierKey])).toThrow(MalformedError);
      }),
      { numRuns: 600 },
    );
  });

  it.each([
    ['nothing', ''],
    ['no signatures', 'text\n'],
    ['no signatures after the blank line', 'text\n\n'],
    ['no last newline', knownNote.slice(0, -1)],
    ['a carriage return', knownNote.replace('\n', '\r\n')],
    ['a tab', `\t${knownNote}`],
    ['a hyphen for the dash', knownNote.replace('\u2014', '-')],
    ['two spaces', knownNote.replace('PeterNeumann ', 'PeterNeumann  ')],
    ['no key name', knownNote.replace('PeterNeumann ', ' ')],
    ['a plus in the key name', knownNote.replace('PeterNeumann', 'Peter+Neumann')],
    ['a space from elsewhere in the key name', knownNote.replace('PeterNeumann', 'Peter\u00a0Neumann')],
    ['unpadded base64', knownNote.replace('AM=\n', 'AM\n')],
    ['base64 with stray bits', knownNote.replace('AM=\n', 'AN=\n')],
    ['a signature of four bytes', 'text\n\n\u2014 name AAAAAA==\n'],
    ['text after the signatures', `${knownNote}more\n`],
    ['101 signatures', `text\n\n${'\u2014 name AAAAAAAA\n'.repeat(101)}`],
    ['a megabyte', `${'x'.repeat(1_000_000)}${knownNote}`],
  ])('with %s are malformed', (_, note) => {
    expect(() => parseNote(note)).toThrow(MalformedError);
    expect(() => parseNote(Buffer.from(note))).toThrow(MalformedError);
  });

  it('must be UTF-8', () => {
    expect(() => parseNote(Buffer.concat([Buffer.of(0xff), Buffer.from(knownNote)]))).toThrow(
      'not valid UTF-8',
    );
    expect(() => parseNote(`\ud800${knownNote}`)).toThrow('not valid UTF-8');
    const marked = `\ufeff${knownNote}`;
    expect(() => openNote(Buffer.from(marked), [parseVerifierKey(knownVerifierKey)])).toThrow(
      'does not verify',
    );
  });

  it('accept 16 signatures', () => {
    const keys = Array.from({ length: 16 }, (_, index) =>
      signingKeyFromSeed(`key${index}`, Buffer.alloc(32, index)),
    );
    const trusted = keys.map(({ verifierKey }) => verifierKey);
    expect(openNote(signNote('text\n', keys), trusted).verified).toHaveLength(16);
  });

  it('are not made of text that would not be one', () => {
    expect(() => signNote('text', [sampleKey])).toThrow(RangeError);
    expect(() => signNote('a\tb\n', [sampleKey])).toThrow(RangeError);
    expect(() => signNote('text\n', [])).toThrow(RangeError);
  });
});

describe('note keys', () => {
  // The examples of the C2SP specification.
  it('read the published example', () => {
    const key = parseVerifierKey('example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k');
    const note =
      'This is an example message.\n\n\u2014 example.com/foo ' +
      'Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
    expect(openNote(note, [key]).text).toBe('This is an example message.\n');
  });

  it('survive their text and PEM forms', () => {
    const pem = generateSigningKeyPem();
    const key = signingKeyFromPem('log.example', pem);
    const message = Buffer.from('message');
    expect(parseVerifierKey(key.verifierKey.text).verify(message, key.sign(message))).toBe(true);
    expect(signingKeyFromPem('log.example', pem).sign(message)).toEqual(key.sign(message));
    expect(signingKeyFromPem('log.example', generateSigningKeyPem()).verifierKey.text).not.toBe(
      key.verifierKey.text,
    );
  });

  it.each([
    '',
    'PeterNeumann',
    'PeterNeumann+c74f20a3',
    knownVerifierKey.replace('c74f20a3', 'c74f20a4'),
    knownVerifierKey.replace('c74f20a3', 'C74F20A3'),
    knownVerifierKey.replace('PeterNeumann', 'PaulNeumann'),
    knownVerifierKey.replace('PeterNeumann', ''),
    knownVerifierKey.replace('PeterNeumann', 'Peter Neumann'),
    knownVerifierKey.replace('+ARpc', '+BRpc'),
    knownVerifierKey.slice(0, -4),
    `${knownVerifierKey}\n`,
    knownSigningKey,
  ])('%j is no verifier key', (text) => {
    expect(() => parseVerifierKey(text)).toThrow(MalformedError);
  });

  it('are refused when secret and malformed, without showing the secret', () => {
    for (const text of [
      knownVerifierKey,
      knownSigningKey.slice(0, -4),
      knownSigningKey.replace('c74f', 'c74e'),
    ]) {
      expect(() => parseSigningKey(text)).toThrow(MalformedError);
      expect(() => parseSigningKey(text)).not.toThrow('AYEKFALV');
    }
    expect(() => signingKeyFromPem('log.example', 'no key')).toThrow(MalformedError);
    expect(() => signingKeyFromPem('log example', generateSigningKeyPem())).toThrow(MalformedError);
    expect(() => signingKeyFromSeed('log.example', Buffer.alloc(31))).toThrow(RangeError);
  });
});

describe('checkpoints', () => {
  const root = Buffer.alloc(32, 3);

  it('have the body the specification shows', () => {
    const text = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
    const checkpoint = parseCheckpoint(text);
    expect(checkpoint).toMatchObject({
      origin: 'example.com/behind-the-sofa',
      size: 20_852_163,
      extensions: [],
    });
    expect(formatCheckpoint(checkpoint)).toBe(text);
    expect(parseCheckpoint(`${text}more\n`).extensions).toEqual(['more']);
  });

  it('are opened with the key of their log alone', () => {
    const note = signCheckpoint({ size: 5, root }, sampleKey);
    const { verifierKey } = sampleKey;
    expect(openCheckpoint(note, { verifierKey })).toEqual({
      origin: verifierKey.name,
      size: 5,
      root,
      extensions: [],
    });
    expect(() => openCheckpoint(note, { verifierKey: otherKey.verifierKey })).toThrow('not signed');
    expect(() => openCheckpoint(note, { verifierKey, origin: 'other.example' })).toThrow('another log');
  });

  it.each([
    ['fewer lines', 'origin\n5\n'],
    ['an empty origin', `\n5\n${root.toString('base64')}\n`],
    ['a leading zero', `origin\n05\n${root.toString('base64')}\n`],
    ['a sign', `origin\n+5\n${root.toString('base64')}\n`],
    ['an exponent', `origin\n5e1\n${root.toString('base64')}\n`],
    ['a size past 2^53', `origin\n9007199254740993\n${root.toString('base64')}\n`],
    ['a short root', `origin\n5\n${root.subarray(1).toString('base64')}\n`],
    ['base64url', `origin\n5\n${Buffer.alloc(32, 0xff).toString('base64url')}=\n`],
    ['an empty extension line', `origin\n5\n${root.toString('base64')}\n\n`],
    ['no last newline', `origin\n5\n${root.toString('base64')}`],
  ])('with %s are malformed', (_, text) => {
    expect(() => parseCheckpoint(text)).toThrow(MalformedError);
  });
});
