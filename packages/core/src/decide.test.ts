// decide.test.ts: laws of the decision, over arbitrary policies, actions and facts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Action } from './action.ts';
import type { BudgetFacts, DecisionFacts } from './decision-facts.ts';
import { decide, decidePolicies, stepKey } from './decide.ts';
import { outcomeOf } from './finding.ts';
import { parsePolicy } from './policy/parse-policy.ts';
import { RULE_TYPES } from './policy/rule-types.ts';
import type { CompiledPolicy } from './policy/rule.ts';
import { EXAMPLE_NOW_MS, exampleAction, exampleBudget, exampleFacts } from './testing/example-facts.ts';

interface RuleDocument {
  rule_id: string;
  rule_type: string;
  parameters: Record<string, unknown>;
  on_violation: string;
  on_missing: string;
}

const VENDORS = ['aws', 'aws.amazon.com', '*.example.com', 'vendor_acme', 'evil.com'];
const COUNTERPARTIES = [
  ...VENDORS,
  'www.aws.amazon.com',
  'shop.example.com',
  'example.com',
  'Some Shop',
  'аws',
];
const CATEGORIES = ['cloud', 'gambling', 'personal', 'luxury'];
const RAILS = ['card', 'bank', 'wire', 'ach', 'sepa', 'sepa_instant', 'crypto', 'usdc', 'cash'];
const COUNTRIES = ['DE', 'FR', 'GB', 'RU', 'KP', 'US'];
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const MCCS = ['5734', '7995', '3000', '3299'];
const ACTION_TYPES = ['spend', 'refund', 'credit', 'discount'] as const;
const CURRENCIES: readonly Action['currency'][] = ['USD', 'USD', 'USD', 'EUR', 'JPY'];

const some = (values: readonly string[]) => fc.subarray([...values], { minLength: 1 });
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null, freq: 6 });
const limitOf = fc.record({
  limit: fc.integer({ min: 0, max: 40 }),
  currency: fc.constantFrom('USD', 'EUR'),
});

const PARAMETERS: Readonly<Record<string, fc.Arbitrary<Record<string, unknown>>>> = {
  max_amount: limitOf,
  refund_age_limit: fc.record({ max_days: fc.integer({ min: 0, max: 10 }) }),
  blocked_categories: fc.record({ categories: some(CATEGORIES) }),
  vendor_allowlist: fc.record({ vendors: some(VENDORS) }),
  vendor_blocklist: fc.record({ vendors: some(VENDORS) }),
  blocked_payment_rails: fc.record({ rails: some(RAILS) }),
  discount_cap: fc.record({ max_percent: fc.integer({ min: 0, max: 30 }) }),
  geography_block: fc.record({ blocked_countries: some([...COUNTRIES, 'EU']) }),
  time_restriction: fc.record({
    allowed_days: some(DAYS),
    allowed_hours_utc: fc.constantFrom('08:00-20:00', '22:00-06:00', '00:00-24:00'),
  }),
  duplicate_guard: fc.record({ window_minutes: fc.integer({ min: 1, max: 60 }) }),
  escalate_if: fc.record(
    {
      amount_above: fc.integer({ min: 0, max: 40 }),
      currency: fc.constantFrom('USD', 'EUR'),
      action_types: some(ACTION_TYPES),
      approvers: fc.constant(['cfo']),
    },
    { requiredKeys: ['amount_above'] },
  ),
  mcc_allowlist: fc.record({ mccs: some(MCCS) }),
  mcc_blocklist: fc.record({ mccs: some(MCCS) }),
  agent_cap: limitOf.map((limit) => ({ ...limit, period: 'day' })),
};

function anyRuleOf(ruleType: string): fc.Arbitrary<Omit<RuleDocument, 'rule_id'>> {
  const isCap = ruleType === 'agent_cap';
  return fc.record({
    rule_type: fc.constant(ruleType),
    parameters: PARAMETERS[ruleType] ?? fc.constant({}),
    on_violation: isCap ? fc.constant('deny') : fc.constantFrom('deny', 'hold'),
    on_missing: isCap ? fc.constant('deny') : fc.constantFrom('deny', 'hold', 'ignore'),
  });
}

