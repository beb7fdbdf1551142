import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { JSON_DEPTH_MAX, StrictJsonError, parseStrictJson } from './strict-json.ts';

function faultOf(text: string): { code: string; path: readonly (string | number)[] } {
  try {
    parseStrictJson(text);
  } catch (error) {
    if (error instanceof StrictJsonError) return { code: error.code, path: error.path };
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

describe('strict JSON', () => {
  it.each([
    ['{"a":1,"a":2}', 'duplicate_key', ['a']],
    ['{"m":{"x":1,"\\u0078":2}}', 'duplicate_key', ['m', 'x']],
    ['{"amount":1e400}', 'number_exponent', ['amount']],
    ['{"amount":1E2}', 'number_exponent', ['amount']],
    ['[1,2e1]', 'number_exponent', [1]],
    ['{"amount":1234567890.1234567}', 'number_too_precise', ['amount']],
    ['{"amount":12345678901234567890}', 'number_too_precise', ['amount']],
    ['{"a":NaN}', 'malformed_json', ['a']],
    ['{"a":Infinity}', 'malformed_json', ['a']],
    ['{"a":-}', 'malformed_json', ['a']],
    ['{"a":01}', 'malformed_json', ['a']],
    ['{"a":1.}', 'malformed_json', ['a']],
    ['{"a":.5}', 'malformed_json', ['a']],
    ['{"a":+1}', 'malformed_json', ['a']],
    ['{"a":0x1}', 'malformed_json', []],
    ['{"a":tru}', 'malformed_json', ['a']],
    ['{"a":1,}', 'malformed_json', []],
    ['[1,]', 'malformed_json', [1]],
    ["{'a':1}", 'malformed_json', []],
    ['{"a" 1}', 'malformed_json', ['a']],
    ['{"a":1} x', 'malformed_json', []],
    ['', 'malformed_json', []],
    ['{', 'malformed_json', []],
    ['{"a":"b', 'malformed_json', ['a']],
    ['{"a":"\\x"}', 'malformed_json', ['a']],
    ['{"a":"\\u12g4"}', 'malformed_json', ['a']],
    ['{"a":"line\nbreak"}', 'malformed_json', ['a']],
    ['{"a":"\\u0000"}', 'control_character', ['a']],
    ['{"a":"\\r"}', 'control_character', ['a']],
    ['{"a":"\\b"}', 'control_character', ['a']],
    ['{"a":"\\u007f"}', 'control_character', ['a']],
    ['{"a":"\\u0085"}', 'control_character', ['a']],
    ['{"a":"\u0085"}', 'control_character', ['a']],
    ['{"a":"\u0001"}', 'control_character', ['a']],
    ['{"\\u0007":1}', 'control_character', []],
    ['{"a":"\\ud800"}', 'lone_surrogate', ['a']],
    ['{"a":"\\udc00"}', 'lone_surrogate', ['a']],
    ['{"a":"\\ud800\\u0041"}', 'lone_surrogate', ['a']],
    ['{"a":"\\ud800\\ud800"}', 'lone_surrogate', ['a']],
    ['{"__proto__":{}}', 'reserved_name', ['__proto__']],
    ['{"m":{"\\u005f_proto__":{}}}', 'reserved_name', ['m', '__proto__']],
    ['\ufeff{}', 'malformed_json', []],
  ])('refuses %j with %s', (text, code, path) => {
    expect(faultOf(text)).toEqual({ code, path });
  });

  it('takes the line ends of a spreadsheet in the members that hold one, and nowhere else', () => {
    const tables = new Set(['csv']);
    const codeOf = (text: string): string => {
      try {
        parseStrictJson(text, tables);
        return 'read';
      } catch (error) {
        return (error as StrictJsonError).code;
      }
    };
    expect(parseStrictJson('{"csv":"a,b\\r\\n1,2\\u000d\\n"}', tables)).toEqual({ csv: 'a,b\r\n1,2\r\n' });
    const refused = ['{"a":"\\r"}', '{"a":{"csv":"\\r"}}', '{"csv":["\\r"]}', '["\\r"]', '{"csv\\r":"a"}'];
    for (const text of refused) expect(codeOf(text), text).toBe('control_character');
    expect(codeOf('{"csv":"a\r\n"}')).toBe('control_character'); // not escaped
    expect(codeOf('{"csv":"\\b"}')).toBe('control_character');
  });

  it('reads to the depth limit and no deeper', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(parseStrictJson(nested(JSON_DEPTH_MAX))).toBeInstanceOf(Array);
    expect(faultOf(nested(JSON_DEPTH_MAX + 1)).code).toBe('nesting_too_deep');
    expect(faultOf(nested(500_000)).code).toBe('nesting_too_deep');
  });

  it('keeps escapes, pairs and numbers exactly', () => {
    expect(
      parseStrictJson(
        '{"a":"\\ud83d\\ude00\\t\\n\\/\\"\\u00e9 \u{1f600}","n":[-0.5,0,1840.00,999999999999999]}',
      ),
    ).toEqual({
      a: '\u{1f600}\t\n/"é \u{1f600}',
      n: [-0.5, 0, 1840, 999999999999999],
    });
  });

  it('leaves names of the object prototype alone', () => {
    const value = parseStrictJson('{"constructor":1,"toString":2,"hasOwnProperty":3}');
    expect(value).toEqual({ constructor: 1, toString: 2, hasOwnProperty: 3 });
  });

  it('agrees with JSON.parse on whatever it accepts, and accepts what is clean', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '"', '\\', '\n', '\t', '\u{1f600}', ' ', '/') });
    const number = fc.integer({ min: -999_999_999, max: 999_999_999 }).map((cents) => cents / 100);
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        text,
        number,
        fc.boolean(),
        fc.constant(null),
        tie('list'),
        tie('object'),
      ),
      list: fc.array(tie('value'), { maxLength: 4 }),
      object: fc.dictionary(text, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    }));
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 1, '\t'), (document, indent) => {
        const written = JSON.stringify(document, null, indent);
        expect(parseStrictJson(written)).toEqual(JSON.parse(written));
      }),
    );
  });

  it('never fails on noise with anything but its own error', () => {
    const noise = fc.string({
      unit: fc.constantFrom(...Array.from('{}[]",:\\u019eE+-. tfn\n\u0000')),
      maxLength: 40,
    });
    fc.assert(
      fc.property(noise, (text) => {
        let parsed: unknown;
        try {
          parsed = parseStrictJson(text);
        } catch (error) {
          expect(error).toBeInstanceOf(StrictJsonError);
          return;
        }
        expect(parsed).toEqual(JSON.parse(text));
      }),
      { numRuns: 2_000 },
    );
  });
});
