import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';

import { LINE_LENGTH_MAX, type CsvRecord, readRecords } from './read-records.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-records-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
async function read(content: string | Buffer, chunkSize = 3, encoding: 'utf-8' | 'latin1' = 'utf-8') {
  const path = join(folder, `${(files += 1)}.csv`);
  writeFileSync(path, content);
  const records: CsvRecord[] = [];
  const sizes: number[] = [];
  for await (const chunk of readRecords(path, { delimiter: ',', encoding, chunkSize })) {
    records.push(...chunk.records);
    sizes.push(chunk.records.length);
  }
  return { records, sizes, path };
}

const cells = (records: readonly CsvRecord[]) => records.map((record) => record.cells);

describe('records of a CSV file', () => {
  it('come with the line they start on, quoted values with commas, quotes and line breaks included', async () => {
    const { records } = await read('a,b\r\n1,"x, ""y"""\r\n\r\n2,"two\nlines"\n3,z');
    expect(records).toEqual([
      { line: 1, cells: ['a', 'b'], fault: null },
      { line: 2, cells: ['1', 'x, "y"'], fault: null },
      { line: 4, cells: ['2', 'two\nlines'], fault: null },
      { line: 6, cells: ['3', 'z'], fault: null },
    ]);
  });

  it('lose one line to a stray quote, never those after it', async () => {
    const { records } = await read('a,b\n1,"open\n2,x\n3,y"z\n4,"q"\n5,5" pipe\n6,ok\n');
    expect(records.map(({ line, fault }) => [line, fault === null])).toEqual([
      [1, true],
      [2, false],
      [3, true],
      [4, false],
      [5, true],
      [6, false],
      [7, true],
    ]);
    expect(records.at(-1)?.cells).toEqual(['6', 'ok']);
  });

  it('report a line that is too long and go on', async () => {
    const { records } = await read(`a,b\n1,${'x'.repeat(3 * LINE_LENGTH_MAX)}\n2,y\n`);
    expect(records.map(({ line, cells: found }) => [line, found])).toEqual([
      [1, ['a', 'b']],
      [2, null],
      [3, ['2', 'y']],
    ]);
  });

  it('are the same from a gzip file, whatever its name, and in small chunks', async () => {
    const text = `a,b\n${Array.from({ length: 10 }, (_, index) => `${index},"v ${index}"`).join('\n')}\n`;
    const plain = await read(text);
    const packed = await read(gzipSync(text));
    expect(packed.records).toEqual(plain.records);
    expect(plain.sizes).toEqual([3, 3, 3, 2]);
  });

  it('are read in the encoding that is named, with a byte order mark left out', async () => {
    expect(cells((await read(Buffer.from('\uFEFFname\ncafé\n'))).records)).toEqual([['name'], ['café']]);
    expect(cells((await read(Buffer.from('name\ncaf\xe9\n', 'latin1'), 3, 'latin1')).records)).toEqual([
      ['name'],
      ['café'],
    ]);
    expect(cells((await read(Buffer.from('name\ncaf\xe9\n', 'latin1'))).records)).toEqual([
      ['name'],
      ['caf\uFFFD'],
    ]);
  });

  it('end with an error that names the line where a compressed file is cut off', async () => {
    const packed = gzipSync(`a\n${'row\n'.repeat(50_000)}`);
    await expect(read(packed.subarray(0, packed.length - 20))).rejects.toThrow(
      /cannot read .* after line \d+/,
    );
    const path = join(folder, 'not there.csv');
    await expect(
      readRecords(path, { delimiter: ',', encoding: 'utf-8', chunkSize: 3 }).next(),
    ).rejects.toThrow('cannot read');
  });

  it('give back whatever was written by the rules of RFC 4180', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', ' ', 'é'), maxLength: 6 });
    const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(rows, async (written) => {
        const text = written
          .map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(','))
          .join('\n');
        expect(cells((await read(text)).records)).toEqual(written);
      }),
      { numRuns: 60 },
    );
  });
});