const anyRule = fc.constantFrom(...RULE_TYPES.keys()).chain(anyRuleOf);

const anyRules: fc.Arbitrary<RuleDocument[]> = fc
  .array(anyRule, { minLength: 1, maxLength: 3 })
  .map((rules) => rules.map((rule, index) => ({ ...rule, rule_id: `r${index}` })));

/** Actions near the limits of `anyRules`, with and without each fact. */
const anyAction: fc.Arbitrary<Action> = fc
  .record({
    subject: fc.constantFrom('purchase' as const, 'check' as const),
    type: fc.constantFrom(...ACTION_TYPES),
    counterparty: fc.constantFrom(...COUNTERPARTIES),
    amountMinor: fc.bigInt({ min: 1n, max: 5_000n }),
    currency: fc.constantFrom(...CURRENCIES),
    category: orNull(fc.constantFrom(...CATEGORIES)),
    rail: orNull(fc.constantFrom(...RAILS)),
    country: orNull(fc.constantFrom(...COUNTRIES)),
    mcc: orNull(fc.constantFrom(...MCCS)),
    merchantDomain: orNull(fc.constantFrom('aws.amazon.com', 'evil.com')),
    daysSincePurchase: orNull(fc.integer({ min: -1, max: 12 })),
    discountBasisPoints: orNull(fc.integer({ min: -1, max: 3_200 })),
    dealAmountMinor: orNull(fc.bigInt({ min: 1n, max: 5_000n })),
  })
  .map((changes) => exampleAction(changes));

const anyBudget: fc.Arbitrary<BudgetFacts> = fc
  .record({
    currency: fc.constantFrom('USD', 'USD', 'EUR'),
    limitMinor: fc.bigInt({ min: 0n, max: 9_000n }),
    pendingMinor: fc.bigInt({ min: 0n, max: 2_000n }),
    committedMinor: fc.bigInt({ min: 0n, max: 2_000n }),
    spentMinor: fc.bigInt({ min: 0n, max: 2_000n }),
    cap: fc.option(fc.constant({ policyId: 'policy_under_test', ruleId: 'r0' }), { nil: null, freq: 2 }),
  })
  .map((changes) => exampleBudget(changes));

const anyMoment = fc
  .record({
    nowMs: fc.integer({ min: EXAMPLE_NOW_MS, max: EXAMPLE_NOW_MS + 7 * 86_400_000 }),
    duplicateAgoMinutes: fc.option(fc.integer({ min: 0, max: 90 }), { nil: null, freq: 2 }),
    stage: fc.constantFrom('request' as const, 'execution' as const, 'authorization' as const),
    budgets: fc.oneof(
      { weight: 3, arbitrary: fc.constant([exampleBudget()]) },
      { weight: 1, arbitrary: fc.array(anyBudget, { maxLength: 3 }) },
    ),
  })
  .map(({ nowMs, duplicateAgoMinutes, stage, budgets }) => {
    const duplicateAtMs = duplicateAgoMinutes === null ? null : nowMs - duplicateAgoMinutes * 60_000;
    return { nowMs, facts: exampleFacts({ stage, budgets, duplicateAtMs }) };
  });

function compiled(rules: readonly RuleDocument[]): CompiledPolicy {
  const result = parsePolicy({ policy_id: 'policy_under_test', name: 'Policy under test', rules }, 1);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.policy;
}

