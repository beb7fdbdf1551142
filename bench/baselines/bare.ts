// bench/baselines/bare.ts: a group commit of the same rows without controls: no policy, no facts, no lock but that of the
// budget update. Batches and pipelines like the gate and uses its multi-row statements: what PostgreSQL itself can do.
import type { Client } from 'pg';

import { binaryArray } from '../../packages/server/src/db/binary-array.ts';
import type { InclusionPromise } from '@countersign/audit';

import type { Statement } from '../../packages/server/src/db/statement.ts';
import { combineStatements } from '../../packages/server/src/db/combine-statements.ts';
import { insertIdempotencyKeys } from '../../packages/server/src/ledger/insert-idempotency-keys.ts';
import { insertPurchases } from '../../packages/server/src/ledger/insert-purchases.ts';
import { insertTransfers } from '../../packages/server/src/ledger/insert-transfers.ts';
import { insertPromise } from '../../packages/server/src/ledger/insert-promise.ts';
import { recordEntries } from '../../packages/server/src/ledger/record-entries.ts';
import { takeEntryIds } from '../../packages/server/src/ledger/take-entry-ids.ts';
import { upsertApprovals } from '../../packages/server/src/ledger/upsert-approvals.ts';
import { upsertCards } from '../../packages/server/src/ledger/upsert-cards.ts';
import type { DecisionRows, RowSource } from '../decision-rows.ts';

interface Queued {
  readonly rows: DecisionRows;
  readonly resolve: (entryId: bigint) => void;
  readonly reject: (error: unknown) => void;
}

export class BareGroupCommit {
  readonly #client: Client;
  readonly #source: Pick<RowSource, 'promise' | 'gatewayId'>;
  readonly #batchSizeMax: number;
  #queue: Queued[] = [];
  #flushing = false;
  #sequence = 0;

  /** @param client in pipeline mode; nobody else may use it */
  constructor(client: Client, source: Pick<RowSource, 'promise' | 'gatewayId'>, batchSizeMax: number) {
    this.#client = client;
    this.#source = source;
    this.#batchSizeMax = batchSizeMax;
  }

  /** Resolves once the rows have committed. */
  submit(rows: DecisionRows): Promise<bigint> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ rows, resolve, reject });
      if (this.#flushing) return;
      this.#flushing = true;
      void this.#flushAll();
    });
  }

  async #flushAll(): Promise<void> {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, this.#batchSizeMax);
      try {
        const entryIds = await this.#commit(batch.map((queued) => queued.rows));
        for (const [index, queued] of batch.entries()) queued.resolve(entryIds[index] ?? 0n);
      } catch (error) {
        for (const queued of batch) queued.reject(error);
      }
    }
    this.#flushing = false;
  }

  async #commit(batch: readonly DecisionRows[]): Promise<bigint[]> {
    const send = async (statement: Statement): Promise<unknown[]> => {
      const result = await this.#client.query<Record<string, unknown>>(statement);
      if (statement.name === 'commit' && result.command !== 'COMMIT')
        throw new Error('rolled back at COMMIT');
      return result.rows;
    };
    const [, taken] = await Promise.all([
      send({ name: 'begin', text: 'BEGIN', values: [] }),
      send(takeEntryIds(batch.length)),
    ]);
    const entryIds = (taken as { entry_id: bigint }[]).map((row) => row.entry_id);
    const written = batch.map((rows, index) => ({ rows, entryId: entryIds[index] ?? 0n }));
    await Promise.all([
      ...this.#statements(written).map(send),
      send({ name: 'commit', text: 'COMMIT', values: [] }),
    ]);
    return entryIds;
  }

  #statements(written: readonly { rows: DecisionRows; entryId: bigint }[]): Statement[] {
    const requests = written.map(({ rows, entryId }) => ({ ...rows.request, entryId }));
    const approvals = written.flatMap(({ rows, entryId }) =>
      rows.approval === null ? [] : { ...rows.approval, entryId },
    );
    const cards = written.flatMap(({ rows, entryId }) =>
      rows.card === null ? [] : { ...rows.card, entryId },
    );
    const transfers = written.flatMap(({ rows, entryId }) =>
      rows.transfers.map((transfer, line) => ({ ...transfer, entryId, line })),
    );
    const state = combineStatements([
      insertPurchases(requests),
      ...(approvals.length === 0 ? [] : [upsertApprovals(approvals)]),
      ...(cards.length === 0 ? [] : [upsertCards(cards)]),
      insertIdempotencyKeys(
        written.map(({ rows }) => rows.claim),
        requests[0]?.createdAtMs ?? 0,
      ),
      ...(transfers.length === 0 ? [] : [insertTransfers(transfers), addToBalances(transfers)]),
    ]);
    return [state, ...this.#recordEntries(written)];
  }

  /** The gate's own statements, with a promise that was signed once. */
  #recordEntries(written: readonly { rows: DecisionRows; entryId: bigint }[]): Statement[] {
    const sequence = this.#sequence;
    this.#sequence += 1;
    const promise = JSON.parse(this.#source.promise) as InclusionPromise; // as the gate stored it
    const entries = written.map(({ rows, entryId }) => ({
      ...rows.entry(entryId),
      entryId,
      subjectId: rows.request.requestId,
      typeCode: rows.typeCode,
      promise,
    }));
    return [recordEntries(entries), insertPromise({ entries, gateway: this.#source.gatewayId, sequence })];
  }
}

/** One row version for each period and batch, as the gate writes it; added to, since nobody has read the balance. */
function addToBalances(transfers: readonly DecisionRows['transfers'][number][]): Statement {
  const sums = new Map<bigint, { pending: bigint; committed: bigint }>();
  for (const { periodId, to, amountMinor } of transfers) {
    const sum = sums.get(periodId) ?? { pending: 0n, committed: 0n };
    if (to === 'pending') sum.pending += amountMinor;
    else sum.committed += amountMinor;
    sums.set(periodId, sum);
  }
  const values = [...sums.values()];
  return {
    name: 'add_to_balances',
    text: `UPDATE budget_period SET pending_minor = pending_minor + pending, committed_minor = committed_minor + committed
           FROM unnest($1::int8[], $2::int8[], $3::int8[]) AS sum (id, pending, committed) WHERE period_id = id`,
    values: [
      binaryArray.int8([...sums.keys()]),
      binaryArray.int8(values.map((sum) => sum.pending)),
      binaryArray.int8(values.map((sum) => sum.committed)),
    ],
  };
}
