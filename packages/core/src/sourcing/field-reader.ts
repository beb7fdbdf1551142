// sourcing/field-reader.ts: reads the fields of one object of a sourcing document and collects every fault with its JSON
// pointer (RFC 6901). A field nobody reads is a fault. After a fault a reader returns a stand-in: build nothing then.
import { type CurrencyCode, parseCurrency } from '../currency.ts';
import { type Regions, parseJurisdiction } from '../jurisdiction.ts';
import { type Money, parseAmount } from '../money.ts';
import { isIdentifier, isJsonObject, kindOf, pointerTo } from '../policy/json-document.ts';
import type { RuleFault } from '../policy/rule.ts';
import { validateVendorEntry } from '../vendor-match.ts';

const ENTRIES_MAX = 10_000;
const TEXT_LENGTH_MAX = 500;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/i;
/** What the calendar can compute. */
const INSTANT_MAX_MS = Date.UTC(9000, 0, 1);

export class FieldReader {
  readonly pointer: string;
  readonly #object: Readonly<Record<string, unknown>>;
  readonly #faults: RuleFault[];
  readonly #read = new Set<string>();

  constructor(object: Readonly<Record<string, unknown>>, pointer: string, faults: RuleFault[]) {
    this.#object = object;
    this.pointer = pointer;
    this.#faults = faults;
  }

