// C2SP tlog-checkpoint: the signed statement that the log `origin` has `size` leaves under `root`.
// Must not judge whether two checkpoints agree; that is a consistency proof's job.
import { MalformedError } from './malformed.ts';
import { HASH_BYTES, isTreeSize } from './merkle-tree.ts';
import type { SigningKey, VerifierKey } from './note-key.ts';
import { openNote, signNote } from './signed-note.ts';
import { decodeBase64Exact, parseDecimal } from './strict-encoding.ts';

export type Checkpoint = { origin: string; size: number; root: Buffer; extensions: string[] };

/** The text that gets signed: origin, size, root, one a line. */
export function formatCheckpoint({
  origin,
  size,
  root,
}: {
  origin: string;
  size: number;
  root: Uint8Array;
}): string {
  if (origin === '' || origin.includes('\n')) throw new RangeError('an origin is one line that is not empty');
  if (!isTreeSize(size) || root.length !== HASH_BYTES) throw new RangeError('not a tree size and root');
  return `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
}

/** Parses the text of a checkpoint; says nothing about who signed it. */
export function parseCheckpoint(text: string): Checkpoint {
  if (!text.endsWith('\n')) throw new MalformedError('checkpoint does not end with a newline');
  const [origin, size, root, ...extensions] = text.slice(0, -1).split('\n');
  if (origin === undefined || size === undefined || root === undefined) {
    throw new MalformedError('checkpoint has fewer than three lines');
  }
  if (origin === '' || extensions.includes('')) throw new MalformedError('checkpoint has an empty line');
  return {
    origin,
    size: parseDecimal(size, 'checkpoint size'),
    root: decodeBase64Exact(root, HASH_BYTES, 'checkpoint root'),
    extensions,
  };
}

/** Signs a tree head; the origin is the key's name, as the format advises. */
export function signCheckpoint({ size, root }: { size: number; root: Uint8Array }, key: SigningKey): string {
  return signNote(formatCheckpoint({ origin: key.verifierKey.name, size, root }), [key]);
}

/** Opens a checkpoint signed by one log key; the origin must be the key's name unless given. */
export function openCheckpoint(
  note: string | Uint8Array,
  { verifierKey, origin = verifierKey.name }: { verifierKey: VerifierKey; origin?: string },
): Checkpoint {
  const checkpoint = parseCheckpoint(openNote(note, [verifierKey]).text);
  if (checkpoint.origin !== origin) throw new MalformedError('checkpoint is of another log');
  return checkpoint;
}
