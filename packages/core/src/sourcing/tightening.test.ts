import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decide } from '../decide.ts';
import { type DecisionOutcome, outcomeOf } from '../finding.ts';
import { NOT_RELATED } from '../related/related-facts.ts';
import { EXAMPLE_NOW_MS, exampleAction, exampleBudget, exampleFacts } from '../testing/example-facts.ts';
import {
  STAGES,
  exampleCeiling,
  exampleFramework,
  exampleSourcing,
  exampleTender,
  exampleWaiver,
} from '../testing/example-sourcing.ts';
import { exampleSupplier } from '../testing/example-supplier.ts';

// What only makes sourcing stricter never approves what was denied, nor lets pass what was held.

const RANK: Readonly<Record<DecisionOutcome, number>> = { approved: 0, held: 1, denied: 2 };
const VENDORS = ['vendor_acme', 'a.example', 'shop.a.example', 'b.example'];
const CATEGORIES = ['works', 'paper'];
const COUNTRIES = ['DE', 'FR', 'KP'];

const word = fc.constantFrom('deny', 'hold');
const missing = fc.constantFrom('deny', 'hold', 'ignore');
const suppliers = fc.uniqueArray(fc.constantFrom(...VENDORS, '*.a.example'), { minLength: 1, maxLength: 3 });
const category = fc.constantFrom(...CATEGORIES, '*');

interface Document {
  thresholdMinor: number;
  thresholdCategory: string;
  jurisdiction: string;
  prohibited: string[];
  preferred: string[];
  preferredCategory: string;
  allowed: string[];
  blocked: string[];
  repetition: boolean;
  onViolation: string;
  onMissing: string;
  verification: string;
}

const anyDocument: fc.Arbitrary<Document> = fc.record({
  thresholdMinor: fc.integer({ min: 1, max: 200 }),
  thresholdCategory: category,
  jurisdiction: fc.constantFrom('DE', 'EU', '*', 'US'),
  prohibited: fc.constantFrom([], ['b.example']),
  preferred: suppliers,
  preferredCategory: category,
  allowed: fc.uniqueArray(fc.constantFrom(...COUNTRIES), { minLength: 1 }),
  blocked: fc.constantFrom([], ['KP']),
  repetition: fc.boolean(),
  onViolation: word,
  onMissing: missing,
  verification: fc.constantFrom('unverified', 'pending', 'verified'),
});

const cents = (minor: number): string => (minor / 100).toFixed(2);

function bodyOf(document: Document): object {
  const { prohibited } = document;
  const blocked = document.blocked.filter((country) => !document.allowed.includes(country));
  return {
    tender_thresholds: [
      {
        jurisdiction: document.jurisdiction,
        category: document.thresholdCategory,
        amount: cents(document.thresholdMinor),
        currency: 'USD',
      },
    ],
    ...(prohibited.length === 0 ? {} : { prohibited_suppliers: prohibited }),
    preferred_suppliers: [
      {
        category: document.preferredCategory,
        suppliers: document.preferred.filter((entry) => !prohibited.includes(entry)).concat('always.example'),
      },
    ],
    countries: { allowed: document.allowed, ...(blocked.length === 0 ? {} : { blocked }) },
    category_rules: [{ category: 'works', required_verification: document.verification }],
    ...(document.repetition
      ? { repetition: [{ category: 'works', up_to: { amount: '1.00', currency: 'USD' }, reason: 'example' }] }
      : {}),
    on_violation: document.onViolation,
    on_missing: document.onMissing,
  };
}

const TIGHTENINGS: readonly ((document: Document) => Document)[] = [
  (document) => ({ ...document, thresholdMinor: Math.max(1, Math.floor(document.thresholdMinor / 2)) }),
  (document) => ({ ...document, thresholdMinor: Math.max(1, document.thresholdMinor - 1) }),
  (document) => ({ ...document, prohibited: ['b.example', 'sup_acme'] }),
  (document) => ({ ...document, preferred: document.preferred.slice(1) }),
  (document) => ({ ...document, allowed: document.allowed.slice(0, 1) }),
  (document) => ({ ...document, repetition: false }),
  (document) => ({ ...document, onViolation: 'deny' }),
  (document) => ({ ...document, onMissing: 'deny' }),
  (document) => ({ ...document, verification: 'verified' }),
];

interface Records {
  ceilingMinor: bigint;
  perCallOffMaxMinor: bigint | null;
  validUntilMs: number;
  category: string | null;
}

const anyRecords: fc.Arbitrary<Records> = fc.record({
  ceilingMinor: fc.bigInt({ min: 1n, max: 300n }),
  perCallOffMaxMinor: fc.option(fc.bigInt({ min: 1n, max: 200n }), { nil: null }),
  validUntilMs: fc.integer({ min: EXAMPLE_NOW_MS - 2, max: EXAMPLE_NOW_MS + 2 }),
  category: fc.option(fc.constantFrom(...CATEGORIES), { nil: null }),
});

