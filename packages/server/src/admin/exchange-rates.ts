// admin/exchange-rates.ts: publishes exchange rates, for good: a wrong one is corrected by another. All of them or none.
// Which rate applies is core's to say (rate-book.ts); here they are checked, stored and recorded.
import { newId } from '../ids.ts';
import {
  type ExchangeRateRevisionRow,
  findExchangeRateRevisions,
} from '../ledger/find-exchange-rate-revisions.ts';
import { type ExchangeRateInsert, insertExchangeRates } from '../ledger/insert-exchange-rates.ts';
import { type ListedExchangeRateRow, listExchangeRates } from '../ledger/list-exchange-rates.ts';
import type { ExchangeRateRow } from '../ledger/newest-exchange-rates.ts';
import { callerId } from '../record/caller.ts';
import { type AdminFault, invalid } from './admin-error.ts';
import {
  type Actor,
  type AdminContext,
  applyChange,
  type ChangeOptions,
  type ChangeStep,
  readRows,
} from './apply-change.ts';
import { checkedCurrency } from './checked-input.ts';
import { type Page, type PageQuery, pageOf, pageWindow } from './page.ts';
import { type RateInput, csvOf, readRates, readRatesCsv, refused } from './read-exchange-rates.ts';

export interface ExchangeRateView {
  readonly rateId: string;
  readonly base: string;
  readonly quote: string;
  /** Units of `quote` for one unit of `base`. */
  readonly rate: string;
  readonly date: string;
  readonly source: string;
  readonly methodology: ExchangeRateRow['methodology'];
  readonly supplier: string | null;
  readonly validFrom: string | null;
  readonly validUntil: string | null;
  /** 1, and one more with each correction. */
  readonly revision: number;
  readonly publishedBy: string;
  readonly createdAt: string;
}

export interface ExchangeRateQuery extends PageQuery {
  readonly base?: string | undefined;
  readonly quote?: string | undefined;
  readonly methodology?: string | undefined;
  readonly supplier?: string | undefined;
  readonly source?: string | undefined;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
}

export interface PublishedRates {
  readonly published: number;
  readonly rates: readonly ExchangeRateView[];
}

export interface ExchangeRates {
  publish(actor: Actor, body: unknown, options?: ChangeOptions): Promise<PublishedRates>;
  importCsv(actor: Actor, csv: unknown, options?: ChangeOptions): Promise<PublishedRates>;
  /** The last published first. */
  list(query?: ExchangeRateQuery): Promise<Page<ExchangeRateView>>;
}

const IMPORT = 'exchange_rates.import';

export function createExchangeRates(context: AdminContext): ExchangeRates {
  const today = (): string => new Date(context.now()).toISOString().slice(0, 10);
  return {
    publish: async (actor, body, options) =>
      publish(context, actor, 'exchange_rates.publish', readRates(body, today()), options),
    importCsv: async (actor, csv, options) =>
      publish(context, actor, IMPORT, readRatesCsv(csv, today()), options),
    list: (query) => list(context, query ?? {}),
  };
}

async function publish(
  context: AdminContext,
  actor: Actor,
  operation: string,
  rates: readonly RateInput[],
  options: ChangeOptions | undefined,
): Promise<PublishedRates> {
  const parts = partsOf(rates);
  return applyChange(context, { actor, operation, options, entryCountMax: parts.length }, async (step) => {
    const formers = await formersOf(step, rates);
    const undo = undoOf(rates, formers, operation);
    const published: ExchangeRateInsert[] = [];
    for (const part of parts) {
      const rows = part.map((rate, line): ExchangeRateInsert => {
        const { isCorrection: _, pointer: __, label: ___, ...fields } = rate;
        return {
          ...fields,
          rateId: newId('exr'),
          revision: (formers.get(rate)?.revision ?? 0) + 1,
          publishedBy: callerId(actor),
          createdAtMs: step.at.getTime(),
          entryId: step.entryId,
          line,
        };
      });
      const [first] = rows;
      if (first === undefined) throw new Error('a part has a rate');
      await step.tx.query(insertExchangeRates(rows));
      const corrected = part.flatMap((rate): RecordedRate[] => {
        const former = formers.get(rate);
        return former === undefined ? [] : [former];
      });
      await step.record({
        type: 'exchange_rate.published',
        subjectId: first.rateId,
        before: corrected.length === 0 ? null : { rates: corrected.map(recordedRate) },
        after: { rates: rows.map(recordedRate) },
        ...(undo === null || published.length > 0 ? {} : { undo }),
      });
      published.push(...rows);
    }
    return { published: published.length, rates: published.map(viewOfInsert) };
  });
}

type RecordedRate = Omit<ExchangeRateInsert, 'publishedBy' | 'createdAtMs' | 'entryId' | 'line'>;

/**
 * What was in force before, where every rate corrects an earlier one. One that is new has none to bring back: a rate stays
 * published, and is corrected by another.
 */
