// record/audit/audit-log.ts: the log's own rows against its signed root: entries against leaves, leaves against tile
// hashes, all of them against every checkpoint. Where two copies of a hash disagree, the one that leads to the hash
// above it is right. Must not trust anything but the verifier key.
import {
  type Checkpoint,
  CompactRange,
  MalformedError,
  type NodeId,
  TILE_HEIGHT,
  TILE_WIDTH,
  type VerifierKey,
  leafHash,
  openCheckpoint,
  rootOfHashes,
} from '@countersign/audit';

import { auditCheckpoints } from '../../ledger/audit-checkpoints.ts';
import { auditExtraTileHashes } from '../../ledger/audit-extra-tile-hashes.ts';
import { auditLogHead } from '../../ledger/audit-log-head.ts';
import { auditLogLeaves } from '../../ledger/audit-log-leaves.ts';
import { auditNewestCheckpoints } from '../../ledger/audit-newest-checkpoints.ts';
import { auditTileHash } from '../../ledger/audit-tile-hash.ts';
import { eventTypeCode } from '../event-type-code.ts';
import { type AuditedEntry, type RowAudit, entryOf, fieldOf } from './row-audit.ts';

interface LeafRow {
  leaf_index: bigint;
  entry_id: bigint;
  type_code: number;
  leaf_hash: Buffer;
  entry_type_code: number | null;
  subject_id: string | null;
  body: Buffer | null;
}

interface Leaf {
  readonly row: LeafRow;
  /** Hash of the entry's bytes; null: there is no entry. */
  readonly computed: Buffer | null;
}

type TileNode = NodeId & { readonly hash: Buffer };

/** Audits the tree; hands out every entry of it whose bytes are the log's. */
export async function auditLog(
  audit: RowAudit,
  verifierKey: VerifierKey,
  onEntries: (entries: readonly AuditedEntry[]) => Promise<void>,
): Promise<void> {
  const tree = await TreeAudit.open(audit, verifierKey);
  for await (const rows of audit.pages<LeafRow>('log_leaf', auditLogLeaves(), TILE_WIDTH)) {
    await onEntries(await tree.leaves(rows));
  }
  await onEntries(await tree.end());
}

class TreeAudit {
  readonly #audit: RowAudit;
  readonly #verifierKey: VerifierKey;
  readonly #checkpoints: AsyncGenerator<{ size: bigint; note: string }[], void, undefined>;
  #due: { size: bigint; note: string }[] = [];
  readonly #newest: Checkpoint | null;
  readonly #head: { size: bigint; frontier: Buffer };
  #range = new CompactRange();
  /** A leaf is missing: what follows has no place in the tree any more, and is compared entry by entry. */
  #isBroken = false;
  #isRootWrong = false;
  #nextIndex = 0n;
  #block: Leaf[] = [];
  /** Full tiles whose leaves agree with their entries and not with the tile's hash above: settled by the signed root. */
  readonly #doubtful: TileNode[] = [];

  private constructor(
    audit: RowAudit,
    verifierKey: VerifierKey,
    head: { size: bigint; frontier: Buffer },
    newest: Checkpoint | null,
  ) {
    this.#audit = audit;
    this.#verifierKey = verifierKey;
    this.#head = head;
    this.#newest = newest;
    this.#checkpoints = audit.pages('log_checkpoint', auditCheckpoints());
  }

  static async open(audit: RowAudit, verifierKey: VerifierKey): Promise<TreeAudit> {
    const [head] = await audit.rows<{ size: bigint; frontier: Buffer }>(auditLogHead());
    if (head === undefined) audit.missing('log_head', {});
    let newest: Checkpoint | null = null;
    // The newest one that the key really signed: a note somebody wrote must not decide what is right.
    for (const { note } of await audit.rows<{ note: string }>(auditNewestCheckpoints())) {
      newest ??= opened(note, verifierKey);
    }
    return new TreeAudit(audit, verifierKey, head ?? { size: 0n, frontier: Buffer.alloc(0) }, newest);
  }

