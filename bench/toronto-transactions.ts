// toronto-transactions.ts: the City of Toronto's purchasing-card transactions, for measurements on real spending. The file
// is named as an argument, or lies in a folder `shared/data/toronto-pcard` beside the checkout.
// Contains information licensed under the Open Government Licence - Toronto.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { readRecords } from '../packages/cli/src/replay/read-records.ts';

export interface Transaction {
  readonly division: string;
  readonly costCentre: string;
  readonly merchant: string;
  /** `2011-01-06`. */
  readonly date: string;
  /** Canadian cents; below zero for a refund. */
  readonly amountMinor: number;
}

const FILE = 'transactions-2011-2016.csv.gz';
const BESIDE = join(import.meta.dirname, '../../shared/data/toronto-pcard', FILE);

/** In the order of their dates. */
export async function readToronto(argument: string | undefined): Promise<Transaction[]> {
  const path = argument ?? BESIDE;
  if (!existsSync(path)) throw new Error(`name the file of transactions (\`${FILE}\`) as the argument`);
  const found: Transaction[] = [];
  let header: readonly string[] | null = null;
  for await (const { records } of readRecords(path, {
    delimiter: ',',
    encoding: 'utf-8',
    chunkSize: 4_096,
  })) {
    for (const { cells } of records) {
      if (cells === null) continue;
      if (header === null) {
        header = cells;
        continue;
      }
      const names = header;
      const cellOf = (name: string): string => cells[names.indexOf(name)] ?? '';
      found.push({
        division: cellOf('division'),
        costCentre: cellOf('cost_centre'),
        merchant: cellOf('merchant'),
        date: cellOf('txn_date'),
        amountMinor: Number(cellOf('amount_cents_cad')),
      });
    }
  }
  return found.sort((a, b) => (a.date < b.date ? -1 : Number(a.date > b.date)));
}
