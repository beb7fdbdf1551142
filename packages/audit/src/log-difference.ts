// What an auditor of the log can find, each finding with its exact place, and its plain sentence.
// Must not decide anything: finding is the walk's job.

/** Which side of a mismatch was altered, where the hash above both tells. */
export type AlteredSide = 'lower' | 'upper' | 'unknown';

export type LogDifference =
  /** Missing, not signed by the log's key, or not a checkpoint: nothing below it was looked at. */
  | { kind: 'checkpoint_invalid'; path: string; reason: string }
  | { kind: 'file_missing'; path: string; leafStart: number; leafEnd: number }
  | { kind: 'file_malformed'; path: string; reason: string; leafStart: number; leafEnd: number }
  /** The entry (lower) does not hash to its place in the level 0 tile (upper). */
  | {
      kind: 'leaf_differs';
      leafIndex: number;
      entryPath: string;
      tilePath: string;
      entryHash: string;
      tileHash: string;
      altered: AlteredSide;
    }
  /** A full tile (lower) does not hash to its place in the tile above it (upper). */
  | {
      kind: 'node_differs';
      lowerPath: string;
      upperPath: string;
      upperPosition: number;
      leafStart: number;
      leafEnd: number;
      altered: AlteredSide;
    }
  /** The tiles at the right edge do not fold into the root the checkpoint signs. */
  | { kind: 'root_differs'; treeSize: number; signedRoot: string; computedRoot: string }
  /** The root could not be computed: both the tile and the entries of some leaves are gone. */
  | { kind: 'root_unknown'; treeSize: number }
  /** An earlier signed checkpoint has another root than these leaves had at its size. */
  | {
      kind: 'history_differs';
      treeSize: number;
      leafStart: number;
      leafEnd: number;
      signedRoot: string;
      computedRoot: string;
    }
  /** An earlier signed checkpoint covers more leaves than the log has now. */
  | { kind: 'log_shrunk'; treeSize: number; earlierSize: number }
  | { kind: 'entry_not_canonical'; leafIndex: number; entryPath: string; reason: string }
  | { kind: 'entry_id_not_ascending'; leafIndex: number; entryPath: string; reason: string };

/** One sentence for people. */
export function describeDifference(difference: LogDifference): string {
  switch (difference.kind) {
    case 'checkpoint_invalid':
      return `${difference.path}: ${difference.reason}`;
    case 'file_missing':
      return `${difference.path} is missing (${leaves(difference)})`;
    case 'file_malformed':
      return `${difference.path}: ${difference.reason} (${leaves(difference)})`;
    case 'leaf_differs':
      return (
        `leaf ${difference.leafIndex}: the entry in ${difference.entryPath} does not have the hash in ` +
        `${difference.tilePath}; ${blame(difference.altered, 'the entry', 'the tile')}`
      );
    case 'node_differs':
      return (
        `${difference.lowerPath} (${leaves(difference)}) does not have the hash at position ` +
        `${difference.upperPosition} of ${difference.upperPath}; ` +
        blame(difference.altered, difference.lowerPath, difference.upperPath)
      );
    case 'root_differs':
      return `the tiles of ${difference.treeSize} leaves do not have the root the checkpoint signs`;
    case 'root_unknown':
      return `the root of ${difference.treeSize} leaves cannot be computed from what is left`;
    case 'history_differs':
      return `the checkpoint at ${difference.treeSize} leaves signed another root (changed: ${leaves(difference)})`;
    case 'log_shrunk':
      return `the log has ${difference.treeSize} leaves, but an earlier checkpoint signed ${difference.earlierSize}`;
    case 'entry_not_canonical':
    case 'entry_id_not_ascending':
      return `leaf ${difference.leafIndex} in ${difference.entryPath}: ${difference.reason}`;
  }
}

function leaves({ leafStart, leafEnd }: { leafStart: number; leafEnd: number }): string {
  return `leaves ${leafStart} to ${leafEnd - 1}`;
}

function blame(altered: AlteredSide, lower: string, upper: string): string {
  if (altered === 'unknown') return 'which of the two was altered cannot be told';
  return `${altered === 'lower' ? lower : upper} was altered`;
}