  has(name: string): boolean {
    this.#read.add(name);
    return Object.hasOwn(this.#object, name) && this.#object[name] !== undefined;
  }

  fault(name: string, code: string, message: string): void {
    this.#faults.push({ pointer: name === '' ? this.pointer : this.at(name), code, message });
  }

  at(...steps: readonly (string | number)[]): string {
    return pointerTo(this.pointer, ...steps);
  }

  /** The value, or undefined after reporting that it is not there. */
  required(name: string): unknown {
    if (this.has(name)) return this.#object[name];
    this.fault(name, 'missing_field', `\`${name}\` is required.`);
    return undefined;
  }

  text(name: string): string {
    const value = this.required(name);
    return value === undefined ? '' : this.#textAt(value, name, this.at(name));
  }

  optionalText(name: string): string | null {
    return this.has(name) ? this.text(name) : null;
  }

  /** Ids of agents, teams, entities; absent: an empty list. */
  ids(name: string): readonly string[] {
    return this.#list(name, (text, pointer) => {
      if (isIdentifier(text)) return text;
      this.#fault(pointer, 'invalid_id', 'an id has 1 to 64 letters, digits, `_`, `.` or `-`.');
      return null;
    });
  }

  /** Any texts; absent: an empty list. */
  texts(name: string): readonly string[] {
    return this.#list(name, (text) => text);
  }

  /** Hosts, wildcards and ids. That a wildcard spans no public suffix is checked where that list is known. */
  suppliers(name: string): readonly string[] {
    return this.#list(name, (text, pointer) => this.#supplierAt(text, pointer, true));
  }

  /** One supplier: a host or an id. */
  supplier(name: string): string {
    const text = this.text(name);
    return text === '' ? '' : (this.#supplierAt(text, this.at(name), false) ?? '');
  }

  /** A list with what `parse` makes of each text; it reports its own faults. Absent: an empty list. */
  parsed<T>(name: string, parse: (text: string) => T | undefined, what: string): readonly T[] {
    return this.#list(name, (text, pointer) => {
      const value = parse(text);
      if (value !== undefined) return value;
      this.#fault(pointer, 'unknown_choice', `\`${text}\` is not ${what}.`);
      return null;
    });
  }

  choice<const T extends string>(name: string, choices: readonly T[], absent: T): T {
    if (!this.has(name)) return absent;
    const value = this.#object[name];
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    const known = choices.map((choice) => `\`${choice}\``).join(', ');
    this.fault(name, 'unknown_choice', `\`${name}\` must be one of ${known}.`);
    return absent;
  }

  boolean(name: string, absent: boolean): boolean {
    if (!this.has(name)) return absent;
    const value = this.#object[name];
    if (typeof value === 'boolean') return value;
    this.#wrongType(name, '`true` or `false`', value);
    return absent;
  }

  integer(
    name: string,
    { min, max, absent }: { readonly min: number; readonly max: number; readonly absent: number },
  ): number {
    if (!this.has(name)) return absent;
    const value = this.#object[name];
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    if (typeof value !== 'number') this.#wrongType(name, 'a whole number', value);
    else this.fault(name, 'out_of_range', `\`${name}\` must be a whole number from ${min} to ${max}.`);
    return absent;
  }

  /** `{amount, currency}` of this very object; above zero. */
  amount(): Money {
    const currency = this.currency('currency');
    const value = this.required('amount');
    const zero = { minor: 0n, currency: currency ?? ('USD' as const) };
    if (value === undefined || currency === null) return zero;
    if (typeof value !== 'string' && typeof value !== 'number') {
      this.#wrongType('amount', 'a number or a decimal text', value);
      return zero;
    }
    const parsed = parseAmount(value, currency, { allowZero: true });
    if (parsed.ok && parsed.minor > 0n) return { minor: parsed.minor, currency };
    if (parsed.ok) this.fault('amount', 'amount_is_zero', '`amount` must be above zero.');
    else this.fault('amount', parsed.code, `\`amount\` is not usable: ${parsed.message}.`);
    return zero;
  }

  /** A field that is `{amount, currency}`. */
  money(name: string): Money {
    const inner = this.object(name);
    if (inner === null) {
      if (!this.has(name)) this.required(name);
      return { minor: 0n, currency: 'USD' };
    }
    const money = inner.amount();
    inner.end();
    return money;
  }

  currency(name: string): CurrencyCode | null {
    const text = this.text(name);
    if (text === '') return null;
    const currency = parseCurrency(text);
    if (currency !== undefined) return currency;
    this.fault(name, 'unknown_currency', `\`${text}\` is not a currency that is known here.`);
    return null;
  }

  /** RFC 3339 with its offset; milliseconds. */
  instant(name: string): number {
    const text = this.text(name);
    if (text === '') return 0;
    const atMs = INSTANT.test(text) ? Date.parse(text.toUpperCase()) : Number.NaN;
    const day = Number(text.slice(8, 10));
    const isRealDay =
      new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)) - 1, day)).getUTCDate() === day;
    if (isRealDay && atMs >= 0 && atMs < INSTANT_MAX_MS) return atMs;
    this.fault(name, 'invalid_instant', 'an instant is written like `2026-07-01T00:00:00Z`.');
    return 0;
  }

  /** The object in a field; null where it is absent or, after a fault, none. */
  object(name: string): FieldReader | null {
    if (!this.has(name)) return null;
    const value = this.#object[name];
    if (isJsonObject(value)) return new FieldReader(value, this.at(name), this.#faults);
    this.#wrongType(name, 'an object', value);
    return null;
  }

  /** The objects of a list; absent: an empty list. `one`: a single object stands for a list of one. */
  objects(name: string, { one = false }: { readonly one?: boolean } = {}): readonly FieldReader[] {
    if (!this.has(name)) return [];
    const value = this.#object[name];
    if (one && isJsonObject(value)) return [new FieldReader(value, this.at(name), this.#faults)];
    return this.#entries(name).flatMap((entry, index) => {
      if (isJsonObject(entry)) return [new FieldReader(entry, this.at(name, index), this.#faults)];
      this.#fault(this.at(name, index), 'wrong_type', `it must be an object, not ${kindOf(entry)}.`);
      return [];
    });
  }

  /** The value of a field that may be of several kinds. */
  raw(name: string): unknown {
    return this.has(name) ? this.#object[name] : undefined;
  }

  /** Reports the fields nobody read. Call it last. */
  end(): void {
    for (const name of Object.keys(this.#object)) {
      if (this.#read.has(name)) continue;
      const known = [...this.#read].map((field) => `\`${field}\``).join(', ');
      this.fault(name, 'unknown_field', `\`${name}\` is not a field here; there are ${known}.`);
    }
  }

  #list<T>(name: string, parse: (text: string, pointer: string) => T | null): readonly T[] {
    if (!this.has(name)) return [];
    return this.#entries(name).flatMap((entry, index) => {
      const pointer = this.at(name, index);
      const text = this.#textAt(entry, `${name}[${index}]`, pointer);
      const value = text === '' ? null : parse(text, pointer);
      return value === null ? [] : [value];
    });
  }

  #entries(name: string): readonly unknown[] {
    const value = this.#object[name];
    if (!Array.isArray(value)) this.#wrongType(name, 'a list', value);
    else if (value.length === 0) this.fault(name, 'empty_list', `\`${name}\` is empty: leave it out.`);
    else if (value.length > ENTRIES_MAX)
      this.fault(name, 'list_too_long', `\`${name}\` has more than ${ENTRIES_MAX} entries.`);
    else return value as readonly unknown[];
    return [];
  }

  #supplierAt(text: string, pointer: string, mayBeWildcard: boolean): string | null {
    const checked = validateVendorEntry(text);
    if (!checked.ok) {
      this.#fault(pointer, checked.code, `\`${text}\` is not usable: ${checked.message}.`);
      return null;
    }
    if (checked.kind !== 'wildcard' || mayBeWildcard) return text;
    this.#fault(pointer, 'vendor_has_wildcard', 'one supplier is named here: a host or an id.');
    return null;
  }

  #textAt(value: unknown, label: string, pointer: string): string {
    if (typeof value !== 'string') {
      this.#fault(pointer, 'wrong_type', `\`${label}\` must be a text, not ${kindOf(value)}.`);
      return '';
    }
    if (value.trim() === '') this.#fault(pointer, 'empty_text', `\`${label}\` must not be empty.`);
    else if (value.length > TEXT_LENGTH_MAX)
      this.#fault(pointer, 'text_too_long', `\`${label}\` has more than ${TEXT_LENGTH_MAX} characters.`);
    else return value;
    return '';
  }

  #wrongType(name: string, wanted: string, value: unknown): void {
    this.fault(name, 'wrong_type', `\`${name}\` must be ${wanted}, not ${kindOf(value)}.`);
  }

  #fault(pointer: string, code: string, message: string): void {
    this.#faults.push({ pointer, code, message });
  }
}

/** undefined: there is none of this name. `regions` null: it was published when there was, and is taken as it is. */
export function knownJurisdiction(text: string, regions: Regions | null): string | undefined {
  return regions === null
    ? (parseJurisdiction(text) ?? text.toUpperCase())
    : parseJurisdiction(text, regions);
}
