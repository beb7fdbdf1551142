// http/strict-json.ts: reads JSON as RFC 8259 has it and refuses what its readers disagree on: duplicate names,
// exponents, numbers a double does not keep, control characters, halves of surrogate pairs, deep nesting.
// JSON.parse sees none of these, so the scanner is our own. Must not quote what was sent: it may be secret.

export type StrictJsonCode =
  | 'malformed_json'
  | 'duplicate_key'
  | 'reserved_name'
  | 'nesting_too_deep'
  | 'number_exponent'
  | 'number_too_precise'
  | 'control_character'
  | 'lone_surrogate';

export class StrictJsonError extends Error {
  override readonly name = 'StrictJsonError';
  readonly code: StrictJsonCode;
  /** Names and indexes down to the value that is wrong; empty: the document itself. */
  readonly path: readonly (string | number)[];

  constructor(code: StrictJsonCode, message: string, path: readonly (string | number)[]) {
    super(message);
    this.code = code;
    this.path = path;
  }
}

export type JsonValue = string | number | boolean | null | JsonValue[] | { [name: string]: JsonValue };

export const JSON_DEPTH_MAX = 32;

/** A JSON number keeps this many significant digits exactly, whatever they are. */
const SIGNIFICANT_DIGITS_MAX = 15;

const CODE = Object.freeze({
  tab: 0x09,
  newline: 0x0a,
  carriageReturn: 0x0d,
  space: 0x20,
  quote: 0x22,
  plus: 0x2b,
  comma: 0x2c,
  minus: 0x2d,
  point: 0x2e,
  zero: 0x30,
  nine: 0x39,
  colon: 0x3a,
  upperE: 0x45,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  lowerE: 0x65,
  openBrace: 0x7b,
  closeBrace: 0x7d,
});

/**
 * `tables`: names of members of the document itself that may hold a table with the line ends of a spreadsheet (CRLF).
 * @throws StrictJsonError
 */
export function parseStrictJson(text: string, tables: ReadonlySet<string> = NO_TABLES): JsonValue {
  return new Scanner(text, tables).document();
}

const NO_TABLES: ReadonlySet<string> = new Set();

class Scanner {
  readonly #text: string;
  #at = 0;
  readonly #tables: ReadonlySet<string>;
  readonly #path: (string | number)[] = [];

  constructor(text: string, tables: ReadonlySet<string>) {
    this.#text = text;
    this.#tables = tables;
  }

  document(): JsonValue {
    const value = this.#value();
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#malformed('something follows the end of the document');
    return value;
  }

