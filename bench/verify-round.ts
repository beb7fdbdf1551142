// bench/verify-round.ts: after each round: as many rows as acknowledgements in every table, balances that are the sum of
// their transfers, and a log whose every byte hashes up to the signed root. Throws otherwise: then no rate counts.
import { CompactRange, leafHash, openCheckpoint, parseVerifierKey } from '@countersign/audit';

import type { World } from './world.ts';

const LEAVES_READ_MAX = 2_000;

export class RoundVerifier {
  readonly #world: World;
  /** The part of the log that was verified after an earlier round. */
  readonly #range = new CompactRange();
  #before: RowCounts | null = null;
  #acknowledged = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Call before the first round. */
  async begin(): Promise<void> {
    this.#before = await this.#count();
    await this.#verifyLog();
  }

  /** Verifies that the database has these acknowledgements more than after the last call, and nothing else. */
  async verify(acknowledged: number): Promise<void> {
    if (this.#before === null) throw new Error('begin was not called');
    this.#acknowledged += acknowledged;
    const now = await this.#count();
    for (const table of ['purchase_request', 'idempotency_key', 'issued_or_asked', 'log_leaf'] as const) {
      const expected = this.#before[table] + this.#acknowledged;
      if (now[table] !== expected) {
        throw new Error(`${table} has ${now[table]} rows where ${expected} were acknowledged`);
      }
    }
    if (now.log_entry !== now.log_leaf)
      throw new Error(`${now.log_entry} entries, but ${now.log_leaf} leaves`);
    if (now.log_pending !== 0) throw new Error(`${now.log_pending} transactions are not in the tree yet`);
    if (now.unbalanced !== 0)
      throw new Error(`${now.unbalanced} balances are not the sum of their transfers`);
    await this.#verifyLog();
  }

  async #count(): Promise<RowCounts> {
    const { rows } =
      await this.#world.gateway.database.pool.query<Record<keyof RowCounts, bigint>>(COUNT_SQL);
    const [row] = rows;
    if (row === undefined) throw new Error('a SELECT without FROM returned no row');
    return {
      purchase_request: Number(row.purchase_request),
      idempotency_key: Number(row.idempotency_key),
      issued_or_asked: Number(row.issued_or_asked),
      log_entry: Number(row.log_entry),
      log_leaf: Number(row.log_leaf),
      log_pending: Number(row.log_pending),
      unbalanced: Number(row.unbalanced),
    };
  }

  async #verifyLog(): Promise<void> {
    const { database, logReader } = this.#world.gateway;
    const { note } = await logReader.checkpoint();
    const signed = openCheckpoint(note, { verifierKey: parseVerifierKey(logReader.verifierKey()) });
    while (this.#range.size < signed.size) {
      const { rows } = await database.pool.query<{ body: Buffer }>({
        name: 'bench_read_leaves',
        text: `SELECT body FROM log_leaf JOIN log_entry USING (entry_id)
               WHERE leaf_index >= $1::int8 AND leaf_index < $1::int8 + $2::int8 ORDER BY leaf_index`,
        values: [this.#range.size, Math.min(LEAVES_READ_MAX, signed.size - this.#range.size)],
      });
      if (rows.length === 0) throw new Error(`the log has no leaf ${this.#range.size}`);
      for (const { body } of rows) this.#range.append(leafHash(body));
    }
    if (!this.#range.root().equals(signed.root))
      throw new Error('the log does not hash up to its signed root');
  }
}

interface RowCounts {
  readonly purchase_request: number;
  readonly idempotency_key: number;
  /** Every purchase is approved with a card, held with an approval, or denied. */
  readonly issued_or_asked: number;
  readonly log_entry: number;
  readonly log_leaf: number;
  readonly log_pending: number;
  readonly unbalanced: number;
}

const COUNT_SQL = `
  SELECT (SELECT count(*) FROM purchase_request) AS purchase_request,
    (SELECT count(*) FROM idempotency_key) AS idempotency_key,
    (SELECT count(*) FROM card) + (SELECT count(*) FROM approval)
      + (SELECT count(*) FROM purchase_request WHERE status = 'denied') AS issued_or_asked,
    (SELECT count(*) FROM log_entry) AS log_entry,
    (SELECT count(*) FROM log_leaf) AS log_leaf,
    (SELECT count(*) FROM log_pending) AS log_pending,
    (SELECT count(*) FROM budget_period LEFT JOIN (
       SELECT period_id, sum(amount_minor) FILTER (WHERE to_account = 'pending') AS pending,
         sum(amount_minor) FILTER (WHERE to_account = 'committed') AS committed
       FROM transfer GROUP BY period_id) AS moved USING (period_id)
     WHERE pending_minor <> coalesce(pending, 0) OR committed_minor <> coalesce(committed, 0)) AS unbalanced`;