  async leaves(rows: readonly LeafRow[]): Promise<AuditedEntry[]> {
    const entries: AuditedEntry[] = [];
    for (const row of rows) {
      for (; this.#nextIndex < row.leaf_index; this.#nextIndex += 1n) {
        this.#isBroken = true;
        this.#audit.missing('log_leaf', { leaf_index: this.#nextIndex });
      }
      this.#nextIndex = row.leaf_index + 1n;
      const computed = row.body === null ? null : leafHash(row.body);
      if (row.body === null) this.#audit.missing('log_entry', { entry_id: row.entry_id });
      this.#block.push({ row, computed });
      if (this.#nextIndex % BigInt(TILE_WIDTH) === 0n) entries.push(...(await this.#endBlock()));
    }
    return entries;
  }

  async end(): Promise<AuditedEntry[]> {
    const entries = await this.#endBlock();
    await this.#checkpointsAt(null);
    const size = Number(this.#nextIndex);
    if (!this.#isBroken) {
      this.#audit.compare(
        'log_head',
        {},
        {
          size: [size, this.#head.size],
          frontier: [this.#range.edgeBytes(), this.#head.frontier],
        },
      );
    }
    this.#settleDoubtful();
    await this.#extraTileHashes(size);
    return entries;
  }

  /** A full tile of leaves, or the last partial one. */
  async #endBlock(): Promise<AuditedEntry[]> {
    const block = this.#block;
    this.#block = [];
    const isSame = block.every(({ row, computed }) => computed?.equals(row.leaf_hash) === true);
    const hashes = isSame ? block.map(({ row }) => row.leaf_hash) : await this.#judge(block);
    const entries = block.flatMap((leaf, place) => this.#entryOf(leaf, hashes[place]) ?? []);
    if (!this.#isBroken) await this.#append(hashes);
    return entries;
  }

  /** Leaf and entry disagree: gives the hashes that are right, and blames the other side. */
  async #judge(block: readonly Leaf[]): Promise<Buffer[]> {
    const stored = block.map(({ row }) => row.leaf_hash);
    const computed = block.map(({ row, computed: hash }) => hash ?? row.leaf_hash);
    const isEntryRight = !(await this.#leadsUp(stored)) && (await this.#leadsUp(computed));
    for (const { row, computed: hash } of block) {
      if (hash === null || hash.equals(row.leaf_hash)) continue;
      if (isEntryRight) {
        this.#audit.alteredLeaves.add(row.entry_id);
        const key = { leaf_index: row.leaf_index };
        this.#audit.compare('log_leaf', key, { leaf_hash: [hash, row.leaf_hash] });
      } else {
        this.#audit.altered.add(row.entry_id);
        const hashes = [
          `leaf hash ${row.leaf_hash.toString('hex')}`,
          `leaf hash ${hash.toString('hex')}`,
        ] as const;
        this.#audit.compare('log_entry', { entry_id: row.entry_id }, { body: hashes });
      }
    }
    return isEntryRight ? computed : stored;
  }

  /** Whether these hashes lead to the hash above them: the tile's, or at the right edge the signed root. */
  async #leadsUp(hashes: readonly Buffer[]): Promise<boolean> {
    if (this.#isBroken) return false;
    if (hashes.length === TILE_WIDTH) {
      const index = this.#range.size / TILE_WIDTH;
      return (await this.#tileHash(1, index))?.equals(rootOfHashes(hashes)) === true;
    }
    const range = CompactRange.restore(this.#range.size, this.#range.edgeBytes());
    for (const hash of hashes) {
      range.append(hash);
      if (range.size === this.#newest?.size && !range.root().equals(this.#newest.root)) return false;
    }
    return range.size === Number(this.#head.size) && range.edgeBytes().equals(this.#head.frontier);
  }

  async #append(hashes: readonly Buffer[]): Promise<void> {
    const nodes: TileNode[] = [];
    for (const hash of hashes) {
      this.#range.append(hash, (level, index, node) => {
        if (level > 0 && level % TILE_HEIGHT === 0)
          nodes.push({ level: level / TILE_HEIGHT, index, hash: node });
      });
      await this.#checkpointsAt(this.#range.size);
    }
    for (const node of nodes) {
      const found = await this.#tileHash(node.level, node.index);
      const key = { level: node.level, hash_index: node.index };
      if (found === null) this.#audit.missing('log_tile_hash', key, node.hash.toString('hex'));
      else if (!found.equals(node.hash)) this.#doubtful.push({ ...node, hash: found });
    }
  }

  /** If the leaves lead to what was signed, the tile hashes are wrong; if not, leaves and entries were changed together. */
  #settleDoubtful(): void {
    for (const { level, index, hash } of this.#doubtful) {
      if (!this.#isRootWrong) {
        this.#audit.compare(
          'log_tile_hash',
          { level, hash_index: index },
          { hash: ['the hash of its leaves', hash] },
        );
      } else if (level === 1) {
        const key = { leaf_index: `${index * TILE_WIDTH} to ${(index + 1) * TILE_WIDTH - 1}` };
        this.#audit.compare('log_leaf', key, {
          leaf_hash: [`hashes under ${hash.toString('hex')}`, 'others'],
        });
      }
    }
  }

  /** Compares the checkpoint of this size, if there is one; null: those of sizes the tree does not have. */
  async #checkpointsAt(size: number | null): Promise<void> {
    for (;;) {
      if (this.#due.length === 0) {
        const page = await this.#checkpoints.next();
        if (page.done === true) return;
        this.#due = [...page.value];
      }
      const [next] = this.#due;
      if (next === undefined || (size !== null && Number(next.size) > size)) return;
      this.#due.shift();
      this.#compareCheckpoint(next, size);
    }
  }

