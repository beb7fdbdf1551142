// bench/baselines/plain.ts: the plain form: an interactive transaction for each decision, one call for each table, as an
// ordinary web application writes it. The budget row is locked from the look to the commit.
import type { Pool, PoolClient, QueryResultRow } from 'pg';

import type { DecisionRows, RowSource } from '../decision-rows.ts';
import { promiseValues, singleRowValues } from './single-row-values.ts';

export const PLAIN_CONNECTIONS_MAX = 32;

export class PlainTransactions {
  readonly #pool: Pool;
  readonly #source: RowSource;
  #sequence = 0;

  /** @param pool at most {@link PLAIN_CONNECTIONS_MAX} connections: more only queue for the same locks */
  constructor(pool: Pool, source: RowSource) {
    this.#pool = pool;
    this.#source = source;
  }

  async submit(rows: DecisionRows): Promise<bigint> {
    const client = await this.#pool.connect();
    let failed = true;
    try {
      const entryId = await this.#decide(client, rows);
      failed = false;
      return entryId;
    } finally {
      client.release(failed);
    }
  }

  async #decide(client: PoolClient, rows: DecisionRows): Promise<bigint> {
    const run = async <Row extends QueryResultRow>(
      name: keyof typeof SQL,
      values: unknown[] = [],
    ): Promise<Row[]> => (await client.query<Row>({ name, text: SQL[name], values })).rows;
    const { request } = rows;
    const values = singleRowValues(rows);
    await run('begin');
    await run('claim', [...values.claim, new Date(request.createdAtMs)]);
    const periods = await run<{ room: bigint }>('lock', [[...rows.periodIds]]);
    const duplicates = await run('duplicates', [request.fingerprint, new Date(request.createdAtMs)]);
    if (duplicates.length > 0 || periods.some((period) => period.room < request.amountMinor)) {
      throw new Error('the workload has neither duplicates nor empty budgets');
    }
    const [taken] = await run<{ entry_id: bigint }>('take');
    const entryId = taken?.entry_id ?? 0n;
    const entry = rows.entry(entryId);
    await run('request', [...values.request, entryId]);
    if (values.card !== null) await run('card', [...values.card, entryId]);
    if (values.approval !== null) await run('approval', [...values.approval, entryId]);
    if (rows.transfers.length > 0) {
      await run('transfer', [entryId, ...values.transfers]);
      await run('balance', [values.transfers[0], values.pendingMinor, values.committedMinor]);
    }
    await run('entry', [entryId, rows.typeCode, request.requestId, entry.bytes]);
    await run('pending', [entryId, values.typeCode, entry.leafHash]);
    const sequence = this.#sequence;
    this.#sequence += 1;
    await run('promise', [entryId, ...promiseValues(this.#source, sequence)]);
    await run('commit');
    return entryId;
  }
}

const SQL = {
  begin: 'BEGIN',
  claim: `INSERT INTO idempotency_key (key_hash, body_hash, resource_id, created_at)
          VALUES ($1::uuid, $2, $3, $4) ON CONFLICT DO NOTHING`,
  lock: `SELECT limit_minor - pending_minor - committed_minor - spent_minor AS room
         FROM budget_period WHERE period_id = ANY ($1::int8[]) ORDER BY period_id FOR NO KEY UPDATE`,
  duplicates: `SELECT 1 FROM purchase_request WHERE fingerprint = $1 AND status IN ('approved', 'held')
               AND created_at > $2::timestamptz - interval '60 minutes' LIMIT 1`,
  take: `SELECT nextval('log_entry_id') AS entry_id`,
  request: `INSERT INTO purchase_request (request_id, agent_id, fingerprint, vendor, currency, amount_minor, private_text,
              created_at, status, checkout_status, reserved_periods, reserved_minor, approved_by, decision_entry_id,
              last_entry_id)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)`,
  card: `INSERT INTO card (card_id, rail, provider, status, last4, expires_at, entry_id, last_entry_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`,
  approval: `INSERT INTO approval (approval_id, request_id, status, terms_hash, steps, created_at, expires_at, next_due_at,
               last_entry_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $6::timestamptz + ($7::timestamptz - $6::timestamptz) / 2, $8)`,
  transfer: `INSERT INTO transfer (entry_id, line, period_id, from_account, to_account, amount_minor)
             SELECT $1, line - 1, period_id, from_account, to_account, amount_minor
             FROM unnest($2::int8[], $3::account[], $4::account[], $5::int8[]) WITH ORDINALITY
               AS new (period_id, from_account, to_account, amount_minor, line)`,
  balance: `UPDATE budget_period SET pending_minor = pending_minor + $2, committed_minor = committed_minor + $3
            WHERE period_id = ANY ($1::int8[])`,
  entry: 'INSERT INTO log_entry (entry_id, type_code, subject_id, body) VALUES ($1, $2, $3, $4)',
  pending: `INSERT INTO log_pending (first_entry_id, entry_ids, type_codes, leaf_hashes)
            VALUES ($1, ARRAY[$1::int8], $2, $3)`,
  promise: `INSERT INTO log_promise (first_entry_id, gateway_id, sequence, entry_ids, promise)
            VALUES ($1, $2, $3, ARRAY[$1::int8], $4)`,
  commit: 'COMMIT',
};