function undoOf(
  rates: readonly RateInput[],
  formers: ReadonlyMap<RateInput, RecordedRate>,
  operation: string,
): unknown {
  const undone: Record<string, string>[] = [];
  for (const rate of rates) {
    const former = formers.get(rate);
    if (former === undefined) return null;
    const { rate_id: _, revision: __, ...fields } = recordedRate(former);
    undone.push({ ...(fields as Record<string, string>), correction: 'true' }); // without the revision all are texts
  }
  if (operation === IMPORT) return { csv: csvOf(undone) };
  return { rates: undone.map((fields) => ({ ...fields, correction: true })) };
}

/** As the record has it; what is empty is left out. */
function recordedRate(row: RecordedRate): Record<string, string | number> {
  return {
    base: row.base,
    date: row.date,
    methodology: row.methodology,
    quote: row.quote,
    rate: row.rate,
    rate_id: row.rateId,
    revision: row.revision,
    source: row.source,
    ...(row.supplier === '' ? null : { supplier: row.supplier }),
    ...(row.validFrom === null ? null : { valid_from: row.validFrom }),
    ...(row.validUntil === null ? null : { valid_until: row.validUntil }),
  };
}

/** Bytes of rates in one log entry, which may have 65,535. */
const ENTRY_BYTES_MAX = 48_000;
/** Of a rate's id, its revision and the names of its fields. */
const RATE_BYTES = 220;

function partsOf(rates: readonly RateInput[]): RateInput[][] {
  const parts: RateInput[][] = [];
  let bytes = ENTRY_BYTES_MAX;
  for (const rate of rates) {
    const own =
      RATE_BYTES + rate.source.length + rate.rate.length + Buffer.byteLength(JSON.stringify(rate.supplier));
    const size = rate.isCorrection ? own * 2 : own; // with what it corrects
    if (bytes + size > ENTRY_BYTES_MAX) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(rate);
    bytes += size;
  }
  return parts;
}

/** As what each was published before: only a correction may be published again. */
async function formersOf(
  step: ChangeStep,
  rates: readonly RateInput[],
): Promise<Map<RateInput, RecordedRate>> {
  const { rows } = await step.tx.query<ExchangeRateRevisionRow>(findExchangeRateRevisions(rates));
  const known = new Map(rows.map((row) => [row.ordinal, row]));
  const faults: AdminFault[] = [];
  const formers = new Map<RateInput, RecordedRate>();
  rates.forEach((rate, index) => {
    const row = known.get(index);
    const { pointer, label, isCorrection, ...same } = rate;
    if (row !== undefined) {
      formers.set(rate, {
        ...same,
        rateId: row.rate_id,
        rate: row.rate,
        validFrom: row.valid_from,
        validUntil: row.valid_until,
        revision: row.revision,
      });
    }
    if (isCorrection === (row !== undefined)) return;
    faults.push(
      isCorrection
        ? { pointer, code: 'nothing_to_correct', message: `${label}no such rate was published` }
        : {
            pointer,
            code: 'duplicate_rate',
            message: `${label}this rate was published before: send \`correction\` to replace it`,
          },
    );
  });
  if (faults.length > 0) throw refused(faults);
  return formers;
}

async function list(context: AdminContext, query: ExchangeRateQuery): Promise<Page<ExchangeRateView>> {
  const window = pageWindow(query);
  const currency = (field: string, text: string | undefined): string | undefined =>
    text === undefined ? undefined : checkedCurrency(field, text);
  const rows = await readRows<ListedExchangeRateRow>(
    context.pool,
    listExchangeRates({
      ...query,
      base: currency('/base', query.base),
      quote: currency('/quote', query.quote),
      before: window.after === '' ? null : placeOf(window.after),
      limit: window.limit,
    }),
  );
  return pageOf(rows, window, (row) => `${row.entry_id}/${row.line}`, viewOf);
}

function placeOf(cursor: string): { entryId: bigint; line: number } {
  const match = /^(\d{1,18})\/(\d{1,9})$/.exec(cursor);
  if (match === null) throw invalid('/cursor', 'the cursor is not one that was given here', 'invalid_cursor');
  return { entryId: BigInt(match[1] ?? 0), line: Number(match[2]) };
}

function viewOf(row: ListedExchangeRateRow): ExchangeRateView {
  return {
    rateId: row.rate_id,
    base: row.base,
    quote: row.quote,
    rate: row.rate,
    date: row.rate_date,
    source: row.source,
    methodology: row.methodology,
    supplier: row.supplier === '' ? null : row.supplier,
    validFrom: row.valid_from,
    validUntil: row.valid_until,
    revision: row.revision,
    publishedBy: row.published_by,
    createdAt: row.created_at.toISOString(),
  };
}

function viewOfInsert(row: ExchangeRateInsert): ExchangeRateView {
  const { createdAtMs, entryId: _, line: __, supplier, ...fields } = row;
  return {
    ...fields,
    methodology: row.methodology as ExchangeRateView['methodology'], // as read
    supplier: supplier === '' ? null : supplier,
    createdAt: new Date(createdAtMs).toISOString(),
  };
}
