// policy/parameter-reader.ts: reads the parameters of one rule and collects every fault, never only the first.
// Unknown names are faults: a typo in a limit must never be silently ignored.
// After a fault a reader returns a stand-in; `finish` builds nothing unless there was no fault at all.
import type { CurrencyCode } from '../currency.ts';
import { parseCurrency } from '../currency.ts';
import type { Money } from '../money.ts';
import { parseAmount } from '../money.ts';
import { kindOf, pointerTo } from './json-document.ts';
import type { ParameterResult, RuleFault } from './rule.ts';

/** The most entries a list of a rule may have. */
export const LIST_ENTRIES_MAX = 10_000;
/** The most characters a text of a rule may have. */
const TEXT_LENGTH_MAX = 500;

/** What a reader of single list entries answers. */
export type EntryResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: string; readonly message: string };

export class ParameterReader {
  readonly #parameters: Readonly<Record<string, unknown>>;
  readonly #pointer: string;
  readonly #faults: RuleFault[] = [];
  readonly #namesRead = new Set<string>();

  /** `pointer` is the JSON pointer (RFC 6901) of `parameters` in the document. */
  constructor(parameters: Readonly<Record<string, unknown>>, pointer: string) {
    this.#parameters = parameters;
    this.#pointer = pointer;
  }

