// replay/read-row.ts: what one record of the data means: a purchase, a refund, or a bad row with its reason.
// Missing facts stay null, which the gate's rules judge; a fact that is there but unreadable makes the row bad.
import { createHash } from 'node:crypto';

import { type CurrencyCode, parseAmount, parseCountry, parseCurrency, parseRail } from '@countersign/server';

import { usageFailure } from '../failure.ts';
import { instantOf, parseInstant, parseLocalDate, parseTimeOfDay } from './local-time.ts';
import { type Mapping, type Source, TEXT_FIELDS, type TextField, columnsOf } from './mapping.ts';
import type { CsvRecord } from './read-records.ts';

export interface ReplayRow {
  readonly kind: 'purchase' | 'refund';
  readonly line: number;
  /** Milliseconds: when it happened, and when it was posted (the same where the data do not say). */
  readonly atMs: number;
  readonly postedAtMs: number;
  /** `YYYY-MM`, as the data have it. */
  readonly month: string;
  readonly agentId: string;
  /** As the data have it, for the agent's name. */
  readonly agentName: string;
  readonly vendor: string;
  /** Always above zero. */
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
  readonly facts: Readonly<Record<TextField, string | null>>;
}

export interface BadRow {
  readonly kind: 'bad';
  readonly line: number;
  readonly reason: string;
}

export type RowReader = (record: CsvRecord) => ReplayRow | BadRow;

const LENGTH_MAX: Readonly<Record<TextField, number>> = {
  mcc: 4,
  cost_center: 128,
  category: 128,
  project: 128,
  rail: 32,
  country: 2,
  team: 64,
  intent: 2_000,
};
const VENDOR_LENGTH_MAX = 255;
const AGENT_ID_LENGTH_MAX = 64;

class RowFault extends Error {}

/** @throws CommandFailure where the mapping names a column that the header has not */
export function createRowReader(mapping: Mapping, header: readonly string[]): RowReader {
  const indexOf = new Map(header.map((name, index) => [name.replace(/^\uFEFF/, '').trim(), index]));
  for (const [field, column] of columnsOf(mapping)) {
    if (indexOf.has(column)) continue;
    throw usageFailure(
      `the data have no column \`${column}\`, which the mapping names for \`${field}\`; there are: ${[...indexOf.keys()].join(', ')}`,
    );
  }
  return ({ line, cells, fault }) => {
    if (cells === null) return { kind: 'bad', line, reason: fault ?? 'it cannot be read' };
    if (cells.length !== header.length) {
      return { kind: 'bad', line, reason: `it has ${cells.length} columns instead of ${header.length}` };
    }
    try {
      return readRow(mapping, line, (column) => (cells[indexOf.get(column) ?? -1] ?? '').trim());
    } catch (error) {
      if (error instanceof RowFault) return { kind: 'bad', line, reason: error.message };
      throw error;
    }
  };
}

type Cell = (column: string) => string;

function readRow(mapping: Mapping, line: number, cell: Cell): ReplayRow {
  const { atMs, month } = timeOf(mapping, cell);
  const postedAtMs = postedAt(mapping, cell, atMs);
  const vendor = checkedText('vendor', cell(mapping.vendor), VENDOR_LENGTH_MAX);
  if (vendor === '') throw new RowFault('vendor is empty');
  const currencyText = textFrom(mapping.currency, cell) ?? mapping.defaultCurrency;
  const currency = parseCurrency(currencyText);
  if (currency === undefined) throw new RowFault(`currency \`${shown(currencyText)}\` is not known`);
  const { amountMinor, isNegative } = amountOf(mapping, cell, currency);
  const isRefund = refundOf(mapping, cell, isNegative);
  const agentName = checkedText('agent', textFrom(mapping.agent, cell) ?? '', 200);
  const agentId = agentIdOf(mapping.agent.prefix, agentName);
  return {
    kind: isRefund ? 'refund' : 'purchase',
    line,
    atMs,
    postedAtMs,
    month,
    agentId,
    agentName,
    vendor,
    amountMinor,
    currency,
    facts: factsOf(mapping, cell),
  };
}

function timeOf(mapping: Mapping, cell: Cell): { atMs: number; month: string } {
  const { column, format } = mapping.date;
  const text = cell(column);
  if (format === 'RFC3339') {
    const atMs = parseInstant(text);
    if (atMs === undefined) throw new RowFault(`date \`${shown(text)}\` is not an RFC 3339 instant`);
    return { atMs, month: text.slice(0, 7) };
  }
  const date = parseLocalDate(text, format);
  if (date === undefined) throw new RowFault(`date \`${shown(text)}\` is not a date written ${format}`);
  const time = textFrom(mapping.time, cell) ?? mapping.timeOfDay;
  const minute = parseTimeOfDay(time);
  if (minute === undefined) throw new RowFault(`time \`${shown(time)}\` is not a time written HH:MM`);
  const month = `${String(date.year).padStart(4, '0')}-${String(date.month).padStart(2, '0')}`;
  return { atMs: instantOf(date, minute, mapping.timeZone), month };
}