  #compareCheckpoint(row: { size: bigint; note: string }, size: number | null): void {
    const key = { size: row.size };
    const checkpoint = opened(row.note, this.#verifierKey);
    if (checkpoint?.size !== Number(row.size)) {
      this.#audit.compare('log_checkpoint', key, {
        note: ['a note signed by the log for this size', row.note],
      });
      return;
    }
    const known = Number(row.size) === 0 ? new CompactRange() : this.#range;
    if (this.#isBroken || this.#isRootWrong) return;
    if (known.size !== Number(row.size)) {
      if (size === null)
        this.#audit.missing('log_leaf', { leaf_index: `${known.size} to ${Number(row.size) - 1}` });
      return;
    }
    if (known.root().equals(checkpoint.root)) return;
    this.#isRootWrong = true;
    const roots = [
      `root ${checkpoint.root.toString('hex')}`,
      `root ${known.root().toString('hex')}`,
    ] as const;
    this.#audit.compare('log_leaf', { leaf_index: `below ${row.size}` }, { leaf_hash: roots });
  }

  async #tileHash(level: number, index: number): Promise<Buffer | null> {
    const [row] = await this.#audit.rows<{ hash: Buffer }>(auditTileHash(level, index));
    return row?.hash ?? null;
  }

  async #extraTileHashes(size: number): Promise<void> {
    const rows = await this.#audit.rows<{ level: number; hash_index: bigint }>(auditExtraTileHashes(size));
    for (const row of rows) this.#audit.extra('log_tile_hash', row);
  }

  /** The entry of a leaf, with the copies of its fields compared; null where its bytes are not the log's. */
  #entryOf({ row, computed }: Leaf, right: Buffer | undefined): AuditedEntry | null {
    if (row.body === null || row.subject_id === null || right === undefined) return null;
    if (computed?.equals(right) !== true) return null;
    const entry = entryOf({ entry_id: row.entry_id, subject_id: row.subject_id, body: row.body });
    if (entry === null) return null;
    this.#audit.compare(
      'log_leaf',
      { leaf_index: row.leaf_index },
      {
        entry_id: [fieldOf(entry.body, 'entry_id'), row.entry_id],
        type_code: [eventTypeCode(entry.type), row.type_code],
      },
    );
    const subjectId = fieldOf(entry.body, 'subject_id');
    if (typeof subjectId === 'string' && subjectId !== row.subject_id)
      this.#audit.alteredSubjects.add(subjectId);
    this.#audit.compare(
      'log_entry',
      { entry_id: row.entry_id },
      {
        subject_id: [subjectId, row.subject_id],
        type_code: [eventTypeCode(entry.type), row.entry_type_code],
      },
    );
    // The bytes are the log's: they say whose entry it is.
    return typeof subjectId === 'string' ? { ...entry, subjectId } : entry;
  }
}

function opened(note: string, verifierKey: VerifierKey): Checkpoint | null {
  try {
    return openCheckpoint(note, { verifierKey });
  } catch (error) {
    if (error instanceof MalformedError) return null;
    throw error;
  }
}