/** Every way one rule can be made stricter by an edit; `pick` chooses where there is a choice. */
function tightenings(rule: RuleDocument, pick: number): RuleDocument[] {
  const edits: RuleDocument[] = [];
  const edit = (parameters: Record<string, unknown>) =>
    edits.push({ ...rule, parameters: { ...rule.parameters, ...parameters } });
  const list = (name: string) => (rule.parameters[name] ?? []) as string[];
  const lower = (name: string) => {
    const value = rule.parameters[name] as number;
    if (value > 0) edit({ [name]: pick % value });
  };
  const remove = (name: string) => {
    const entries = list(name);
    if (entries.length > 1) edit({ [name]: entries.filter((_, index) => index !== pick % entries.length) });
  };
  const add = (name: string, values: readonly string[]) => {
    edit({ [name]: [...list(name), values[pick % values.length]] });
  };
  switch (rule.rule_type) {
    case 'max_amount':
      lower('limit');
      break;
    case 'refund_age_limit':
      lower('max_days');
      break;
    case 'discount_cap':
      lower('max_percent');
      break;
    case 'blocked_categories':
      add('categories', CATEGORIES);
      break;
    case 'vendor_allowlist':
      remove('vendors');
      break;
    case 'vendor_blocklist':
      add('vendors', VENDORS);
      break;
    case 'blocked_payment_rails':
      add('rails', RAILS);
      break;
    case 'geography_block':
      add('blocked_countries', [...COUNTRIES, 'EU']);
      break;
    case 'mcc_allowlist':
      remove('mccs');
      break;
    case 'mcc_blocklist':
      add('mccs', MCCS);
      break;
    case 'duplicate_guard':
      edit({ window_minutes: (rule.parameters['window_minutes'] as number) + 1 + (pick % 60) });
      break;
    case 'time_restriction': {
      remove('allowed_days');
      const narrower = {
        '08:00-20:00': '09:00-17:00',
        '22:00-06:00': '23:00-05:30',
        '00:00-24:00': '22:00-24:00',
      };
      edit({ allowed_hours_utc: narrower[rule.parameters['allowed_hours_utc'] as keyof typeof narrower] });
      break;
    }
    case 'escalate_if': {
      lower('amount_above');
      const { action_types: _forAllTypes, ...rest } = rule.parameters;
      edits.push({ ...rule, parameters: rest });
      break;
    }
  }
  if (rule.on_violation === 'hold') edits.push({ ...rule, on_violation: 'deny' });
  if (rule.on_missing === 'ignore') edits.push({ ...rule, on_missing: 'hold' });
  if (rule.on_missing !== 'deny') edits.push({ ...rule, on_missing: 'deny' });
  return edits;
}

