import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { lookalikeOf, skeletonOf } from './confusables.ts';
import { normalBankAccount, normalTaxId, registrableDomain } from './identifiers.ts';
import { relateNames } from './relate-names.ts';
import { relateParties } from './relate-parties.ts';
import { resolveSupplier } from './resolve-supplier.ts';
import { groupKeyOf, supplierOf, supplierReviewOf } from './supplier-identity.ts';
import { SupplierIndex } from './supplier-index.ts';
import { normalName } from './supplier-name.ts';
import type { Supplier } from './supplier.ts';

function supplier(supplierId: string, change: Partial<Supplier> = {}): Supplier {
  return {
    supplierId,
    version: 1,
    legalName: `Example ${supplierId}`,
    tradingNames: [],
    descriptors: [],
    domains: [],
    taxIds: [],
    bankAccounts: [],
    merchantIds: [],
    country: null,
    mccs: [],
    standing: 'approved',
    sanctions: null,
    verification: { state: 'unverified', date: null },
    groupId: null,
    ...change,
  };
}

function indexOf(...suppliers: readonly Supplier[]): SupplierIndex {
  return new SupplierIndex(new Map(suppliers.map((one) => [one.supplierId, one])), 1n);
}

const from = (counterparty: string, merchantDomain: string | null = null) => ({
  counterparty,
  merchantDomain,
});

/** Words of real names and descriptors, in any order, with what is printed around them. */
const names = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc
    .array(
      fc.constantFrom(
        ...'SQ *|TST*|PAYPAL *|AMZN Mktp CA*2K4|#1021|416-555-0199|Acme|ACME|Ltd|GmbH|Sp. z o.o.|S.A.|& Co|АСМЕ|Ｆｏｏ|ß|ẞ|İ|ǆ|ŉ|ﬁ|Ⅷ|Toronto|ON|CA|00654|2K4|vendor_2|a.b.c.|www.acme.co.uk|x-y|the|7|株式会社|ООО|*|-|.|\u0345'.split(
          '|',
        ),
      ),
      { maxLength: 6 },
    )
    .map((parts) => parts.join(' ')),
);