const TIGHTER_RECORDS: readonly ((records: Records) => Records)[] = [
  (records) => ({ ...records, ceilingMinor: records.ceilingMinor > 1n ? records.ceilingMinor - 1n : 1n }),
  (records) => ({ ...records, perCallOffMaxMinor: records.perCallOffMaxMinor ?? 50n }),
  (records) => ({ ...records, validUntilMs: records.validUntilMs - 1 }),
  (records) => ({ ...records, category: records.category ?? 'works' }),
];

const anyPurchase = fc.record({
  stage: fc.constantFrom(...STAGES),
  vendor: fc.constantFrom(...VENDORS),
  category: fc.option(fc.constantFrom(...CATEGORIES), { nil: null }),
  country: fc.option(fc.constantFrom(...COUNTRIES), { nil: null }),
  amountMinor: fc.bigInt({ min: 1n, max: 250n }),
  siblingMinor: fc.bigInt({ min: 0n, max: 100n }),
  usedMinor: fc.bigInt({ min: 0n, max: 100n }),
  jurisdictions: fc.constantFrom(['DE', 'EU', '*'], ['US', '*'], ['*']),
  isRegistered: fc.boolean(),
  cites: fc.constantFrom('nothing', 'tender', 'framework', 'waiver'),
});

type Purchase = typeof anyPurchase extends fc.Arbitrary<infer T> ? T : never;

function outcomeUnder(document: Document, records: Records, purchase: Purchase): DecisionOutcome {
  const { amountMinor, cites, siblingMinor, stage, usedMinor, vendor } = purchase;
  const { ceilingMinor, perCallOffMaxMinor, validUntilMs } = records;
  const common = { validUntilMs, validFromMs: 0, ceilingMinor };
  const sourcing = exampleSourcing(bodyOf(document), {
    jurisdictions: purchase.jurisdictions,
    tender:
      cites === 'tender' ? exampleTender({ ...common, winner: vendor, category: records.category }) : null,
    framework:
      cites === 'framework'
        ? exampleFramework({
            ...common,
            supplier: vendor,
            categories: records.category === null ? null : [records.category],
            perCallOffMaxMinor,
          })
        : null,
    waivers:
      cites === 'waiver'
        ? [
            exampleWaiver({
              supplier: vendor,
              upToMinor: ceilingMinor,
              validUntilMs,
              category: records.category,
            }),
          ]
        : [],
  });
  const used = { limitMinor: ceilingMinor, committedMinor: usedMinor };
  const action = exampleAction({
    counterparty: vendor,
    category: purchase.category,
    country: purchase.country,
    amountMinor,
    sourcing: {
      commitmentType: cites === 'framework' ? 'call_off' : null,
      tenderReference: cites === 'tender' ? 'T-1' : null,
      frameworkId: cites === 'framework' ? 'F-1' : null,
      waiverId: null,
      netMinor: null,
      contractValueMinor: null,
    },
  });
  const part = {
    requestId: 'preq_1',
    currency: 'USD',
    amountMinor: siblingMinor,
    daysBefore: 0,
    sharesIntent: true,
  };
  const totals = [{ currency: 'USD', amountMinor: siblingMinor, count: 1 }];
  const facts = exampleFacts({
    stage,
    sourcing,
    supplier: purchase.isRegistered ? exampleSupplier({ country: null, verification: 'pending' }) : null,
    related: { ...NOT_RELATED, groups: [{ basis: 'project', totals, parts: [part], refusedCount: 0 }] },
    budgets: [
      exampleBudget(),
      ...(cites === 'tender' ? [exampleCeiling('tender', 'T-1', used)] : []),
      ...(cites === 'framework' ? [exampleCeiling('framework', 'F-1', used)] : []),
      ...(cites === 'waiver' ? [exampleCeiling('waiver', 'wvr_1', { ...used, ownMinor: 0n })] : []),
    ],
  });
  const { findings } = decide(action, facts, EXAMPLE_NOW_MS);
  return outcomeOf(findings.filter(({ control }) => control !== 'policy_required')); // there is no policy here
}

describe('a stricter sourcing policy, tender, framework agreement or waiver', () => {
  it('never lets pass what the laxer one stopped', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(
        anyDocument,
        anyRecords,
        anyPurchase,
        fc.constantFrom(...TIGHTENINGS),
        fc.constantFrom(...TIGHTER_RECORDS),
        (document, records, purchase, tighten, tightenRecords) => {
          const before = outcomeUnder(document, records, purchase);
          const stricter = outcomeUnder(tighten(document), records, purchase);
          const tighter = outcomeUnder(document, tightenRecords(records), purchase);
          seen.add(`${before} ${stricter}`).add(`${before} ${tighter}`);
          expect(RANK[stricter]).toBeGreaterThanOrEqual(RANK[before]);
          expect(RANK[tighter]).toBeGreaterThanOrEqual(RANK[before]);
        },
      ),
      { numRuns: 1_500 },
    );
    // Otherwise it shows nothing.
    expect([...seen]).toEqual(
      expect.arrayContaining(['approved approved', 'approved denied', 'held denied']),
    );
  });
});