/** A posting date that is empty or before the purchase says nothing: the purchase's own time stands for it. */
function postedAt(mapping: Mapping, cell: Cell, atMs: number): number {
  if (mapping.postingDate === null) return atMs;
  const { column, format } = mapping.postingDate;
  const text = cell(column);
  if (text === '') return atMs;
  const minute = parseTimeOfDay(mapping.timeOfDay) ?? 0;
  const date = format === 'RFC3339' ? undefined : parseLocalDate(text, format);
  const postedAtMs =
    format === 'RFC3339'
      ? parseInstant(text)
      : date === undefined
        ? undefined
        : instantOf(date, minute, mapping.timeZone);
  if (postedAtMs === undefined)
    throw new RowFault(`posting date \`${shown(text)}\` is not a date written ${format}`);
  return Math.max(postedAtMs, atMs);
}

function amountOf(
  mapping: Mapping,
  cell: Cell,
  currency: CurrencyCode,
): { amountMinor: bigint; isNegative: boolean } {
  const { column, unit } = mapping.amount;
  const text = cell(column);
  const isNegative = text.startsWith('-');
  const magnitude = isNegative ? text.slice(1) : text;
  if (unit === 'minor') {
    if (!/^\d{1,18}$/.test(magnitude))
      throw new RowFault(`amount \`${shown(text)}\` is not a whole number of minor units`);
    if (BigInt(magnitude) === 0n) throw new RowFault('amount is zero');
    return { amountMinor: BigInt(magnitude), isNegative };
  }
  const parsed = parseAmount(magnitude, currency);
  if (!parsed.ok) throw new RowFault(`amount \`${shown(text)}\`: ${parsed.message}`);
  return { amountMinor: parsed.minor, isNegative };
}

function refundOf(mapping: Mapping, cell: Cell, isNegative: boolean): boolean {
  if (mapping.refunds.by === 'negative_amount') return isNegative;
  const isRefund = mapping.refunds.values.has(cell(mapping.refunds.column));
  if (isNegative && !isRefund)
    throw new RowFault('amount is negative, and the row is not marked as a refund');
  return isRefund;
}

function factsOf(mapping: Mapping, cell: Cell): Record<TextField, string | null> {
  const facts: Record<TextField, string | null> = {
    mcc: null,
    cost_center: null,
    category: null,
    project: null,
    rail: null,
    country: null,
    team: null,
    intent: null,
  };
  for (const field of TEXT_FIELDS) {
    const text = textFrom(mapping.texts[field], cell);
    facts[field] = text === null ? null : readFact(field, text);
  }
  return facts;
}

function readFact(field: TextField, text: string): string {
  const value = checkedText(field, text, LENGTH_MAX[field]);
  switch (field) {
    case 'mcc':
      // A spreadsheet has dropped the zeros in front.
      if (!/^\d{1,4}$/.test(value)) throw new RowFault(`mcc \`${shown(text)}\` is not up to four digits`);
      return value.padStart(4, '0');
    case 'rail': {
      const rail = parseRail(value);
      if (rail === undefined) throw new RowFault(`rail \`${shown(text)}\` is not known`);
      return rail;
    }
    case 'country': {
      const country = parseCountry(value);
      if (country === undefined) throw new RowFault(`country \`${shown(text)}\` is not a two-letter code`);
      return country;
    }
    case 'team':
      return agentIdOf('', value);
    default:
      return value;
  }
}

function textFrom(source: Source, cell: Cell): string | null {
  const text = source.column === null ? '' : cell(source.column);
  return text === '' ? source.fallback : text;
}

function checkedText(field: string, text: string, lengthMax: number): string {
  if (text.length > lengthMax) throw new RowFault(`${field} has more than ${lengthMax} characters`);
  if (text.includes('\uFFFD')) throw new RowFault(`${field} has bytes that are not in the data's encoding`);
  if (/[\p{Cc}\p{Cs}]/u.test(text)) throw new RowFault(`${field} has control characters`);
  return text;
}

/**
 * An id of letters, digits and `_`: `PARKS, FORESTRY & RECREATION` is `parks_forestry_recreation`. Names that differ
 * only in letter case and punctuation are one agent; a name that is cut or has no such letters gets a digest.
 */
export function agentIdOf(prefix: string, name: string): string {
  if (name === '') throw new RowFault('agent is empty');
  const roomMax = AGENT_ID_LENGTH_MAX - prefix.length;
  const id = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  if (id !== '' && id.length <= roomMax) return prefix + id;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 12);
  return `${prefix}${id.slice(0, roomMax - 13)}_${digest}`;
}

function shown(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 40)}...`;
}
