import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkVendor, compileVendorList, sameHost, validateVendorEntry } from './vendor-match.ts';

function admits(entry: string, vendor: string): boolean {
  return compileVendorList([entry]).match(vendor).matched;
}

// Few labels and letters, so that random hosts are often near each other.
const anyLabel = fc.constantFrom('a', 'b', 'www', 'aws', 'amazon', 'com', 'x-a', 'evilamazon', 'xn--e1awd7f');
const anyHost = fc.array(anyLabel, { minLength: 2, maxLength: 5 }).map((labels) => labels.join('.'));
const anyCase = (host: string): fc.Arbitrary<string> =>
  fc.tuple(fc.infiniteStream(fc.boolean()), fc.boolean()).map(([upper, rootDot]) => {
    const letters = Array.from(host).map((letter) =>
      upper.next().value === true ? letter.toUpperCase() : letter,
    );
    return letters.join('') + (rootDot ? '.' : '');
  });
const anyId = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/);

describe('a host entry', () => {
  it.each([
    'aws.amazon.com',
    'www.aws.amazon.com',
    'AWS.Amazon.COM',
    'aws.amazon.com.',
    'WWW.aws.amazon.com.',
  ])('aws.amazon.com admits %s', (vendor) => {
    expect(admits('aws.amazon.com', vendor)).toBe(true);
  });

  it.each([
    'amazon.com',
    'www.amazon.com',
    'x.aws.amazon.com',
    'www.www.aws.amazon.com',
    'www.x.aws.amazon.com',
    'aws.amazon.com.evil.com',
    'aws-amazon.com',
    'awsxamazon.com',
    'evilaws.amazon.com',
    'aws.amazon.co',
    'aws.amazon.com..',
    '.aws.amazon.com',
    'aws.amazon.com:443',
    'https://aws.amazon.com',
    'https://aws.amazon.com/path',
    'aws.amazon.com/path',
    '//aws.amazon.com',
    'user@aws.amazon.com',
    ' aws.amazon.com',
    'aws.amazon.com\n',
    'аws.amazon.com', // a Cyrillic а
    'aws.ama\u200bzon.com',
    'aws.amazon\u3002com',
    'aws',
    'aws.amazon',
    '',
    '.',
    '*',
    '*.amazon.com',
  ])('aws.amazon.com does not admit %j', (vendor) => {
    expect(admits('aws.amazon.com', vendor)).toBe(false);
  });

  it('written with www admits that alone', () => {
    expect(admits('www.example.com', 'www.example.com')).toBe(true);
    expect(admits('www.example.com', 'example.com')).toBe(false);
  });

  it('folds no letter outside ASCII', () => {
    expect(admits('kiosk.com', '\u212aiosk.com')).toBe(false); // the Kelvin sign lower-cases to k
    expect(admits('kiosk.com', 'kio\u017fk.com')).toBe(false); // the long s upper-cases to S
    expect(admits('bücher.de', 'BÜCHER.de')).toBe(false);
  });

  it('outside ASCII admits the identical string, not another form of it', () => {
    expect(admits('bücher.de', 'bücher.de')).toBe(true);
    expect(admits('bücher.de', 'bücher.DE')).toBe(true);
    expect(admits('bücher.de', 'bu\u0308cher.de')).toBe(false);
    expect(admits('bücher.de', 'xn--bcher-kva.de')).toBe(false);
    expect(admits('xn--bcher-kva.de', 'bücher.de')).toBe(false);
  });

  it('admits a host only when all labels are equal, or follow one www', () => {
    fc.assert(
      fc.property(anyHost, anyHost, (entry, vendor) => {
        expect(admits(entry, vendor)).toBe(vendor === entry || vendor === `www.${entry}`);
      }),
      { numRuns: 2_000 },
    );
  });

  it('admits its host in any case and with the root dot', () => {
    fc.assert(
      fc.property(
        anyHost.chain((host) => fc.tuple(anyCase(host), anyCase(host))),
        ([entry, vendor]) => {
          expect(admits(entry, vendor)).toBe(true);
        },
      ),
    );
  });
});

