// replay/mapping.ts: the mapping file: which column of the data means what. Parsed once, with every fault named;
// a name that is not known is a fault too, so that a misspelt column is never silently left out.
import { type CurrencyCode, isTimeZone, parseCurrency } from '@countersign/server';

import { usageFailure } from '../failure.ts';

export const DATE_FORMATS = ['YYYY-MM-DD', 'DD/MM/YYYY', 'MM/DD/YYYY', 'YYYYMMDD', 'RFC3339'] as const;
export type DateFormat = (typeof DATE_FORMATS)[number];

/** Where a value comes from: a column, `fallback` where its cell is empty, or one value for every row. */
export interface Source {
  readonly column: string | null;
  readonly fallback: string | null;
}

export interface Mapping {
  readonly delimiter: string;
  readonly encoding: 'utf-8' | 'latin1';
  /** Dates and times of the data are local times of this zone. */
  readonly timeZone: string;
  /** Of rows whose data have no time: `HH:MM`. */
  readonly timeOfDay: string;
  readonly defaultCurrency: CurrencyCode;
  readonly date: { readonly column: string; readonly format: DateFormat };
  readonly time: Source;
  readonly postingDate: { readonly column: string; readonly format: DateFormat } | null;
  readonly vendor: string;
  readonly amount: { readonly column: string; readonly unit: 'minor' | 'decimal' };
  readonly currency: Source;
  readonly agent: Source & { readonly prefix: string };
  readonly texts: Readonly<Record<TextField, Source>>;
  /** Which rows are refunds: those with a negative amount, or those whose column has one of these values. */
  readonly refunds:
    | { readonly by: 'negative_amount' }
    | { readonly by: 'column'; readonly column: string; readonly values: ReadonlySet<string> };
}

export const TEXT_FIELDS = [
  'mcc',
  'cost_center',
  'category',
  'project',
  'rail',
  'country',
  'team',
  'intent',
] as const;
export type TextField = (typeof TEXT_FIELDS)[number];

type JsonObject = Readonly<Record<string, unknown>>;

const TOP_FIELDS = [
  'delimiter',
  'encoding',
  'time_zone',
  'time_of_day',
  'default_currency',
  'refunds',
  'columns',
];
const COLUMN_FIELDS = [
  'date',
  'time',
  'posting_date',
  'vendor',
  'amount',
  'currency',
  'agent',
  ...TEXT_FIELDS,
];

/** @throws CommandFailure naming every fault */
export function parseMapping(document: unknown, name: string): Mapping {
  const faults: string[] = [];
  const mapping = readMapping(document, faults);
  if (mapping !== null && faults.length === 0) return mapping;
  throw usageFailure(`${name} is not a mapping: ${faults.join('; ')}`);
}

function readMapping(document: unknown, faults: string[]): Mapping | null {
  if (!isObject(document)) {
    faults.push('it must be a JSON object');
    return null;
  }
  refuseUnknown(document, TOP_FIELDS, '', faults);
  const columns = document['columns'];
  if (!isObject(columns)) {
    faults.push('`columns` must be an object');
    return null;
  }
  refuseUnknown(columns, COLUMN_FIELDS, 'columns.', faults);
  const date = dateColumn(columns, 'date', faults);
  const vendor = textOf(columns, 'vendor', 'columns.', faults);
  if (date === null) faults.push('`columns.date` is needed');
  if (vendor === undefined) faults.push('`columns.vendor` is needed');
  const settings = {
    ...readSettings(document, faults),
    amount: amountColumn(columns, faults),
    refunds: refundsOf(document, faults),
  };
  if (date === null || vendor === undefined) return null;
  return {
    ...settings,
    date,
    vendor,
    time: sourceOf(columns, 'time', faults),
    postingDate: dateColumn(columns, 'posting_date', faults),
    currency: sourceOf(columns, 'currency', faults),
    agent: agentOf(columns, faults),
    texts: textsOf(columns, faults),
  };
}

function textsOf(columns: JsonObject, faults: string[]): Record<TextField, Source> {
  const of = (field: TextField): Source => sourceOf(columns, field, faults);
  return {
    mcc: of('mcc'),
    cost_center: of('cost_center'),
    category: of('category'),
    project: of('project'),
    rail: of('rail'),
    country: of('country'),
    team: of('team'),
    intent: of('intent'),
  };
}

