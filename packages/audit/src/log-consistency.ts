// Checks that a log still contains everything an earlier checkpoint of it covered, reading only
// the few tiles a consistency proof needs. Must not trust either checkpoint before its signature.
import { openCheckpoint } from './checkpoint.ts';
import { type LogReader, readTileFile } from './log-files.ts';
import { MalformedError, type Verdict, invalid } from './malformed.ts';
import { consistencyProof } from './merkle-proof.ts';
import { verifyConsistency } from './merkle-tree.ts';
import type { VerifierKey } from './note-key.ts';
import { CHECKPOINT_PATH, nodeReaderOverTiles } from './tiles.ts';

export type ConsistencyOptions = {
  read: LogReader;
  verifierKey: VerifierKey;
  origin?: string;
  /** The signed checkpoint kept from earlier, verbatim. */
  earlierCheckpoint: string | Uint8Array;
};

/** Rejects only if the reader does. An earlier checkpoint of an empty tree is refused: it shows nothing. */
export async function verifyConsistencyWith(
  options: ConsistencyOptions,
): Promise<Verdict & { oldSize?: number; newSize?: number }> {
  const { read, verifierKey, origin = verifierKey.name, earlierCheckpoint } = options;
  try {
    const old = openCheckpoint(earlierCheckpoint, { verifierKey, origin });
    const note = await read(CHECKPOINT_PATH);
    if (note === undefined) return invalid('there is no checkpoint');
    const current = openCheckpoint(note, { verifierKey, origin });
    const sizes = { oldSize: old.size, newSize: current.size };
    const provable = old.size > 0 && old.size <= current.size;
    const path = provable
      ? await consistencyProof(sizes, nodeReaderOverTiles(current.size, tilesFrom(read)))
      : [];
    return { ...verifyConsistency({ ...sizes, oldRoot: old.root, newRoot: current.root, path }), ...sizes };
  } catch (error) {
    if (error instanceof MalformedError) return invalid(error.message);
    throw error;
  }
}

function tilesFrom(read: LogReader): Parameters<typeof nodeReaderOverTiles>[1] {
  return async (tile) => {
    const { path, bytes } = await readTileFile(read, tile);
    if (bytes === undefined) throw new MalformedError(`${path} is missing`);
    return bytes;
  };
}
