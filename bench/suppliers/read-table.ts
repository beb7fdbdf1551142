// bench/suppliers/read-table.ts: a CSV file as rows by column name.
import { readRecords } from '../../packages/cli/src/replay/read-records.ts';

export type Row = Readonly<Record<string, string>>;

export async function readTable(path: string): Promise<Row[]> {
  let header: readonly string[] | null = null;
  const rows: Row[] = [];
  for await (const { records } of readRecords(path, {
    delimiter: ',',
    encoding: 'utf-8',
    chunkSize: 2_000,
  })) {
    for (const { cells } of records) {
      if (cells === null) continue;
      if (header === null) header = cells;
      else rows.push(Object.fromEntries(header.map((name, at) => [name, (cells[at] ?? '').trim()])));
    }
  }
  return rows;
}
