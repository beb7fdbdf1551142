// C2SP signed notes: a text and the signatures below it. Must not give out a text unless a key
// the caller trusts has signed it, except by `parseNote`, whose name says it only parses.
import { MalformedError } from './malformed.ts';
import { type SigningKey, type VerifierKey, isKeyName } from './note-key.ts';
import { decodeBase64, decodeUtf8, hasLoneSurrogate } from './strict-encoding.ts';

/** Bounds on what a verifier reads; the format asks to accept at least 16 signatures. */
const NOTE_BYTES_MAX = 1_000_000;
const NOTE_SIGNATURES_MAX = 100;

export type NoteSignature = { name: string; keyId: string; signature: Buffer };
export type ParsedNote = { text: string; signatures: NoteSignature[] };

/** `verified` holds one signature for each trusted key that signed; the rest nobody vouches for. */
export type OpenedNote = { text: string; verified: NoteSignature[]; unverified: NoteSignature[] };

const CONTROL_CHARACTER = /[\u0000-\u0009\u000b-\u001f]/;
const SIGNATURE_LINE = /^\u2014 ([^ ]+) ([^ ]+)$/;

/** Signs a text that ends in a newline. */
export function signNote(text: string, keys: readonly SigningKey[]): string {
  if (!text.endsWith('\n') || CONTROL_CHARACTER.test(text) || hasLoneSurrogate(text)) {
    throw new RangeError('a note text ends in a newline and holds no other control character');
  }
  if (keys.length === 0) throw new RangeError('a note has at least one signature');
  const message = Buffer.from(text);
  const lines = keys.map((key) => {
    const { name, keyId } = key.verifierKey;
    const signature = Buffer.concat([Buffer.from(keyId, 'hex'), key.sign(message)]);
    return `\u2014 ${name} ${signature.toString('base64')}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

/** Takes a note apart without verifying anything. */
export function parseNote(note: string | Uint8Array): ParsedNote {
  if (note.length > NOTE_BYTES_MAX) throw new MalformedError('note is too long');
  const whole = typeof note === 'string' ? note : decodeUtf8(note, 'note');
  if (hasLoneSurrogate(whole)) throw new MalformedError('note is not valid UTF-8');
  if (CONTROL_CHARACTER.test(whole)) throw new MalformedError('note has a control character');
  const split = whole.lastIndexOf('\n\n');
  if (split < 0) throw new MalformedError('note has no blank line before its signatures');
  const block = whole.slice(split + 2);
  if (block === '' || !block.endsWith('\n'))
    throw new MalformedError('note does not end with a signature line');
  const lines = block.slice(0, -1).split('\n');
  if (lines.length > NOTE_SIGNATURES_MAX) throw new MalformedError('note has too many signatures');
  return { text: whole.slice(0, split + 1), signatures: lines.map(parseSignatureLine) };
}

/**
 * Parses and verifies a note. Signatures of unknown keys are ignored; one of a trusted key that
 * does not verify, or none that does, makes the whole note a MalformedError.
 */
export function openNote(note: string | Uint8Array, trusted: readonly VerifierKey[]): OpenedNote {
  const { text, signatures } = parseNote(note);
  const message = Buffer.from(text);
  const opened: OpenedNote = { text, verified: [], unverified: [] };
  const seen = new Set<VerifierKey>();
  for (const signature of signatures) {
    const key = trusted.find(({ name, keyId }) => name === signature.name && keyId === signature.keyId);
    if (key === undefined) {
      opened.unverified.push(signature);
    } else if (!key.verify(message, signature.signature)) {
      throw new MalformedError(`note has a signature of ${key.name} that does not verify`);
    } else if (!seen.has(key)) {
      seen.add(key);
      opened.verified.push(signature);
    }
  }
  if (opened.verified.length === 0) throw new MalformedError('note is not signed by any trusted key');
  return opened;
}

function parseSignatureLine(line: string): NoteSignature {
  const [, name, encoded] = SIGNATURE_LINE.exec(line) ?? [];
  if (name === undefined || encoded === undefined || !isKeyName(name)) {
    throw new MalformedError('note has a line below its text that is not a signature');
  }
  const bytes = decodeBase64(encoded, 'note signature');
  if (bytes.length < 5) throw new MalformedError('note signature is too short');
  return { name, keyId: bytes.subarray(0, 4).toString('hex'), signature: bytes.subarray(4) };
}