describe('an edit that only tightens a policy (invariant 10)', () => {
  const anyCase = fc.record({
    action: anyAction,
    moment: anyMoment,
    pick: fc.nat(1_000),
    isSigned: fc.boolean(),
  });
  type Case = typeof anyCase extends fc.Arbitrary<infer Value> ? Value : never;

  /** Checks the law for every tightening of one rule, and counts the edits that made any difference. */
  function expectLaw(
    rules: readonly RuleDocument[],
    index: number,
    { action, moment, pick, isSigned }: Case,
  ): number {
    const { facts, nowMs } = moment;
    const before: DecisionFacts = { ...facts, policies: [compiled(rules)] };
    // Signatures are those gathered for the holds before the edit.
    const holds = decide(action, before, nowMs).findings.filter(({ outcome }) => outcome === 'hold');
    const signedSteps = isSigned ? holds.map(stepKey) : [];
    const outcomeBefore = decide(action, { ...before, signedSteps }, nowMs).outcome;
    let differences = 0;
    for (const stricter of tightenings(rules[index]!, pick)) {
      const policies = [compiled(rules.with(index, stricter))];
      const outcomeAfter = decide(action, { ...facts, policies, signedSteps }, nowMs).outcome;
      if (outcomeAfter === 'approved') expect(outcomeBefore).toBe('approved');
      if (outcomeAfter !== outcomeBefore) differences += 1;
    }
    return differences;
  }

  it('never approves what the policy before did not', () => {
    let differences = 0;
    fc.assert(
      fc.property(anyRules, fc.nat(3), anyCase, (rules, index, anyOfThem) => {
        differences += expectLaw(rules, index % rules.length, anyOfThem);
      }),
      { numRuns: 2_000 },
    );
    expect(differences).toBeGreaterThan(10); // or the edits change nothing, and the law says nothing
  });

  it.each([...RULE_TYPES.keys()].filter((ruleType) => ruleType !== 'agent_cap'))(
    'holds of %s alone',
    (ruleType) => {
      const ofType = anyRuleOf(ruleType).map((rule) => ({ ...rule, rule_id: 'r0' }));
      let differences = 0;
      fc.assert(
        fc.property(ofType, anyCase, (rule, anyOfThem) => {
          differences += expectLaw([rule], 0, anyOfThem);
        }),
        { numRuns: 500 },
      );
      expect(differences).toBeGreaterThan(0);
    },
  );

  it('is also adding a rule, adding a policy, or lowering a budget', () => {
    fc.assert(
      fc.property(
        anyRules,
        anyRule,
        anyAction,
        anyMoment,
        fc.bigInt(1n, 9_000n),
        (rules, added, action, moment, cut) => {
          const { facts, nowMs } = moment;
          const before = decide(action, { ...facts, policies: [compiled(rules)] }, nowMs);
          const longer = compiled([...rules, { ...added, rule_id: 'added' }]);
          const another = { ...compiled([{ ...added, rule_id: 'r0' }]), policyId: 'another' };
          const budgets = facts.budgets.map((budget) => ({ ...budget, limitMinor: budget.limitMinor - cut }));
          const after = [
            decide(action, { ...facts, policies: [longer] }, nowMs),
            decide(action, { ...facts, policies: [compiled(rules), another] }, nowMs),
            decide(action, { ...facts, policies: [compiled(rules)], budgets }, nowMs),
          ];
          if (after.some(({ outcome }) => outcome === 'approved')) expect(before.outcome).toBe('approved');
        },
      ),
      { numRuns: 1_500 },
    );
  });
});

