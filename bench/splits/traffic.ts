// bench/splits/traffic.ts: the City of Toronto's card purchases as Countersign would see them: the merchant's string is the
// vendor, the stated purpose the intent, the cost centre the cost centre, and the city the one legal entity (a division is a
// part of it). They have no project. Refunds are left out. The order within a day is that of the file.
// Contains information licensed under the Open Government Licence - Toronto.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { readTable } from '../suppliers/read-table.ts';

export interface Purchase {
  /** The city's number of the transaction, made unique. */
  readonly id: string;
  /** `2011-01-06`. */
  readonly date: string;
  readonly merchant: string;
  readonly purpose: string;
  readonly costCentre: string | null;
  /** The merchant category's name. */
  readonly category: string;
  /** Canadian cents. */
  readonly amountMinor: bigint;
}

const FILE = 'transactions-2011-2016.csv.gz';
const BESIDE = join(import.meta.dirname, '../../../shared/data/toronto-pcard', FILE);

/** In the order of time. */
export async function readTraffic(argument: string | undefined): Promise<Purchase[]> {
  const path = argument ?? BESIDE;
  if (!existsSync(path)) throw new Error(`name the file of transactions (\`${FILE}\`) as the argument`);
  const counts = new Map<string, number>();
  const purchases = (await readTable(path)).flatMap((row): Purchase[] => {
    const amountMinor = BigInt(row['amount_cents_cad'] ?? '0');
    if (amountMinor <= 0n) return [];
    const number = row['batch_txn_id'] ?? '';
    const count = (counts.get(number) ?? 0) + 1;
    counts.set(number, count);
    return [
      {
        id: count === 1 ? number : `${number}/${count}`,
        date: row['txn_date'] ?? '',
        merchant: row['merchant'] ?? '',
        purpose: row['purpose'] ?? '',
        costCentre: row['cost_centre'] === '' ? null : (row['cost_centre'] ?? null),
        category: row['mcc_desc'] ?? '',
        amountMinor,
      },
    ];
  });
  return purchases.sort((a, b) => (a.date < b.date ? -1 : Number(a.date > b.date)));
}
