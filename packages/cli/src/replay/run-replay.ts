// replay/run-replay.ts: streams a file through a gate: reads a chunk, makes what it needs, decides its rows with many in
// flight, and lets the holds run out that are due by the clock of the data.
// INVARIANT: a file gives the same decisions every time: rows are decided in their order, and a chunk ends before the
// next one begins. Memory is bounded by a chunk, the books and the tally.
import type { Gateway } from '@countersign/server';

import { CommandFailure } from '../failure.ts';
import type { BadRows } from './bad-rows.ts';
import { HoldBook } from './hold-book.ts';
import type { Mapping } from './mapping.ts';
import { type CsvRecord, readRecords } from './read-records.ts';
import { type BadRow, type ReplayRow, type RowReader, createRowReader } from './read-row.ts';
import { RefundBook } from './refund-book.ts';
import type { Registry } from './registry.ts';
import { type RowContext, expireHold, replayRow } from './replay-row.ts';
import { Tally } from './tally.ts';

/** The clock a replay's gateway runs on: the time of the data. Never goes back. */
export interface DataClock {
  nowMs: number;
}

export interface ReplayProgress {
  readonly rows: number;
  readonly bytesRead: number;
  readonly tally: Tally;
}

export interface ReplayOptions {
  readonly file: string;
  readonly mapping: Mapping;
  readonly gateway: Pick<Gateway, 'gate'>;
  readonly registry: Registry;
  readonly policyId: string;
  readonly clock: DataClock;
  readonly badRows: BadRows;
  /** Charge and settle what is approved. */
  readonly settles: boolean;
  readonly rowsMax: number;
  readonly onProgress?: (progress: ReplayProgress) => void;
  /** Stops at the next chunk. */
  readonly signal?: AbortSignal;
}

export interface ReplayResult {
  readonly tally: Tally;
  readonly firstAtMs: number | null;
  readonly lastAtMs: number | null;
  /** Holds that had time left when the data ended. */
  readonly waitingHolds: number;
  /** Why not the whole file was read; null: it was, or as much as was asked for. */
  readonly interrupted: string | null;
}

const CHUNK_ROWS = 1_024;
const ROWS_IN_FLIGHT_MAX = 256;

export async function runReplay(options: ReplayOptions): Promise<ReplayResult> {
  const tally = new Tally();
  const holds = new HoldBook();
  const late: BadRow[] = [];
  const { registry, policyId, settles } = options;
  const context: RowContext = {
    gate: options.gateway.gate,
    registry,
    policyId,
    settles,
    tally,
    holds,
    refunds: new RefundBook(),
    bad: (row) => late.push(row),
  };
  const span = { firstAtMs: null as number | null, lastAtMs: null as number | null };
  const report = (bytesRead: number): void => {
    options.onProgress?.({ rows: tally.decidedRows + tally.refundRows + tally.badRows, bytesRead, tally });
  };
  let interrupted: string | null = null;
  let reader: RowReader | null = null;
  let bytesDone = 0;
  try {
    for await (const { records, bytesRead } of chunksOf(options)) {
      let data: readonly CsvRecord[] = records;
      if (reader === null) {
        const [header, ...rest] = records;
        reader = createRowReader(options.mapping, header?.cells ?? []);
        data = rest;
      }
      const rows = await readRows(
        data.slice(0, options.rowsMax - tally.readRows),
        reader,
        tally,
        options.badRows,
      );
      if (rows.length > 0) {
        advance(options.clock, span, rows);
        await expireDue(context, options.clock.nowMs);
        await registry.prepare(rows);
        const bytesBefore = bytesDone;
        await decideAll(rows, context, (done) => {
          report(bytesBefore + ((bytesRead - bytesBefore) * done) / rows.length);
        });
      }
      for (const row of late.splice(0)) {
        tally.badRows += 1;
        await options.badRows.add(row);
      }
      bytesDone = bytesRead;
      report(bytesRead);
      if (tally.readRows >= options.rowsMax) break;
      if (options.signal?.aborted === true) {
        interrupted = 'it was interrupted';
        break;
      }
    }
  } catch (error) {
    // What could be read is decided and counted: say so, with the reason, instead of throwing the result away.
    if (tally.readRows === 0 || !isUnreadable(error)) throw error;
    interrupted = error.message;
  }
  if (reader === null) throw new CommandFailure(`\`${options.file}\` is empty: it needs a header row`);
  if (options.signal?.aborted !== true) await expireDue(context, span.lastAtMs ?? 0);
  return { tally, ...span, waitingHolds: holds.size, interrupted };
}

class UnreadableError extends Error {}

function isUnreadable(error: unknown): error is UnreadableError {
  return error instanceof UnreadableError;
}

async function* chunksOf({ file, mapping }: ReplayOptions): ReturnType<typeof readRecords> {
  const chunks = readRecords(file, {
    delimiter: mapping.delimiter,
    encoding: mapping.encoding,
    chunkSize: CHUNK_ROWS,
  });
  let isFirst = true;
  for (;;) {
    let next;
    try {
      next = await chunks.next();
    } catch (error) {
      if (isFirst || !(error instanceof Error)) throw error;
      throw new UnreadableError(error.message, { cause: error });
    }
    if (next.done === true) return;
    isFirst = false;
    yield next.value;
  }
}

async function readRows(
  records: readonly CsvRecord[],
  reader: RowReader,
  tally: Tally,
  badRows: BadRows,
): Promise<ReplayRow[]> {
  const rows: ReplayRow[] = [];
  for (const record of records) {
    tally.readRows += 1;
    const row = reader(record);
    if (row.kind !== 'bad') {
      rows.push(row);
      continue;
    }
    tally.badRows += 1;
    await badRows.add(row);
  }
  return rows;
}

/** Files are seldom in perfect order: the clock is the earliest time of a chunk, and never goes back. */
function advance(
  clock: DataClock,
  span: { firstAtMs: number | null; lastAtMs: number | null },
  rows: readonly ReplayRow[],
): void {
  let earliest = Number.POSITIVE_INFINITY;
  for (const { atMs } of rows) {
    earliest = Math.min(earliest, atMs);
    span.firstAtMs = Math.min(span.firstAtMs ?? atMs, atMs);
    span.lastAtMs = Math.max(span.lastAtMs ?? atMs, atMs);
  }
  clock.nowMs = Math.max(clock.nowMs, earliest);
}

/** In pieces, so that a long gap in the data does not queue every hold at once. */
async function expireDue(context: RowContext, nowMs: number): Promise<void> {
  for (;;) {
    const due: Promise<void>[] = [];
    while (due.length < ROWS_IN_FLIGHT_MAX) {
      const hold = context.holds.takeDue(nowMs);
      if (hold === undefined) break;
      due.push(expireHold(hold, context));
    }
    if (due.length === 0) return;
    await Promise.all(due);
  }
}

/** Keeps so many rows under way, started in order; the first failure stops the start of further ones. */
async function decideAll(
  rows: readonly ReplayRow[],
  context: RowContext,
  onDone: (rowCount: number) => void,
): Promise<void> {
  const inFlight = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let started = 0;
  for (const row of rows) {
    if (failures.length > 0) break;
    const task = replayRow(row, context)
      .catch((error: unknown) => {
        failures.push(error);
      })
      .finally(() => inFlight.delete(task));
    inFlight.add(task);
    started += 1;
    if (inFlight.size < ROWS_IN_FLIGHT_MAX) continue;
    await Promise.race(inFlight);
    onDone(started - inFlight.size);
  }
  await Promise.all(inFlight);
  if (failures.length > 0) throw failures[0];
}