describe('a decision', () => {
  it('is the same for the same facts, action and time, whoever compiled the policy', () => {
    fc.assert(
      fc.property(anyRules, anyAction, anyMoment, (rules, action, { facts, nowMs }) => {
        const once = decide(action, { ...facts, policies: [compiled(rules)] }, nowMs);
        const again = decide(action, { ...facts, policies: [compiled(rules)] }, nowMs);
        expect(again).toEqual(once);
      }),
    );
  });

  it('denies if anything denies, else holds if anything holds, else approves', () => {
    fc.assert(
      fc.property(anyRules, anyAction, anyMoment, (rules, action, { facts, nowMs }) => {
        const { outcome, findings } = decide(action, { ...facts, policies: [compiled(rules)] }, nowMs);
        const outcomes = new Set(findings.map((finding) => finding.outcome));
        expect(outcome).toBe(outcomes.has('deny') ? 'denied' : outcomes.has('hold') ? 'held' : 'approved');
      }),
    );
  });

  it('explains what it does not approve: a reason, a sentence and a next step', () => {
    fc.assert(
      fc.property(anyRules, anyAction, anyMoment, (rules, action, { facts, nowMs }) => {
        for (const finding of decide(action, { ...facts, policies: [compiled(rules)] }, nowMs).findings) {
          expect(finding.reasonCode).not.toBe('control_failed');
          if (finding.outcome === 'pass') continue;
          expect(finding.reasonCode).toMatch(/^[a-z_]+$/);
          expect(finding.reasonCode).not.toBe('ok');
          expect(finding.message).toMatch(/\.$/);
          expect(finding.nextStep).toMatch(/\.$/);
        }
      }),
    );
  });

  it('never throws, whatever the action and the facts are', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('', '\ud800', '\u0000', 'a'.repeat(5_000)),
    );
    const amount = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
    const wildAction = fc.record<Partial<Action>>({
      subject: fc.constantFrom('purchase', 'check'),
      type: fc.constantFrom(...ACTION_TYPES),
      agentId: text,
      policyId: orNull(text),
      counterparty: text,
      amountMinor: amount,
      // a code that no table has: decide must still be total
      currency: fc.oneof(text, fc.constantFrom('USD', 'usd', 'XAU')) as fc.Arbitrary<Action['currency']>,
      category: orNull(text),
      costCenter: orNull(text),
      project: orNull(text),
      rail: orNull(text),
      country: orNull(text),
      mcc: orNull(text),
      merchantDomain: orNull(text),
      daysSincePurchase: orNull(fc.double()),
      discountBasisPoints: orNull(fc.double()),
      dealAmountMinor: orNull(amount),
    });
    const wildBudget = fc.record<Partial<BudgetFacts>>({
      currency: text,
      limitMinor: amount,
      spentMinor: amount,
      ownMinor: amount,
    });
    fc.assert(
      fc.property(
        anyRules,
        wildAction,
        fc.array(wildBudget, { maxLength: 2 }),
        fc.double(),
        orNull(fc.double()),
        (rules, wild, budgets, nowMs, duplicateAtMs) => {
          const policies = [compiled(rules)];
          const facts = exampleFacts({ policies, budgets: budgets.map(exampleBudget), duplicateAtMs });
          const action = exampleAction(wild);
          const { outcome, findings } = decide(action, facts, nowMs);
          expect(outcome).toBe(outcomeOf(findings));
          // An amount below zero and facts of another agent are bugs of the caller: never an approval.
          if (action.amountMinor < 0n || action.agentId !== 'agent_1') expect(outcome).toBe('denied');
          decidePolicies(action, policies, facts, nowMs);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('is a denial when a control throws, and the others are still heard', () => {
    const broken = compiled([
      {
        rule_id: 'r0',
        rule_type: 'max_amount',
        parameters: { limit: 1, currency: 'USD' },
        on_violation: 'deny',
        on_missing: 'deny',
      },
    ]);
    const rule = {
      ...broken.rules[0]!,
      ruleId: 'broken',
      evaluate: () => {
        throw new TypeError('a bug');
      },
    };
    const policies = [{ ...broken, rules: [rule, ...broken.rules] }];
    const { outcome, findings } = decide(exampleAction(), exampleFacts({ policies }), EXAMPLE_NOW_MS);
    expect(outcome).toBe('denied');
    expect(findings.map(({ reasonCode }) => reasonCode)).toEqual([
      'ok',
      'control_failed',
      'max_amount_exceeded',
    ]);
  });
});

describe('a hold', () => {
  const action = exampleAction({ amountMinor: 30_000n });
  const escalation = { rule_id: 'r0', rule_type: 'escalate_if', on_violation: 'deny', on_missing: 'deny' };
  const policies = [
    compiled([{ ...escalation, parameters: { amount_above: 200, approvers: ['cfo', 'ceo'] } }]),
  ];

  it('names who may sign it, and a purchase waits while a check is handed on', () => {
    const held = decide(action, exampleFacts({ policies }), EXAMPLE_NOW_MS).findings.at(-1)!;
    expect(held).toMatchObject({
      outcome: 'hold',
      approvers: ['cfo', 'ceo'],
      observed: '300.00 USD',
      limit: '200.00 USD',
    });
    expect(held.nextStep).toMatch(/same request resumes/);
    const [check] = decidePolicies({ ...action, subject: 'check' }, policies, exampleFacts(), EXAMPLE_NOW_MS);
    expect(check?.nextStep).toMatch(/without an approval/);
  });

  it('of an ordinary rule may be signed by any approver', () => {
    const rules = [
      {
        ...escalation,
        rule_type: 'vendor_allowlist',
        parameters: { vendors: ['aws'] },
        on_violation: 'hold',
      },
    ];
    const { outcome, findings } = decide(
      action,
      exampleFacts({ policies: [compiled(rules)] }),
      EXAMPLE_NOW_MS,
    );
    expect(outcome).toBe('held');
    expect(findings.at(-1)).toMatchObject({ reasonCode: 'vendor_not_on_allowlist', approvers: null });
  });

  it('is satisfied by a signature of its own step alone', () => {
    const held = decide(action, exampleFacts({ policies }), EXAMPLE_NOW_MS).findings.at(-1)!;
    const outcomeWith = (signedSteps: string[]) =>
      decide(action, exampleFacts({ policies, signedSteps }), EXAMPLE_NOW_MS).outcome;
    expect(outcomeWith([stepKey(held)])).toBe('approved');
    expect(outcomeWith([stepKey({ ...held, ruleId: 'r1' })])).toBe('held');
    expect(outcomeWith([stepKey({ ...held, policyId: 'another' })])).toBe('held');
    expect(outcomeWith([stepKey({ ...held, reasonCode: 'evidence_missing' })])).toBe('held');
  });
});

describe('the vendor allowlist', () => {
  /** What the entries admit, written down a second time and slowly. */
  function isListed(vendor: string, entries: readonly string[]): boolean {
    const host = vendor.endsWith('.') ? vendor.slice(0, -1) : vendor;
    const lower = host.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    return entries.some((entry) => {
      if (!entry.includes('.')) return vendor === entry;
      if (!entry.startsWith('*.')) return lower === entry || lower === `www.${entry}`;
      const suffix = entry.slice(1);
      const label = lower.slice(0, -suffix.length);
      return lower.endsWith(suffix) && /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(label);
    });
  }

  it('passes no vendor that is not exactly listed', () => {
    const entry = fc.constantFrom(
      'aws',
      'aws.amazon.com',
      '*.example.com',
      'vendor_acme',
      'xn--pple-43d.com',
      'x.co.uk',
    );
    const mutation = fc.oneof(
      fc.constant((name: string) => name),
      fc.string({ minLength: 1, maxLength: 3 }).map((text) => (name: string) => text + name),
      fc.string({ minLength: 1, maxLength: 3 }).map((text) => (name: string) => name + text),
      fc.string({ minLength: 1, maxLength: 5 }).map((label) => (name: string) => `${label}.${name}`),
      fc.constantFrom(
        (name: string) => name.replace('a', 'а'),
        (name: string) => name.replace('o', 'ο'),
        (name: string) => name.toUpperCase(),
        (name: string) => name.slice(1),
        (name: string) => name.slice(0, -1),
        (name: string) => name.replace(/^[^.]*\./, ''),
        (name: string) => `www.${name}`,
        (name: string) => `${name}.`,
        (name: string) => `${name}.evil.com`,
        (name: string) => `https://${name}`,
        (name: string) => `${name}@evil.com`,
        (name: string) => `${name}\u200b`,
        (name: string) => ` ${name}`,
        (name: string) => name.replace('.', '。'),
        (name: string) => name.replace('k', 'K'),
      ),
    );
    let passed = 0;
    fc.assert(
      fc.property(
        fc.uniqueArray(entry, { minLength: 1 }),
        entry,
        fc.array(mutation, { maxLength: 2 }),
        (vendors, base, mutations) => {
          const counterparty = mutations.reduce((name, mutate) => mutate(name), base.replace('*.', 'shop.'));
          const rule = {
            rule_id: 'r0',
            rule_type: 'vendor_allowlist',
            parameters: { vendors },
            on_violation: 'deny',
            on_missing: 'deny',
          };
          const facts = exampleFacts({ policies: [compiled([rule])] });
          const [finding] = decidePolicies(
            exampleAction({ counterparty }),
            facts.policies,
            facts,
            EXAMPLE_NOW_MS,
          );
          if (finding?.outcome !== 'pass') return;
          passed += 1;
          expect([counterparty, vendors, isListed(counterparty, vendors)]).toEqual([
            counterparty,
            vendors,
            true,
          ]);
        },
      ),
      { numRuns: 3_000 },
    );
    expect(passed).toBeGreaterThan(100);
  });
});
