// C2SP tlog-proof: an inclusion proof and its checkpoint in one text file, to be checked offline.
// The `extra` data is not authenticated by anything; must not be trusted on its own.
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { MalformedError, type Verdict, invalid } from './malformed.ts';
import { HASH_BYTES, isTreeSize, leafHash, verifyInclusion } from './merkle-tree.ts';
import type { VerifierKey } from './note-key.ts';
import { decodeBase64, decodeBase64Exact, decodeUtf8, parseDecimal } from './strict-encoding.ts';

const HEADER = 'c2sp.org/tlog-proof@v1';
/** A tree of 2^63 leaves has paths of 63 hashes. */
const PATH_LENGTH_MAX = 63;

export type TlogProof = {
  index: number;
  path: Buffer[];
  /** The signed checkpoint, verbatim. */
  checkpoint: string;
  extra?: Buffer;
};

export function formatTlogProof(proof: {
  index: number;
  path: readonly Uint8Array[];
  checkpoint: string;
  extra?: Uint8Array;
}): string {
  if (!isTreeSize(proof.index)) throw new RangeError('leaf index out of range');
  const lines = [HEADER];
  if (proof.extra !== undefined) lines.push(`extra ${Buffer.from(proof.extra).toString('base64')}`);
  lines.push(`index ${proof.index}`);
  for (const hash of proof.path) lines.push(Buffer.from(hash).toString('base64'));
  return `${lines.join('\n')}\n\n${proof.checkpoint}`;
}

export function parseTlogProof(file: string | Uint8Array): TlogProof {
  const text = typeof file === 'string' ? file : decodeUtf8(file, 'proof');
  const split = text.indexOf('\n\n');
  if (split < 0) throw new MalformedError('proof has no blank line before its checkpoint');
  const [header, ...lines] = text.slice(0, split).split('\n');
  if (header !== HEADER) throw new MalformedError(`proof does not start with ${HEADER}`);
  const extra = lines[0]?.startsWith('extra ') === true ? lines.shift()?.slice('extra '.length) : undefined;
  const indexLine = lines.shift();
  if (indexLine?.startsWith('index ') !== true) throw new MalformedError('proof has no index line');
  if (lines.length > PATH_LENGTH_MAX) throw new MalformedError('proof has too many hashes');
  return {
    index: parseDecimal(indexLine.slice('index '.length), 'proof index'),
    path: lines.map((line) => decodeBase64Exact(line, HASH_BYTES, 'proof hash')),
    checkpoint: text.slice(split + 2),
    ...(extra === undefined ? {} : { extra: decodeBase64(extra, 'proof extra data') }),
  };
}

/** Checks offline that `entry` is in the log of `verifierKey`; gives the checkpoint that shows it. */
export function verifyTlogProof({
  proof,
  entry,
  verifierKey,
  origin,
}: {
  proof: string | Uint8Array;
  entry: Uint8Array;
  verifierKey: VerifierKey;
  origin?: string;
}): Verdict & { index?: number; checkpoint?: Checkpoint } {
  try {
    const { index, path, checkpoint: note } = parseTlogProof(proof);
    const checkpoint = openCheckpoint(note, { verifierKey, ...(origin === undefined ? {} : { origin }) });
    const claim = { leafIndex: index, treeSize: checkpoint.size, root: checkpoint.root };
    return { ...verifyInclusion({ ...claim, leafHash: leafHash(entry), path }), index, checkpoint };
  } catch (error) {
    if (error instanceof MalformedError) return invalid(error.message);
    throw error;
  }
}
