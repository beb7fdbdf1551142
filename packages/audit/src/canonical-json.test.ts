import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CanonicalJsonError, canonicalBytes, canonicalJson } from './canonical-json.ts';
import { isCanonicalJson } from './entry-order.ts';

/** The definition, written as plainly as possible: what the fast form must agree with. */
function plainCanonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(plainCanonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${plainCanonicalJson(member)}`).join(',')}}`;
}

const jsonValue = fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 });

describe('canonicalJson', () => {
  it('agrees with the plain definition and survives a round trip', () => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        const text = canonicalJson(value);
        expect(text).toBe(plainCanonicalJson(value));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(isCanonicalJson(Buffer.from(text))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('does not depend on the order in which members were added', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'binary' }), jsonValue, { minKeys: 2, maxKeys: 40 }),
        (members) => {
          const reversed = Object.fromEntries(Object.entries(members).reverse());
          expect(canonicalJson(reversed)).toBe(canonicalJson(members));
        },
      ),
    );
  });

  it('writes long and short texts alike, whatever they need', () => {
    const piece = fc.constantFrom(
      'a',
      '"',
      '\\',
      '\n',
      '\u007f',
      '\u00e4',
      '\u20ac',
      '\u{1f600}',
      'plain text ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 300 }), fc.nat(150), (pieces, padding) => {
        const text = 'x'.repeat(padding) + pieces.join('');
        expect(canonicalJson({ [text]: [text] })).toBe(plainCanonicalJson({ [text]: [text] }));
      }),
    );
  });

  it('writes values larger than any buffer it began with', () => {
    const value = Array.from({ length: 20_000 }, (_, index) => ({
      index,
      text: '\u20ac'.repeat(index % 200),
    }));
    expect(canonicalJson(value)).toBe(plainCanonicalJson(value));
    expect(canonicalJson('\u20ac'.repeat(1_000_000))).toBe(`"${'\u20ac'.repeat(1_000_000)}"`);
  });

  it('serialises a value whose getter serialises another', () => {
    const inner = { text: 'b' };
    const value = {
      first: 'a',
      get second() {
        return canonicalJson(inner);
      },
    };
    expect(canonicalJson(value)).toBe('{"first":"a","second":"{\\"text\\":\\"b\\"}"}');
  });

  it('sorts many members as it sorts few', () => {
    for (const count of [2, 24, 25, 200]) {
      const names = Array.from(
        { length: count },
        (_, index) => String.fromCharCode(0x40 + ((index * 37) % 199)) + 'x',
      );
      const members = Object.fromEntries(names.map((name) => [name, 1]));
      expect(canonicalJson(members)).toBe(plainCanonicalJson(members));
    }
  });

  // RFC 8785 sections 3.2.2 and 3.2.3.
  it('sorts members by UTF-16 code units', () => {
    const members = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\u{1f600}': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    expect([...canonicalJson(members).matchAll(/:"([^"]*)"/g)].map(([, text]) => text)).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  it('writes the sample of RFC 8785', () => {
    const value = {
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000f\nA\'B"\\\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  // RFC 8785 appendix B: IEEE 754 bits and the text they must have.
  it.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('writes number %s as %s', (bits, text) => {
    expect(canonicalJson(Buffer.from(bits, 'hex').readDoubleBE())).toBe(text);
  });

  it.each([
    ['undefined', undefined],
    ['an undefined member', { a: undefined }],
    ['an array hole', new Array(1)],
    ['NaN', { a: [Number.NaN] }],
    ['Infinity', Infinity],
    ['a bigint', { a: 1n }],
    ['a lone surrogate', ['\ud800']],
    ['a lone surrogate in a name', { '\udc00': 1 }],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a function', () => 1],
    ['a symbol', Symbol('a')],
    ['bytes', Buffer.of(1)],
  ])('refuses %s', (_, value) => {
    expect(() => canonicalJson(value)).toThrow(CanonicalJsonError);
  });

  it('says where the refused value is, and ends on a cycle', () => {
    expect(() => canonicalJson({ a: [{ b: Number.NaN }] })).toThrow('NaN is not a JSON number at $.a[0].b');
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(() => canonicalJson(cycle)).toThrow('nesting is too deep');
  });

  it('leaves out undefined members where that is asked for, and never an element', () => {
    const value = { b: undefined, a: [{ d: 1, c: undefined }], e: null };
    expect(canonicalJson(value, 'left out')).toBe('{"a":[{"d":1}],"e":null}');
    expect(() => canonicalJson([undefined], 'left out')).toThrow(CanonicalJsonError);
    expect(() => canonicalJson(undefined, 'left out')).toThrow(CanonicalJsonError);
    expect(() => canonicalJson(value)).toThrow('undefined is not a JSON value at $.a[0].c');
  });

  it.each([
    '{"b":1,"a":2}',
    '{"a": 1}',
    '{"a":1,"a":1}',
    '1.0',
    '"\\u0041"',
    '-0',
    '[1e400]',
    'nul',
    '\ufeff{}',
  ])('is not what wrote %s', (text) => {
    expect(isCanonicalJson(Buffer.from(text))).toBe(false);
  });
});

describe('canonicalBytes', () => {
  it('is canonicalJson in UTF-8, in memory of its own', () => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        const bytes = canonicalBytes(value);
        canonicalBytes('another value, which must not be written over the first');
        expect(bytes.toString('utf8')).toBe(canonicalJson(value));
      }),
    );
  });
});