describe('a wildcard entry', () => {
  it.each(['a.example.com', 'a.b.c.example.com', 'www.example.com', 'A.Example.COM.'])(
    '*.example.com admits %s',
    (vendor) => {
      expect(admits('*.example.com', vendor)).toBe(true);
    },
  );

  it.each([
    'example.com',
    'evilexample.com',
    'xexample.com',
    'a.evilexample.com',
    'example.com.evil.com',
    '.example.com',
    'a..example.com',
    '*.example.com',
    'b.*.example.com',
    'evil.com/.example.com',
    'evil.com\uff0f.example.com', // a full-width slash
    'evil.com\u3002example.com',
    'аа.example.com', // Cyrillic
    'evil.com?.example.com',
    'evil.com#.example.com',
    'evil.com\\.example.com',
    'evil.com:80@x.example.com',
    '-.example.com',
    'a'.repeat(64) + '.example.com',
  ])('*.example.com does not admit %j', (vendor) => {
    expect(admits('*.example.com', vendor)).toBe(false);
  });

  it('admits exactly the hosts with more labels before its own', () => {
    fc.assert(
      fc.property(anyHost, anyHost, (parent, vendor) => {
        const [wanted, labels] = [parent.split('.'), vendor.split('.')];
        const isStrictSubdomain =
          labels.length > wanted.length && labels.slice(-wanted.length).join('.') === wanted.join('.');
        expect(admits(`*.${parent}`, vendor)).toBe(isStrictSubdomain);
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(anyHost, fc.array(anyLabel, { minLength: 1, maxLength: 3 }), (parent, labels) => {
        expect(admits(`*.${parent}`, [...labels, parent].join('.'))).toBe(true);
      }),
    );
  });
});

describe('an id entry', () => {
  it('admits the identical string alone', () => {
    expect(admits('aws', 'aws')).toBe(true);
    expect(admits('AWS', 'AWS')).toBe(true);
    expect(admits('AWS', 'aws')).toBe(false);
    expect(admits('яндекс', 'яндекс')).toBe(true);
    for (const vendor of [
      'AWS',
      'aws-evil.com',
      'aws-evil',
      'aws.com',
      'www.aws',
      'aws.',
      'aws ',
      ' aws',
      'aw',
      'awss',
      'аws',
    ]) {
      expect(admits('aws', vendor), vendor).toBe(false);
    }
    fc.assert(
      fc.property(anyId, anyId, (entry, vendor) => {
        expect(admits(entry, vendor)).toBe(entry === vendor);
      }),
    );
  });

  it('is not an object key that happens to exist', () => {
    expect(admits('aws', '__proto__')).toBe(false);
    expect(admits('aws', 'constructor')).toBe(false);
  });
});

describe('compileVendorList', () => {
  it('admits what one of its entries admits, and names that entry as written', () => {
    const anyEntry = fc.oneof(
      anyHost,
      anyId,
      anyHost.map((host) => `*.${host}`),
    );
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 8 }), fc.oneof(anyHost, anyId), (entries, vendor) => {
        const found = compileVendorList(entries).match(vendor);
        expect(found.matched).toBe(entries.some((entry) => admits(entry, vendor)));
        if (found.matched) {
          expect(entries).toContain(found.entry);
          expect(admits(found.entry, vendor)).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
    expect(compileVendorList(['AWS.amazon.com']).match('www.aws.amazon.com')).toEqual({
      matched: true,
      entry: 'AWS.amazon.com',
    });
  });

  it('finds each of 10,000 entries and nothing beside them', () => {
    const entries = Array.from({ length: 10_000 }, (_, index) =>
      index % 3 === 0
        ? `vendor_${index}`
        : index % 3 === 1
          ? `shop${index}.example.com`
          : `*.cloud${index}.net`,
    );
    const matcher = compileVendorList(entries);
    for (const entry of entries) {
      const vendor = entry.replace('*', 'eu.west');
      expect(matcher.match(vendor)).toEqual({ matched: true, entry });
      expect(matcher.match(`${vendor}x`)).toEqual({ matched: false });
    }
  });

  it('admits nothing when empty', () => {
    expect(compileVendorList([]).match('aws')).toEqual({ matched: false });
  });

  it('says when a vendor could not be compared at all', () => {
    const matcher = compileVendorList(['evil.com']);
    expect(matcher.match('https://evil.com/')).toEqual({ matched: false, fault: 'vendor_is_url' });
    expect(matcher.match('evil.com:443')).toEqual({ matched: false, fault: 'vendor_has_port' });
    expect(matcher.match('good.com')).toEqual({ matched: false });
  });

  it('stops on an entry that was never validated', () => {
    expect(() => compileVendorList(['aws', 'https://aws.amazon.com'])).toThrow('not validated');
  });
});

describe('validateVendorEntry', () => {
  it.each([
    ['aws', 'id'],
    ['vendor_acme', 'id'],
    ['aws.amazon.com', 'host'],
    ['AWS.amazon.com.', 'host'],
    ['my_bucket.s3.amazonaws.com', 'host'],
    ['bücher.de', 'host'],
    ['*.example.com', 'wildcard'],
    ['*.a.b.example.com', 'wildcard'],
  ])('accepts %s as %s', (entry, kind) => {
    expect(validateVendorEntry(entry)).toEqual({ ok: true, kind });
  });

  it.each([
    ['', 'vendor_empty'],
    ['*.', 'vendor_empty'],
    [' ', 'vendor_has_space'],
    ['aws amazon', 'vendor_has_space'],
    ['aws\u00a0amazon', 'vendor_has_space'],
    ['aws.amazon.com ', 'vendor_has_space'],
    ['https://aws.amazon.com', 'vendor_is_url'],
    ['HTTPS://aws.amazon.com', 'vendor_is_url'],
    ['//aws.amazon.com', 'vendor_is_url'],
    ['aws.amazon.com/path', 'vendor_has_path'],
    ['aws.amazon.com/', 'vendor_has_path'],
    ['aws.amazon.com?x', 'vendor_has_path'],
    ['aws.amazon.com:443', 'vendor_has_port'],
    ['*.aws.amazon.com:443', 'vendor_has_port'],
    ['*', 'vendor_has_wildcard'],
    ['**.example.com', 'vendor_has_wildcard'],
    ['*.*.example.com', 'vendor_has_wildcard'],
    ['a.*.example.com', 'vendor_has_wildcard'],
    ['example.*', 'vendor_has_wildcard'],
    ['aws*', 'vendor_has_wildcard'],
    ['*example.com', 'vendor_has_wildcard'],
    ['*.com', 'vendor_has_wildcard'],
    ['*.com.', 'vendor_malformed'],
    ['*.0.0.1', 'vendor_has_wildcard'],
    ['*.bücher.de', 'vendor_has_wildcard'],
    ['user@example.com', 'vendor_malformed'],
    ['mailto:someone', 'vendor_malformed'],
    ['a..example.com', 'vendor_malformed'],
    ['.example.com', 'vendor_malformed'],
    ['example.', 'vendor_malformed'],
    ['-a.example.com', 'vendor_malformed'],
    ['a-.example.com', 'vendor_malformed'],
    ['a!.example.com', 'vendor_malformed'],
    ['a\u200bws', 'vendor_malformed'],
    ['a\u0000ws', 'vendor_malformed'],
    ['a\ud800ws', 'vendor_malformed'],
    [`${'a'.repeat(64)}.com`, 'vendor_malformed'],
    ['a'.repeat(300), 'vendor_too_long'],
  ])('refuses %j as %s', (entry, code) => {
    expect(validateVendorEntry(entry)).toMatchObject({ ok: false, code });
  });

  it('accepts nothing that compileVendorList stops on, and the other way round', () => {
    const nearMiss = fc.string({
      unit: fc.constantFrom('a', 'B', '.', '*', ':', '/', ' ', '-', 'ü', '1'),
      maxLength: 8,
    });
    fc.assert(
      fc.property(fc.oneof(nearMiss, fc.string()), (entry) => {
        const compile = (): unknown => compileVendorList([entry]);
        if (validateVendorEntry(entry).ok) expect(compile).not.toThrow();
        else expect(compile).toThrow();
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('sameHost', () => {
  it('admits what a host entry of the expected host admits', () => {
    fc.assert(
      fc.property(anyHost.chain(anyCase), fc.oneof(anyHost.chain(anyCase), anyId), (expected, host) => {
        expect(sameHost(host, expected)).toBe(admits(expected, host));
      }),
      { numRuns: 1_000 },
    );
    expect(sameHost('www.example.com', 'Example.com.')).toBe(true);
    expect(sameHost('example.com', 'www.example.com')).toBe(false);
  });

  it('is false for ids and for what is no host', () => {
    expect(sameHost('aws', 'aws')).toBe(false);
    expect(sameHost('https://aws.amazon.com', 'aws.amazon.com')).toBe(false);
    expect(sameHost('', '')).toBe(false);
  });
});

describe('checkVendor', () => {
  it('gives hosts one form and leaves ids as they are', () => {
    expect(checkVendor('AWS.Amazon.com.')).toEqual({ ok: true, kind: 'host', canonical: 'aws.amazon.com' });
    expect(checkVendor('AWS')).toEqual({ ok: true, kind: 'id', canonical: 'AWS' });
  });

  it('is stable: the canonical form of a canonical form is itself', () => {
    fc.assert(
      fc.property(fc.oneof(anyHost.chain(anyCase), anyId, fc.string()), (vendor) => {
        const checked = checkVendor(vendor);
        if (checked.ok) expect(checkVendor(checked.canonical)).toEqual(checked);
      }),
    );
  });
});