function readSettings(
  document: JsonObject,
  faults: string[],
): Pick<Mapping, 'delimiter' | 'encoding' | 'timeZone' | 'timeOfDay' | 'defaultCurrency'> {
  const delimiter = textOf(document, 'delimiter', '', faults) ?? ',';
  if (delimiter.length !== 1 || /["\r\n]/.test(delimiter))
    faults.push('`delimiter` must be one character, and no quote');
  const encoding = textOf(document, 'encoding', '', faults) ?? 'utf-8';
  if (encoding !== 'utf-8' && encoding !== 'latin1') faults.push('`encoding` must be `utf-8` or `latin1`');
  const timeZone = textOf(document, 'time_zone', '', faults) ?? 'UTC';
  if (!isTimeZone(timeZone)) faults.push('`time_zone` must be a name such as `Europe/Berlin`');
  const timeOfDay = textOf(document, 'time_of_day', '', faults) ?? '12:00';
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(timeOfDay)) faults.push('`time_of_day` must be written `HH:MM`');
  const currency = parseCurrency(textOf(document, 'default_currency', '', faults) ?? '');
  if (currency === undefined) faults.push('`default_currency` must be a currency such as `CAD`');
  return {
    delimiter,
    encoding: encoding === 'latin1' ? 'latin1' : 'utf-8',
    timeZone,
    timeOfDay,
    defaultCurrency: currency ?? 'USD', // never used: without one there is a fault
  };
}

function dateColumn(
  columns: JsonObject,
  field: string,
  faults: string[],
): { column: string; format: DateFormat } | null {
  const given = columns[field];
  if (given === undefined) return null;
  if (typeof given === 'string') return { column: given, format: 'YYYY-MM-DD' };
  if (!isObject(given)) {
    faults.push(`\`columns.${field}\` must be a column's name or {column, format}`);
    return null;
  }
  refuseUnknown(given, ['column', 'format'], `columns.${field}.`, faults);
  const column = textOf(given, 'column', `columns.${field}.`, faults);
  const wanted = textOf(given, 'format', `columns.${field}.`, faults) ?? 'YYYY-MM-DD';
  const format = DATE_FORMATS.find((known) => known === wanted);
  if (column === undefined) faults.push(`\`columns.${field}.column\` is needed`);
  if (format === undefined)
    faults.push(`\`columns.${field}.format\` must be one of ${DATE_FORMATS.join(', ')}`);
  return column === undefined || format === undefined ? null : { column, format };
}

function amountColumn(columns: JsonObject, faults: string[]): Mapping['amount'] {
  const given = columns['amount'];
  if (typeof given === 'string') return { column: given, unit: 'decimal' };
  if (!isObject(given)) {
    faults.push('`columns.amount` must be a column name or {column, unit}');
    return { column: '', unit: 'decimal' };
  }
  refuseUnknown(given, ['column', 'unit'], 'columns.amount.', faults);
  const unit = textOf(given, 'unit', 'columns.amount.', faults) ?? 'decimal';
  const column = textOf(given, 'column', 'columns.amount.', faults);
  if (column === undefined) faults.push('`columns.amount.column` is needed');
  if (unit !== 'minor' && unit !== 'decimal')
    faults.push('`columns.amount.unit` must be `minor` or `decimal`');
  return { column: column ?? '', unit: unit === 'minor' ? 'minor' : 'decimal' };
}

function agentOf(columns: JsonObject, faults: string[]): Mapping['agent'] {
  const given = columns['agent'];
  const prefix = isObject(given) ? (textOf(given, 'prefix', 'columns.agent.', faults) ?? '') : '';
  if (!/^[A-Za-z0-9_.-]{0,20}$/.test(prefix))
    faults.push('`columns.agent.prefix` has at most 20 letters, digits, `_`, `.`, `-`');
  const source = sourceOf(columns, 'agent', faults, ['prefix']);
  if (source.column === null && source.fallback === null) return { column: null, fallback: 'replay', prefix };
  return { ...source, prefix };
}

function sourceOf(
  columns: JsonObject,
  field: string,
  faults: string[],
  more: readonly string[] = [],
): Source {
  const given = columns[field];
  if (given === undefined) return { column: null, fallback: null };
  if (typeof given === 'string') return { column: given, fallback: null };
  if (!isObject(given)) {
    faults.push(`\`columns.${field}\` must be a column's name, {column, default} or {value}`);
    return { column: null, fallback: null };
  }
  const at = `columns.${field}.`;
  refuseUnknown(given, ['column', 'default', 'value', ...more], at, faults);
  const value = textOf(given, 'value', at, faults);
  const column = textOf(given, 'column', at, faults);
  if ((value === undefined) === (column === undefined))
    faults.push(`\`columns.${field}\` needs either \`column\` or \`value\``);
  if (value !== undefined) return { column: null, fallback: value };
  return { column: column ?? null, fallback: textOf(given, 'default', at, faults) ?? null };
}

function refundsOf(document: JsonObject, faults: string[]): Mapping['refunds'] {
  const given = document['refunds'];
  if (given === undefined || given === 'negative_amount') return { by: 'negative_amount' };
  if (isObject(given)) {
    refuseUnknown(given, ['column', 'values'], 'refunds.', faults);
    const column = textOf(given, 'column', 'refunds.', faults);
    const values = given['values'];
    if (column !== undefined && Array.isArray(values) && values.every((value) => typeof value === 'string')) {
      return { by: 'column', column, values: new Set(values) };
    }
  }
  faults.push('`refunds` must be `negative_amount` or {column, values}');
  return { by: 'negative_amount' };
}

/** Every column the mapping names, with the field that names it. */
export function columnsOf(mapping: Mapping): Map<string, string> {
  const named: [string, string | null][] = [
    ['date', mapping.date.column],
    ['time', mapping.time.column],
    ['posting_date', mapping.postingDate?.column ?? null],
    ['vendor', mapping.vendor],
    ['amount', mapping.amount.column],
    ['currency', mapping.currency.column],
    ['agent', mapping.agent.column],
    ...TEXT_FIELDS.map((field): [string, string | null] => [field, mapping.texts[field].column]),
    ['refunds', mapping.refunds.by === 'column' ? mapping.refunds.column : null],
  ];
  return new Map(named.flatMap(([field, column]) => (column === null ? [] : [[field, column]])));
}

function refuseUnknown(given: JsonObject, known: readonly string[], at: string, faults: string[]): void {
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) faults.push(`\`${at}${name}\` is not known (known: ${known.join(', ')})`);
  }
}

function textOf(given: JsonObject, field: string, at: string, faults: string[]): string | undefined {
  const value = given[field];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value !== '') return value;
  faults.push(`\`${at}${field}\` must be a text`);
  return undefined;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
