// bench/baselines/one-statement.ts: sends one-statement.sql for each decision, over a pool.
import { readFileSync } from 'node:fs';
import type { Pool } from 'pg';

import type { DecisionRows, RowSource } from '../decision-rows.ts';
import { promiseValues, singleRowValues } from './single-row-values.ts';

const TEXT = readFileSync(new URL('one-statement.sql', import.meta.url), 'utf8');

export class OneStatement {
  readonly #pool: Pool;
  readonly #source: RowSource;
  #sequence = 0;

  constructor(pool: Pool, source: RowSource) {
    this.#pool = pool;
    this.#source = source;
  }

  async submit(rows: DecisionRows): Promise<bigint> {
    const { request, claim, card, approval, transfers, pendingMinor, committedMinor, typeCode } =
      singleRowValues(rows);
    const sequence = this.#sequence;
    this.#sequence += 1;
    // The statement takes the entry's id; a body of the right length has to be there before.
    const entry = rows.entry(BigInt(sequence));
    const { rows: taken } = await this.#pool.query<{ entry_id: bigint }>({
      name: 'one_statement',
      text: TEXT,
      values: [
        ...request,
        ...claim,
        [...rows.periodIds],
        ...(card ?? new Array<null>(6).fill(null)),
        ...(approval ?? new Array<null>(7).fill(null)),
        ...transfers,
        pendingMinor,
        committedMinor,
        entry.bytes,
        typeCode,
        entry.leafHash,
        ...promiseValues(this.#source, sequence),
        rows.typeCode,
      ],
    });
    const [row] = taken;
    if (row === undefined) throw new Error('the workload has neither duplicates nor empty budgets');
    return row.entry_id;
  }
}