describe('the normal form of a name', () => {
  it.each([
    ['AMZN Mktp CA*2K4', 'amazon'],
    ['Amazon.ca', 'amazon'],
    ['SQ *BLUE BOTTLE COFFEE OAKLAND CA', 'blue bottle coffee'],
    ['TST* Blue Bottle', 'blue bottle'],
    ['PAYPAL *ACME GMBH', 'acme'],
    ['LOWES #02640*', 'lowes'],
    ['LOBLAWS #1021      QPS', 'loblaws'],
    ['UBER *TRIP', 'uber'],
    ['THE HOME DEPOT #7001', 'home depot'],
    ['ACME 416-555-0199 TORONTO ON', 'acme'],
    ['7-ELEVEN 32904', '7 eleven'],
    ['3M CANADA', '3m canada'],
    ['BANK OF MONTREAL', 'bank montreal'],
    ['Acme Spółka z o.o.', 'acme'],
    ['АСМЕ', 'acme'],
    ['𝐀𝐜𝐦𝐞 Inc', 'acme'],
    ['Ａｃｍｅ', 'acme'],
    ['株式会社 Acme', 'acme'],
    ["MOE'S", 'moes'],
    ['12345', '12345'],
  ])('%s is %s', (name, key) => {
    expect(normalName(name).key).toBe(key);
  });

  it('tells ids apart by their digits', () => {
    expect(normalName('vendor_1').key).not.toBe(normalName('vendor_2').key);
  });

  it('is its own normal form, as its skeleton is', () => {
    fc.assert(
      fc.property(names, (name) => {
        const { key } = normalName(name);
        expect(normalName(key).key).toBe(key);
        expect(skeletonOf(skeletonOf(name))).toBe(skeletonOf(name));
        expect(lookalikeOf(lookalikeOf(name))).toBe(lookalikeOf(name));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('relating names', () => {
  it.each([
    ['FABCO PLASTICS WHOLESA', 'Fabco Plastics Wholesale Ltd', true],
    ['wal mart', 'WALMART SUPERCENTER', true],
    ['paypa1', 'PayPal', true],
    ['Acme Ltd', 'АСМЕ', true],
    ['SQ *BLUE BOTTLE', 'Blue Bottle Coffee Inc.', true],
    ['TD Bank', 'Bank of Montreal', false],
    ['Toronto Hydro', 'Toronto Star', false],
    ['Northwind Paper', 'Sunrise Dental', false],
    ['City Auto Parts', 'City Auto Glass', false],
  ])('%s and %s: %s', (a, b, related) => {
    expect(relateNames(a, b).related).toBe(related);
  });

  it('is symmetric, and certain of a name itself', () => {
    fc.assert(
      fc.property(names, names, (a, b) => {
        expect(relateNames(a, b)).toEqual(relateNames(b, a));
        expect(relateNames(a, a)).toMatchObject({ related: true, score: 1 });
        const { score } = relateNames(a, b);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
        expect(relateParties(a, b)).toEqual(relateParties(b, a));
      }),
      { numRuns: 1_000 },
    );
  });

  it('says when a name is written to look like another', () => {
    expect(relateNames('Аррӏе', 'Apple').reasons).toContain('look_alike');
    expect(relateNames('Apple', 'Apple Inc').reasons).not.toContain('look_alike');
  });
});

describe('identifiers', () => {
  it('normalises tax ids and tests the check digits of IBANs', () => {
    expect(normalTaxId('de 123.456-789')).toEqual({ ok: true, value: 'DE123456789' });
    expect(normalTaxId('ABCDEF').ok).toBe(false);
    expect(normalBankAccount('GB29 NWBK 6016 1331 9268 19')).toMatchObject({ ok: true });
    expect(normalBankAccount('GB29 NWBK 6016 1331 9268 18')).toMatchObject({ ok: false });
    expect(normalBankAccount('DE8937040044053201300')).toMatchObject({ ok: false });
    expect(normalBankAccount('021000021:123456789')).toMatchObject({ ok: true });
  });

  it('finds no single changed digit of an IBAN acceptable', () => {
    const iban = 'DE89370400440532013000';
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 21 }), fc.integer({ min: 1, max: 9 }), (at, by) => {
        const digit = (Number(iban[at]) + by) % 10;
        expect(normalBankAccount(iban.slice(0, at) + String(digit) + iban.slice(at + 1)).ok).toBe(false);
      }),
    );
  });

  it('groups by the registrable domain, private suffixes apart', () => {
    expect(registrableDomain('shop.acme.co.uk')).toBe('acme.co.uk');
    expect(registrableDomain('one.github.io')).toBe('one.github.io');
    expect(registrableDomain('github.io')).toBeNull();
  });
});

describe('whom a purchase is from', () => {
  const index = indexOf(
    supplier('acme', {
      legalName: 'Acme Industrial Widgets Ltd',
      domains: ['acme.example.com', '*.api.acme.example.com'],
      merchantIds: ['MID1'],
      descriptors: ['ACME LONDON'],
      taxIds: ['GB123'],
    }),
    supplier('acme_fr', { groupId: 'acme', domains: ['acme.example.fr'] }),
    supplier('twin', { domains: ['shop.example.com'] }),
    supplier('lone'),
  );

  it.each([
    'acme',
    'acme.example.com',
    'www.acme.example.com',
    'eu.api.acme.example.com',
    'MID1',
    'ACME LONDON',
  ])('knows it by %s', (vendor) => {
    expect(supplierOf(index, from(vendor))?.supplierId).toBe('acme');
  });

  it.each([
    'Acme',
    'acme ',
    'ACME LONDON ',
    'MID2',
    'api.acme.example.com',
    'evil-acme.example.com',
    'Acme Industrial Widgets Ltd',
  ])('does not know it by %s', (vendor) => {
    expect(supplierOf(index, from(vendor))).toBeNull();
  });

  it('groups by parents and by a common registrable domain', () => {
    const key = groupKeyOf(index, from('acme'));
    expect(groupKeyOf(index, from('acme.example.fr'))).toBe(key);
    expect(groupKeyOf(index, from('twin'))).toBe(key); // shop.example.com, as acme.example.com
    expect(groupKeyOf(index, from('unknown.example.com'))).toBe(key);
    expect(groupKeyOf(index, from('lone'))).not.toBe(key);
    expect(supplierOf(index, from('acme'))?.groupId).toBe('acme');
    expect(supplierOf(index, from('lone'))?.groupId).toBeNull();
  });

  it('groups those who are not registered by domain, then by name', () => {
    expect(groupKeyOf(index, from('a.example.org'))).toBe(groupKeyOf(index, from('b.example.org')));
    expect(groupKeyOf(index, from('ROOF CO #12'))).toBe(groupKeyOf(index, from('Roof Co. Ltd')));
    expect(groupKeyOf(index, from('vendor_1'))).not.toBe(groupKeyOf(index, from('vendor_2')));
  });

  it('lets the stricter of two stand, and says that they disagree', () => {
    const strict = index.with([supplier('lone', { standing: 'prohibited' })], 2n);
    expect(supplierOf(strict, from('lone', 'acme.example.com'))).toMatchObject({
      supplierId: 'lone',
      standing: 'prohibited',
      conflictsWith: 'acme',
    });
    expect(supplierOf(strict, from('acme', 'acme.example.fr'))?.conflictsWith).toBeNull();
  });

  it('remembers a bounded number of counterparties', () => {
    const own = indexOf(supplier('x'));
    for (let at = 0; at < 20_500; at += 1) groupKeyOf(own, from(`somebody ${at}`));
    expect(own.identities.size).toBeLessThanOrEqual(20_000);
    expect(supplierOf(own, from('x'))?.supplierId).toBe('x');
  });

  it('never knows anybody by a name, however alike', () => {
    const registry = indexOf(
      supplier('s1', { legalName: 'Acme', tradingNames: ['Amazon', 'Toronto', 'Foo'] }),
      supplier('s2', { legalName: 'vendor 2', standing: 'prohibited' }),
    );
    fc.assert(
      fc.property(names, (name) => {
        fc.pre(name !== 's1' && name !== 's2');
        expect(supplierOf(registry, from(name))).toBeNull();
        expect(resolveSupplier(registry, name).admits).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the review that a name calls for', () => {
  const index = indexOf(
    supplier('bad', { legalName: 'Quarrelsome Widget Works GmbH', standing: 'prohibited' }),
    supplier('listed', {
      legalName: 'Zorblax Trading',
      sanctions: { flagged: true, list: 'EX', date: null },
    }),
    supplier('good', { legalName: 'Quarrelsome Widget Works', domains: ['qww.example.com'] }),
  );

  it.each([
    ['Quarrelsome Widget Works', 'bad', 'same_name'],
    ['QUARRELSOME WIDGET WRKS', 'bad', 'similar_name'],
    ['Zоrblах', 'listed', 'look_alike'],
    ['zorblax.example.org', null, null],
    ['zorblax.com', 'listed', 'similar_name'],
  ])('%s', (vendor, supplierId, reason) => {
    const review = supplierReviewOf(index, from(vendor));
    if (supplierId === null) expect(review).toBeNull();
    else expect(review).toMatchObject({ supplierId, reason });
  });

  it('is not asked for when an identifier says who it is, nor of somebody else', () => {
    expect(supplierReviewOf(index, from('qww.example.com'))).toBeNull();
    expect(supplierReviewOf(index, from('Peaceful Gadget Garden'))).toBeNull();
    expect(supplierReviewOf(indexOf(supplier('good')), from('Example good'))).toBeNull();
  });
});

describe('resolving', () => {
  it('says when identifiers disagree, and when several have such a name', () => {
    const index = indexOf(
      supplier('a', { legalName: 'Blueflask East', taxIds: ['DE123456789'] }),
      supplier('b', { legalName: 'Blueflask West', domains: ['b.example.com'] }),
    );
    expect(resolveSupplier(index, { tax_id: 'DE 123456789', domain: 'b.example.com' })).toMatchObject({
      match: 'unknown',
      reasons: ['identifiers_disagree'],
    });
    expect(resolveSupplier(index, 'Blueflask')).toMatchObject({
      match: 'unknown',
      reasons: ['several_suppliers_have_such_a_name'],
    });
    const group = index.with([supplier('b', { legalName: 'Blueflask West', groupId: 'a' })], 2n);
    expect(resolveSupplier(group, 'Blueflask')).toMatchObject({
      match: 'group',
      groupId: 'a',
      admits: false,
    });
  });
});