  #value(): JsonValue {
    this.#skipSpace();
    const code = this.#text.charCodeAt(this.#at);
    switch (code) {
      case CODE.quote:
        return this.#string();
      case CODE.openBrace:
        return this.#object();
      case CODE.openBracket:
        return this.#array();
      case 0x74:
        return this.#word('true', true);
      case 0x66:
        return this.#word('false', false);
      case 0x6e:
        return this.#word('null', null);
      default:
        if (code === CODE.minus || isDigit(code)) return this.#number();
        throw this.#malformed(
          this.#at >= this.#text.length ? 'the document ends too early' : 'a value is expected here',
        );
    }
  }

  #object(): JsonValue {
    this.#enter();
    const object: Record<string, JsonValue> = {};
    this.#at += 1;
    this.#skipSpace();
    if (this.#text.charCodeAt(this.#at) === CODE.closeBrace) {
      this.#at += 1;
      return object;
    }
    for (;;) {
      this.#skipSpace();
      if (this.#text.charCodeAt(this.#at) !== CODE.quote)
        throw this.#malformed('a name in double quotes is expected here');
      const name = this.#string();
      this.#path.push(name);
      if (name === '__proto__') throw this.#fault('reserved_name', 'this name cannot be used');
      if (Object.hasOwn(object, name))
        throw this.#fault('duplicate_key', 'this name occurs twice in one object');
      this.#skipSpace();
      if (this.#text.charCodeAt(this.#at) !== CODE.colon)
        throw this.#malformed('a colon is expected after the name');
      this.#at += 1;
      object[name] = this.#value();
      this.#path.pop();
      this.#skipSpace();
      const next = this.#text.charCodeAt(this.#at);
      this.#at += 1;
      if (next === CODE.closeBrace) return object;
      if (next !== CODE.comma) throw this.#malformed('a comma or the end of the object is expected here');
    }
  }

  #array(): JsonValue {
    this.#enter();
    const array: JsonValue[] = [];
    this.#at += 1;
    this.#skipSpace();
    if (this.#text.charCodeAt(this.#at) === CODE.closeBracket) {
      this.#at += 1;
      return array;
    }
    for (;;) {
      this.#path.push(array.length);
      array.push(this.#value());
      this.#path.pop();
      this.#skipSpace();
      const next = this.#text.charCodeAt(this.#at);
      this.#at += 1;
      if (next === CODE.closeBracket) return array;
      if (next !== CODE.comma) throw this.#malformed('a comma or the end of the list is expected here');
    }
  }

  #string(): string {
    const text = this.#text;
    const start = this.#at + 1;
    for (let at = start; ; at += 1) {
      const code = text.charCodeAt(at);
      if (code === CODE.quote) {
        this.#at = at + 1;
        return text.slice(start, at);
      }
      if (code === CODE.backslash) return this.#escapedString(start, at);
      this.#checkPlain(code, at);
    }
  }

  /** A string from its first escape on. */
  #escapedString(start: number, firstEscape: number): string {
    const text = this.#text;
    let result = '';
    let kept = start;
    let at = firstEscape;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === CODE.quote) {
        this.#at = at + 1;
        return result + text.slice(kept, at);
      }
      if (code !== CODE.backslash) {
        this.#checkPlain(code, at);
        at += 1;
        continue;
      }
      result += text.slice(kept, at);
      if (text.charCodeAt(at + 1) === 0x75) {
        const unit = this.#hexUnit(at + 2);
        at += 6;
        if (unit >= 0xd800 && unit <= 0xdfff) {
          const low = unit <= 0xdbff && text.startsWith('\\u', at) ? this.#hexUnit(at + 2) : 0;
          if (low < 0xdc00 || low > 0xdfff)
            throw this.#fault('lone_surrogate', 'a text contains half of a surrogate pair');
          result += String.fromCharCode(unit, low);
          at += 6;
        } else {
          if (isRefusedControl(unit) && !this.#isLineEnd(unit)) throw this.#controlCharacter();
          result += String.fromCharCode(unit);
        }
      } else {
        const character = SHORT_ESCAPES.get(text.charCodeAt(at + 1));
        if (character === undefined) throw this.#malformedAt(at, 'there is no such escape');
        const unit = character.charCodeAt(0);
        if (isRefusedControl(unit) && !this.#isLineEnd(unit)) throw this.#controlCharacter();
        result += character;
        at += 2;
      }
      kept = at;
    }
  }

  #isLineEnd(unit: number): boolean {
    const [name, ...others] = this.#path;
    return (
      unit === CODE.carriageReturn &&
      typeof name === 'string' &&
      others.length === 0 &&
      this.#tables.has(name)
    );
  }

  #checkPlain(code: number, at: number): void {
    if (code >= 0x20 && code < 0x7f) return;
    if (Number.isNaN(code)) throw this.#malformedAt(at, 'a text is not closed');
    if (code === CODE.tab || code === CODE.newline)
      throw this.#malformedAt(at, 'a tab or line break in a text must be escaped');
    if (isRefusedControl(code)) throw this.#controlCharacter();
  }

  #hexUnit(at: number): number {
    const digits = this.#text.slice(at, at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits))
      throw this.#malformedAt(at, 'four hexadecimal digits are expected here');
    return Number.parseInt(digits, 16);
  }

  #number(): number {
    const text = this.#text;
    const start = this.#at;
    let at = start;
    if (text.charCodeAt(at) === CODE.minus) at += 1;
    const integerStart = at;
    while (isDigit(text.charCodeAt(at))) at += 1;
    const integerLength = at - integerStart;
    if (integerLength === 0) throw this.#malformedAt(at, 'a digit is expected here');
    if (integerLength > 1 && text.charCodeAt(integerStart) === CODE.zero) {
      throw this.#malformedAt(integerStart, 'a number must not have leading zeros');
    }
    if (text.charCodeAt(at) === CODE.point) {
      at += 1;
      const fractionStart = at;
      while (isDigit(text.charCodeAt(at))) at += 1;
      if (at === fractionStart) throw this.#malformedAt(at, 'a digit is expected after the point');
    }
    const next = text.charCodeAt(at);
    if (next === CODE.lowerE || next === CODE.upperE) {
      throw this.#fault('number_exponent', 'a number must be written without an exponent');
    }
    const lexeme = text.slice(start, at);
    if (lexeme.length > SIGNIFICANT_DIGITS_MAX && significantDigits(lexeme) > SIGNIFICANT_DIGITS_MAX) {
      throw this.#fault(
        'number_too_precise',
        `a number keeps only ${SIGNIFICANT_DIGITS_MAX} significant digits; send an amount as a text`,
      );
    }
    this.#at = at;
    return Number(lexeme);
  }

  #word<T extends boolean | null>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#malformed('a value is expected here');
    this.#at += word.length;
    return value;
  }

  #skipSpace(): void {
    const text = this.#text;
    for (;;) {
      const code = text.charCodeAt(this.#at);
      if (code !== CODE.space && code !== CODE.newline && code !== CODE.carriageReturn && code !== CODE.tab)
        return;
      this.#at += 1;
    }
  }

  #enter(): void {
    if (this.#path.length >= JSON_DEPTH_MAX) {
      throw this.#fault('nesting_too_deep', `a body is nested at most ${JSON_DEPTH_MAX} levels deep`);
    }
  }

  #malformed(message: string): StrictJsonError {
    return this.#malformedAt(this.#at, message);
  }

  #malformedAt(at: number, message: string): StrictJsonError {
    return this.#fault('malformed_json', `at character ${Math.min(at, this.#text.length) + 1}: ${message}`);
  }

  #controlCharacter(): StrictJsonError {
    return this.#fault('control_character', 'a text contains a control character other than tab and newline');
  }

  #fault(code: StrictJsonCode, message: string): StrictJsonError {
    return new StrictJsonError(code, message, [...this.#path]);
  }
}

/** C0 but tab and newline, DEL and C1; carriage return is one of them. */
function isRefusedControl(code: number): boolean {
  if (code < 0x20) return code !== CODE.tab && code !== CODE.newline;
  return code >= 0x7f && code <= 0x9f;
}

function isDigit(code: number): boolean {
  return code >= CODE.zero && code <= CODE.nine;
}

/** Digits that carry the value: without leading zeros, and without the zeros a fraction ends in. */
function significantDigits(lexeme: string): number {
  const [integer = '', fraction = ''] = lexeme.replace('-', '').split('.');
  return (integer + fraction.replace(/0+$/, '')).replace(/^0+/, '').length;
}

const SHORT_ESCAPES: ReadonlyMap<number, string> = new Map(
  [
    ['"', '"'],
    ['\\', '\\'],
    ['/', '/'],
    ['b', '\b'],
    ['f', '\f'],
    ['n', '\n'],
    ['r', '\r'],
    ['t', '\t'],
  ].map(([letter = '', character = '']) => [letter.charCodeAt(0), character]),
);
