// admin/read-exchange-rates.ts: reads what was sent as exchange rates, as JSON or CSV, and finds every fault of it at once.
// Must not look anything up: whether a rate was published before is asked under the lock.
import { csvCell } from './csv-cell.ts';
import { type Methodology, METHODOLOGIES, parseCurrency, parseRate } from '@countersign/core';
import { CsvError, type Info, parse } from 'csv-parse/sync';

import { AdminError, type AdminFault, invalid } from './admin-error.ts';

export interface RateInput {
  readonly base: string;
  readonly quote: string;
  readonly rate: string;
  readonly date: string;
  readonly source: string;
  readonly methodology: Methodology;
  /** Empty: whomever it is bought from. */
  readonly supplier: string;
  readonly validFrom: string | null;
  readonly validUntil: string | null;
  /** It replaces one that was published for the same pair, day, methodology and source. */
  readonly isCorrection: boolean;
  /** Where it was sent: a JSON pointer, or the place of the row. */
  readonly pointer: string;
  /** What a message about it begins with: `row 3: `, or nothing. */
  readonly label: string;
}

const RATES_MAX = 5_000;

type Fields = Readonly<Record<string, unknown>>;

const FIELDS = [
  'base',
  'quote',
  'rate',
  'date',
  'source',
  'methodology',
  'supplier',
  'valid_from',
  'valid_until',
  'correction',
] as const;
const REQUIRED_COLUMNS = ['base', 'quote', 'rate', 'date', 'source', 'methodology'] as const;

/** One rate, or `{rates: [...]}`. `today`: UTC, `2026-03-04`. */
export function readRates(body: unknown, today: string): RateInput[] {
  if (!isFields(body)) throw invalid('', 'send a rate, or `{"rates": [...]}`', 'wrong_type');
  const { rates, ...others } = body;
  if (rates === undefined) return checked([new RateReader(body, { pointer: '', label: '', today })]);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw invalid(`/${unknown}`, 'beside `rates` nothing is expected', 'unknown_field');
  if (!Array.isArray(rates) || rates.length === 0 || rates.length > RATES_MAX) {
    throw invalid('/rates', `it is a list of 1 to ${RATES_MAX} rates`, 'out_of_range');
  }
  return checked(
    rates.map((rate: unknown, index) => {
      const pointer = `/rates/${index}`;
      if (!isFields(rate)) throw invalid(pointer, 'a rate is an object', 'wrong_type');
      return new RateReader(rate, { pointer, label: '', today });
    }),
  );
}

/** With a header row; columns that are not known are refused. Rows are counted as a spreadsheet does, the header being 1. */
export function readRatesCsv(csv: unknown, today: string): RateInput[] {
  if (typeof csv !== 'string') throw invalid('/csv', 'the CSV is one text', 'wrong_type');
  let records: { record: Record<string, string>; info: Info }[];
  try {
    records = parse(csv, { columns: true, bom: true, trim: true, skip_empty_lines: true, info: true });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw invalid('/csv', `the CSV cannot be read: ${error.message}`, 'malformed_csv');
  }
  const [first] = records;
  if (first === undefined || records.length > RATES_MAX) {
    throw invalid('/csv', `a file has a header and 1 to ${RATES_MAX} rates`, 'out_of_range');
  }
  const columns = Object.keys(first.record);
  const missing = REQUIRED_COLUMNS.filter((name) => !columns.includes(name));
  const unknown = columns.filter((name) => !FIELDS.some((known) => known === name));
  const faults = [
    ...missing.map((name) => fault('/csv', 'missing_column', `row 1: there is no column \`${name}\``)),
    ...unknown.map(() => fault('/csv', 'unknown_column', `row 1: columns are ${FIELDS.join(', ')}`)),
  ];
  if (faults.length > 0) throw refused(faults);
  return checked(
    records.map(({ record, info }) => {
      const fields = Object.fromEntries(Object.entries(record).filter(([, cell]) => cell !== ''));
      return new RateReader(fields, { pointer: `/csv/${info.lines}`, label: `row ${info.lines}: `, today });
    }),
  );
}

/** The file that says these rates; what is left out of one is an empty cell. */
export function csvOf(rates: readonly Readonly<Record<string, string>>[]): string {
  const lines = rates.map((rate) => FIELDS.map((name) => csvCell(rate[name] ?? '')).join(','));
  return [FIELDS.join(','), ...lines, ''].join('\n');
}

export function refused(faults: readonly AdminFault[]): AdminError {
  const more = faults.length === 1 ? '' : ` (and ${faults.length - 1} more)`;
  return new AdminError('invalid', `nothing was published: ${faults[0]?.message ?? ''}${more}`, { faults });
}

/** Two of them are the same rate when these agree. */
function rateKey(
  rate: Omit<RateInput, 'isCorrection' | 'pointer' | 'label' | 'rate' | 'validFrom' | 'validUntil'>,
): string {
  const { methodology, base, quote, supplier, date, source } = rate;
  return [methodology, base, quote, supplier, date, source].join('|');
}

function checked(readers: readonly RateReader[]): RateInput[] {
  const faults: AdminFault[] = [];
  const rates: RateInput[] = [];
  const firsts = new Map<string, RateInput>();
  for (const reader of readers) {
    const rate = reader.read();
    faults.push(...reader.faults);
    if (rate === null) continue;
    rates.push(rate);
    const key = rateKey(rate);
    const earlier = firsts.get(key);
    if (earlier === undefined) firsts.set(key, rate);
    else
      faults.push(
        fault(
          rate.pointer,
          'duplicate_rate',
          `${rate.label}the same rate stands above, at ${earlier.label === '' ? earlier.pointer : earlier.label.replace(': ', '')}`,
        ),
      );
  }
  if (faults.length > 0) throw refused(faults);
  return rates;
}