  /** Whether the parameter was given at all; asking makes its name a known one. */
  has(name: string): boolean {
    this.#namesRead.add(name);
    return Object.hasOwn(this.#parameters, name) && this.#parameters[name] !== undefined;
  }

  /** An amount in the currency that another parameter names. Zero is an amount here: it allows nothing. */
  money(amountName: string, currencyName: string): Money {
    const faultsBefore = this.#faults.length;
    const currency = this.currency(currencyName);
    const currencyIsKnown = this.#faults.length === faultsBefore;
    const input = this.#required(amountName);
    if (input === undefined) return { minor: 0n, currency };
    if (typeof input !== 'string' && typeof input !== 'number') {
      this.#wrongType(amountName, 'a number or a decimal text', input);
      return { minor: 0n, currency };
    }
    if (!currencyIsKnown) return { minor: 0n, currency };
    const amount = parseAmount(input, currency, { allowZero: true });
    if (amount.ok) return { minor: amount.minor, currency };
    this.fault(amountName, amount.code, `\`${amountName}\` is not usable: ${amount.message}.`);
    return { minor: 0n, currency };
  }

  /** A plain decimal that belongs to no currency yet, as text: `2500`, `0.005`. */
  decimal(name: string): string {
    const input = this.#required(name);
    if (input === undefined) return '0';
    if (typeof input !== 'string' && typeof input !== 'number') {
      this.#wrongType(name, 'a number or a decimal text', input);
      return '0';
    }
    const text = String(input);
    if (/^(0|[1-9][0-9]{0,14})(\.[0-9]{1,8})?$/.test(text)) return text;
    this.fault(
      name,
      'invalid_decimal',
      `\`${name}\` must be a plain decimal such as \`2500\` or \`2500.00\`, without sign or exponent.`,
    );
    return '0';
  }

  currency(name: string): CurrencyCode {
    const text = this.text(name);
    if (text === '') return 'USD';
    const currency = parseCurrency(text);
    if (currency !== undefined) return currency;
    this.fault(
      name,
      'unknown_currency',
      `\`${name}\` is \`${text}\`, which is not a currency that is known here.`,
    );
    return 'USD';
  }

  optionalCurrency(name: string): CurrencyCode | null {
    return this.has(name) ? this.currency(name) : null;
  }

  /** A text that is not empty. */
  text(name: string): string {
    const input = this.#required(name);
    if (input === undefined) return '';
    return this.#textAt(input, name, pointerTo(this.#pointer, name));
  }

  optionalText(name: string): string | null {
    return this.has(name) ? this.text(name) : null;
  }

  /** A list of texts with at least one entry. */
  textList(name: string): readonly string[] {
    return this.list(name, (value) => ({ ok: true, value }));
  }

  optionalTextList(name: string): readonly string[] | null {
    return this.has(name) ? this.textList(name) : null;
  }

  /** A list with at least one entry, each a text that `parse` accepts. An empty list is a fault. */
  list<T>(name: string, parse: (entry: string) => EntryResult<T>): readonly T[] {
    const input = this.#required(name);
    if (input === undefined) return [];
    if (!Array.isArray(input)) {
      this.#wrongType(name, 'a list of texts', input);
      return [];
    }
    if (input.length === 0) {
      this.fault(name, 'empty_list', `\`${name}\` is empty: list at least one entry, or remove the rule.`);
      return [];
    }
    if (input.length > LIST_ENTRIES_MAX) {
      this.fault(
        name,
        'list_too_long',
        `\`${name}\` has ${input.length} entries; at most ${LIST_ENTRIES_MAX} are allowed.`,
      );
      return [];
    }
    const values: T[] = [];
    for (const [index, entry] of (input as readonly unknown[]).entries()) {
      const pointer = pointerTo(this.#pointer, name, index);
      const text = this.#textAt(entry, `${name}[${index}]`, pointer);
      if (text === '') continue;
      const parsed = parse(text);
      if (parsed.ok) values.push(parsed.value);
      else this.#faults.push({ pointer, code: parsed.code, message: parsed.message });
    }
    return values;
  }

  /** A whole number between `min` and `max`, both allowed. */
  integer(name: string, { min, max }: { readonly min: number; readonly max: number }): number {
    const input = this.#required(name);
    if (input === undefined) return min;
    if (typeof input !== 'number') {
      this.#wrongType(name, 'a whole number', input);
      return min;
    }
    if (!Number.isInteger(input) || input < min || input > max) {
      this.fault(name, 'out_of_range', `\`${name}\` must be a whole number from ${min} to ${max}.`);
      return min;
    }
    return input;
  }

  /** A percentage from 0 to 100 with at most two decimals, in hundredths of a percent: 12.5 gives 1250. */
  percentBasisPoints(name: string): number {
    const input = this.#required(name);
    if (input === undefined) return 0;
    if (typeof input !== 'string' && typeof input !== 'number') {
      this.#wrongType(name, 'a number', input);
      return 0;
    }
    const match = /^(0|[1-9][0-9]{0,2})(?:\.([0-9]{1,2}))?$/.exec(String(input));
    const basisPoints =
      match === null ? -1 : Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
    if (basisPoints >= 0 && basisPoints <= 10_000) return basisPoints;
    this.fault(
      name,
      'out_of_range',
      `\`${name}\` must be a percentage from 0 to 100 with at most two decimals.`,
    );
    return 0;
  }

  /** One of the given words, in any letter case. */
  choice<const T extends string>(name: string, choices: readonly [T, ...T[]]): T {
    const text = this.text(name);
    if (text === '') return choices[0];
    const parsed = parseChoice(text, choices);
    if (parsed.ok) return parsed.value;
    this.fault(name, parsed.code, parsed.message);
    return choices[0];
  }

  /** A list with at least one entry, each one of the given words, in any letter case. */
  choiceList<const T extends string>(name: string, choices: readonly T[]): readonly T[] {
    return this.list(name, (entry) => parseChoice(entry, choices));
  }

  optionalChoiceList<const T extends string>(name: string, choices: readonly T[]): readonly T[] | null {
    return this.has(name) ? this.choiceList(name, choices) : null;
  }

  /** Reports what only the control itself can find wrong with a parameter. */
  fault(name: string, code: string, message: string): void {
    this.#faults.push({ pointer: pointerTo(this.#pointer, name), code, message });
  }

  /** Reports names nobody read, then builds, unless there was any fault. Call it last. */
  finish<T>(build: () => T): ParameterResult<T> {
    for (const name of Object.keys(this.#parameters)) {
      if (this.#namesRead.has(name)) continue;
      const known = [...this.#namesRead].map((knownName) => `\`${knownName}\``).join(', ');
      this.fault(name, 'unknown_parameter', `\`${name}\` is not a parameter of this rule; it has ${known}.`);
    }
    return this.#faults.length === 0 ? { ok: true, value: build() } : { ok: false, faults: this.#faults };
  }

  #required(name: string): unknown {
    if (this.has(name)) return this.#parameters[name];
    this.fault(name, 'missing_parameter', `\`${name}\` is required.`);
    return undefined;
  }

  /** The text, or '' after reporting why it is none. */
  #textAt(input: unknown, label: string, pointer: string): string {
    if (typeof input !== 'string') {
      this.#faults.push({
        pointer,
        code: 'wrong_type',
        message: `\`${label}\` must be a text, not ${kindOf(input)}.`,
      });
      return '';
    }
    if (input.trim() === '') {
      this.#faults.push({ pointer, code: 'empty_text', message: `\`${label}\` is empty.` });
      return '';
    }
    if (input.length > TEXT_LENGTH_MAX) {
      this.#faults.push({
        pointer,
        code: 'text_too_long',
        message: `\`${label}\` has more than ${TEXT_LENGTH_MAX} characters.`,
      });
      return '';
    }
    return input;
  }

  #wrongType(name: string, wanted: string, input: unknown): void {
    this.fault(name, 'wrong_type', `\`${name}\` must be ${wanted}, not ${kindOf(input)}.`);
  }
}

function parseChoice<T extends string>(text: string, choices: readonly T[]): EntryResult<T> {
  const folded = text.toLowerCase();
  const value = choices.find((choice) => choice === folded);
  if (value !== undefined) return { ok: true, value };
  const known = choices.map((choice) => `\`${choice}\``).join(', ');
  return {
    ok: false,
    code: 'unknown_choice',
    message: `\`${text}\` is not known here; use one of ${known}.`,
  };
}
