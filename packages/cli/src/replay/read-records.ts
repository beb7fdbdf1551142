// replay/read-records.ts: a CSV file of any size as records with their line numbers, a chunk at a time.
// Quoting is csv-parse's; where a record begins and ends is found here, so that a stray quote costs its own line and
// never swallows those after it. INVARIANT: memory is bounded by one chunk, whatever the file.
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import type { Readable } from 'node:stream';
import { parse } from 'csv-parse/sync';

import { CommandFailure } from '../failure.ts';

export interface CsvRecord {
  /** Of its first line, from 1; the header is line 1. */
  readonly line: number;
  /** null: it could not be read, for `fault`. */
  readonly cells: readonly string[] | null;
  readonly fault: string | null;
}

export interface CsvChunk {
  readonly records: readonly CsvRecord[];
  /** Bytes of the file read so far, compressed ones where it is compressed. */
  readonly bytesRead: number;
}

export interface CsvOptions {
  readonly delimiter: string;
  readonly encoding: 'utf-8' | 'latin1';
  readonly chunkSize: number;
}

/** A line longer than this is a bad row. */
export const LINE_LENGTH_MAX = 100_000;
/** A quoted value with line breaks may span this many lines; beyond, its quote counts as stray. */
const RECORD_LINES_MAX = 100;

export async function fileSize(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    throw new CommandFailure(`cannot read \`${path}\`: ${reasonOf(error)}`);
  }
}

/** The records after the header come in chunks; the header is the first record of the first chunk. */
export async function* readRecords(path: string, options: CsvOptions): AsyncGenerator<CsvChunk> {
  const { stream, bytesRead } = await openText(path);
  const assembler = new RecordAssembler(options);
  let chunk: RawRecord[] = [];
  let line = 0;
  try {
    for await (const text of linesOf(stream, options.encoding)) {
      line += 1;
      chunk.push(...assembler.add(line, text));
      if (chunk.length < options.chunkSize) continue;
      yield { records: parsed(chunk, options), bytesRead: bytesRead() };
      chunk = [];
    }
  } catch (error) {
    throw new CommandFailure(`cannot read \`${path}\` after line ${line}: ${reasonOf(error)}`);
  } finally {
    stream.destroy();
  }
  chunk.push(...assembler.end());
  if (chunk.length > 0) yield { records: parsed(chunk, options), bytesRead: bytesRead() };
}

/** Gzip is known by its first two bytes (RFC 1952 section 2.3.1), not by the name. */
async function openText(path: string): Promise<{ stream: Readable; bytesRead: () => number }> {
  const start = Buffer.alloc(2);
  try {
    const file = await open(path, 'r');
    await file.read(start, 0, 2, 0);
    await file.close();
  } catch (error) {
    throw new CommandFailure(`cannot read \`${path}\`: ${reasonOf(error)}`);
  }
  const raw = createReadStream(path, { highWaterMark: 256 * 1024 });
  const bytesRead = (): number => raw.bytesRead;
  if (start[0] !== 0x1f || start[1] !== 0x8b) return { stream: raw, bytesRead };
  const gunzip = createGunzip();
  raw.on('error', (error) => gunzip.destroy(error));
  gunzip.on('close', () => raw.destroy());
  return { stream: raw.pipe(gunzip), bytesRead };
}

async function* linesOf(stream: Readable, encoding: 'utf-8' | 'latin1'): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  let rest = '';
  for await (const bytes of stream as AsyncIterable<Buffer>) {
    rest += decoder.decode(bytes, { stream: true });
    let from = 0;
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n', from)) {
      yield withoutReturn(rest.slice(from, end));
      from = end + 1;
    }
    rest = rest.slice(from);
    // What is past the limit cannot make the line readable again: keep only that it was too long.
    if (rest.length > 2 * LINE_LENGTH_MAX) rest = rest.slice(0, LINE_LENGTH_MAX + 1);
  }
  rest += decoder.decode();
  if (rest !== '') yield withoutReturn(rest);
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

interface RawRecord {
  readonly line: number;
  readonly text: string;
  readonly fault: string | null;
}

/** Puts physical lines together: a record is whole when its quotes are even. */
class RecordAssembler {
  readonly #options: CsvOptions;
  #open: { readonly line: number; readonly text: string }[] = [];

  constructor(options: CsvOptions) {
    this.#options = options;
  }

  add(line: number, text: string): RawRecord[] {
    if (text.length > LINE_LENGTH_MAX) {
      return [
        ...this.#giveUp(),
        { line, text: '', fault: `the line has more than ${LINE_LENGTH_MAX} characters` },
      ];
    }
    const isOdd = hasOddQuotes(text);
    if (this.#open.length === 0) {
      if (text.trim() === '') return [];
      if (!isOdd) return [{ line, text, fault: null }];
      this.#open.push({ line, text });
      return [];
    }
    this.#open.push({ line, text });
    if (isOdd) {
      const whole = {
        line: this.#open[0]?.line ?? line,
        text: this.#open.map((part) => part.text).join('\n'),
        fault: null,
      };
      // Two stray quotes on different lines look like one value with line breaks: it has to read as one as well.
      if (cellsOf(whole.text, this.#options) !== null) {
        this.#open = [];
        return [whole];
      }
      return this.#giveUp();
    }
    return this.#open.length > RECORD_LINES_MAX ? this.#giveUp() : [];
  }

  end(): RawRecord[] {
    const found: RawRecord[] = [];
    while (this.#open.length > 0) found.push(...this.#giveUp());
    return found;
  }

  /** The quote on the first open line is stray: that line alone is bad, and the others are read again. */
  #giveUp(): RawRecord[] {
    const [first, ...others] = this.#open;
    if (first === undefined) return [];
    this.#open = [];
    return [
      { line: first.line, text: '', fault: 'a quote is not closed' },
      ...others.flatMap((part) => this.add(part.line, part.text)),
    ];
  }
}

function hasOddQuotes(text: string): boolean {
  let isOdd = false;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) isOdd = !isOdd;
  return isOdd;
}

/** Lines without a quote need no parser; the others go through it together, and one by one only if one is bad. */
function parsed(chunk: readonly RawRecord[], options: CsvOptions): CsvRecord[] {
  const quoted = chunk.filter((record) => record.fault === null && record.text.includes('"'));
  const together = parseAll(quoted.map((record) => record.text).join('\n'), options);
  const cellsOfQuoted = new Map<RawRecord, readonly string[] | null>();
  for (const [index, record] of quoted.entries()) {
    const cells = together?.length === quoted.length ? together[index] : cellsOf(record.text, options);
    cellsOfQuoted.set(record, cells ?? null);
  }
  return chunk.map((record) => {
    if (record.fault !== null) return { line: record.line, cells: null, fault: record.fault };
    const cells = cellsOfQuoted.has(record)
      ? cellsOfQuoted.get(record)
      : record.text.split(options.delimiter);
    if (cells == null) return { line: record.line, cells: null, fault: 'a quote stands inside a value' };
    return { line: record.line, cells, fault: null };
  });
}

function cellsOf(text: string, options: CsvOptions): string[] | null {
  const records = parseAll(text, options);
  return records?.length === 1 ? (records[0] ?? null) : null;
}

function parseAll(text: string, { delimiter }: CsvOptions): string[][] | null {
  try {
    return parse(text, { delimiter, relax_column_count: true, record_delimiter: '\n' });
  } catch {
    return null; // the caller says which line it was
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