class RateReader {
  readonly faults: AdminFault[] = [];
  readonly #fields: Fields;
  readonly #pointer: string;
  readonly #label: string;
  readonly #today: string;

  constructor(fields: Fields, { pointer, label, today }: { pointer: string; label: string; today: string }) {
    this.#fields = fields;
    this.#pointer = pointer;
    this.#label = label;
    this.#today = today;
  }

  /** null: it has faults. */
  read(): RateInput | null {
    for (const name of Object.keys(this.#fields)) {
      if (!FIELDS.some((known) => known === name))
        this.#fault(name, 'unknown_field', 'there is no such field');
    }
    const methodology = this.#methodology();
    const base = this.#currency('base');
    const quote = this.#currency('quote');
    if (base !== '' && base === quote)
      this.#fault('quote', 'same_currency', '`base` and `quote` are the same currency');
    const date = this.#date('date') ?? this.#missing('date');
    if (date > this.#today)
      this.#fault('date', 'date_in_future', `\`date\` lies after today, ${this.#today} UTC`);
    const rate: RateInput = {
      base,
      quote,
      rate: this.#rate(),
      date,
      source:
        this.#text(
          'source',
          /^[A-Za-z0-9][A-Za-z0-9 _.:/-]{0,63}$/,
          '1 to 64 letters, digits, spaces, `_`, `.`, `:`, `/` or `-`',
        ) ?? this.#missing('source'),
      methodology,
      supplier: this.#supplier(methodology),
      ...this.#period(methodology, date),
      isCorrection: this.#correction(),
      pointer: this.#pointer,
      label: this.#label,
    };
    return this.faults.length === 0 ? rate : null;
  }

  #methodology(): Methodology {
    const value = this.#fields['methodology'] ?? 'daily_close';
    const known = METHODOLOGIES.find((name) => name === value);
    if (known === undefined)
      this.#fault(
        'methodology',
        'unknown_methodology',
        `\`methodology\` is one of ${METHODOLOGIES.join(', ')}`,
      );
    return known ?? 'daily_close';
  }

  #currency(name: 'base' | 'quote'): string {
    const value = this.#fields[name];
    if (value === undefined) return this.#missing(name);
    const currency = typeof value === 'string' ? parseCurrency(value) : undefined;
    if (currency === undefined)
      this.#fault(name, 'unknown_currency', `\`${name}\` is not a currency that is known here`);
    return currency ?? '';
  }

  #rate(): string {
    const value = this.#fields['rate'];
    if (value === undefined) return this.#missing('rate');
    const text = typeof value === 'number' ? String(value) : value;
    if (typeof text !== 'string') {
      this.#fault('rate', 'wrong_type', '`rate` is a decimal, as a text or a number');
      return '';
    }
    const parsed = parseRate(text);
    if (!parsed.ok) this.#fault('rate', parsed.code, parsed.message);
    return parsed.ok ? parsed.rate : '';
  }

  #supplier(methodology: Methodology): string {
    const supplier = this.#text('supplier', /^[^\p{Cc}\p{Cs}]{1,128}$/u, '1 to 128 characters');
    if (supplier !== null && methodology !== 'contract') {
      this.#fault('supplier', 'not_of_a_contract', 'only a `contract` rate is of one supplier');
    }
    return supplier ?? '';
  }

  /** A daily close goes stale by its age; the others are good from one day to another. */
  #period(methodology: Methodology, date: string): { validFrom: string | null; validUntil: string | null } {
    const from = this.#date('valid_from');
    const until = this.#date('valid_until');
    if (methodology === 'daily_close') {
      if (from !== null || until !== null)
        this.#fault(
          'valid_until',
          'not_for_daily_close',
          'a `daily_close` has no period: it goes stale by its age',
        );
      return { validFrom: null, validUntil: null };
    }
    if (until === null && this.#fields['valid_until'] === undefined) this.#missing('valid_until');
    const validFrom = from ?? date;
    if (until !== null && until < validFrom)
      this.#fault('valid_until', 'ends_before_start', '`valid_until` lies before `valid_from`');
    return { validFrom, validUntil: until };
  }

  #correction(): boolean {
    const value = this.#fields['correction'] ?? false;
    if (value === true || value === 'true') return true;
    if (value !== false && value !== 'false')
      this.#fault('correction', 'wrong_type', '`correction` is true or false');
    return false;
  }

  /** null: it is not given, or faulty. */
  #date(name: string): string | null {
    const value = this.#fields[name];
    if (value === undefined) return null;
    const isDate =
      typeof value === 'string' && /^(19[7-9]\d|[2-8]\d{3})-\d{2}-\d{2}$/.test(value) && isRealDay(value);
    if (!isDate) this.#fault(name, 'invalid_date', `\`${name}\` is a date such as \`2026-03-04\``);
    return isDate ? value : null;
  }

  /** null: it is not given, or faulty. */
  #text(name: string, form: RegExp, words: string): string | null {
    const value = this.#fields[name];
    if (value === undefined) return null;
    if (typeof value === 'string' && form.test(value)) return value;
    this.#fault(name, 'invalid_text', `\`${name}\` is ${words}`);
    return null;
  }

  #missing(name: string): string {
    if (this.#fields[name] === undefined) this.#fault(name, 'required', `\`${name}\` is missing`);
    return '';
  }

  #fault(name: string, code: string, message: string): void {
    this.faults.push(fault(`${this.#pointer}/${name}`, code, `${this.#label}${message}`));
  }
}

function fault(pointer: string, code: string, message: string): AdminFault {
  return { pointer, code, message };
}

/** JavaScript reads the 30th of February as the 2nd of March. */
function isRealDay(date: string): boolean {
  const at = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(date);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
