// The tamper-evident record: canonical JSON, the Merkle tree and its proofs, signed checkpoints,
// promises of inclusion, and the independent check of a whole log. No I/O, no clock, no randomness
// but key generation.
export { CanonicalJsonError, canonicalBytes, canonicalJson } from './canonical-json.ts';
export {
  type Checkpoint,
  formatCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  signCheckpoint,
} from './checkpoint.ts';
export { COMMITMENT_SALT_BYTES, commit, verifyCommitment } from './commitment.ts';
export { CompactRange, type NodeListener } from './compact-range.ts';
export { isCanonicalJson } from './entry-order.ts';
export { type ConsistencyOptions, verifyConsistencyWith } from './log-consistency.ts';
export { type AlteredSide, type LogDifference, describeDifference } from './log-difference.ts';
export type { LogReader } from './log-files.ts';
export { MalformedError, type Verdict } from './malformed.ts';
export {
  type NodeId,
  type NodeReader,
  type ProofStep,
  consistencyProof,
  consistencySteps,
  inclusionProof,
  inclusionSteps,
  rootAt,
} from './merkle-proof.ts';
export {
  type ConsistencyClaim,
  EMPTY_ROOT,
  HASH_BYTES,
  type InclusionClaim,
  leafHash,
  nodeHash,
  rootOfHashes,
  verifyConsistency,
  verifyInclusion,
} from './merkle-tree.ts';
export {
  type SigningKey,
  type VerifierKey,
  generateSigningKeyPem,
  parseSigningKey,
  parseVerifierKey,
  signingKeyFromPem,
  signingKeyFromSeed,
} from './note-key.ts';
export {
  type InclusionPromise,
  PROMISE_BATCH_MAX,
  type PromiseBatch,
  type PromiseStatement,
  type PromisedBatch,
  promiseBatch,
  promiseHash,
  verifyPromise,
  verifyPromiseChain,
} from './promise.ts';
export {
  type NoteSignature,
  type OpenedNote,
  type ParsedNote,
  openNote,
  parseNote,
  signNote,
} from './signed-note.ts';
export {
  CHECKPOINT_PATH,
  ENTRY_BYTES_MAX,
  type EntryBundle,
  type LogPath,
  TILE_HEIGHT,
  TILE_WIDTH,
  type Tile,
  type TileReader,
  decodeEntryBundle,
  decodeTile,
  encodeEntryBundle,
  entriesPath,
  fullTileRoot,
  nodeReaderOverTiles,
  parseTilePath,
  tilePath,
  tileWidthAt,
  tilesOf,
} from './tiles.ts';
export { type TlogProof, formatTlogProof, parseTlogProof, verifyTlogProof } from './tlog-proof.ts';
export { type LogProgress, type LogReport, type VerifyLogOptions, verifyLog } from './verify-log.ts';
