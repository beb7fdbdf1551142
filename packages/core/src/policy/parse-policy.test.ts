import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from './parse-policy.ts';
import { RULE_TYPES } from './rule-types.ts';
import type { CompiledPolicy } from './rule.ts';

const policies = new URL('../../../../fixtures/policies/', import.meta.url);
const reference = new URL('../../../../docs/reference/policy-rules.md', import.meta.url);

const RULE = { rule_id: 'r1', rule_type: 'max_amount', parameters: { limit: 500, currency: 'USD' } };
const POLICY = { policy_id: 'pol_procurement', name: 'Procurement', rules: [RULE] };

function parsed(document: unknown): CompiledPolicy {
  const result = parsePolicy(document, 1);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.policy;
}

function faultsOf(document: unknown): [string, string][] {
  const result = parsePolicy(document, 1);
  return result.ok ? [] : result.faults.map(({ pointer, code }) => [pointer, code]);
}

function withRule(changes: Record<string, unknown>): unknown {
  return { ...POLICY, rules: [{ ...RULE, ...changes }] };
}

function withParameters(ruleType: string, parameters: unknown): unknown {
  return withRule({ rule_type: ruleType, parameters });
}

describe('a policy document', () => {
  it('becomes a compiled policy, with deny as the default for everything', () => {
    const policy = parsePolicy(POLICY, 7);
    expect(policy).toMatchObject({
      ok: true,
      policy: {
        policyId: 'pol_procurement',
        version: 7,
        name: 'Procurement',
        appliesTo: { agents: [], teams: [], organisation: false },
        rules: [
          {
            ruleId: 'r1',
            ruleType: 'max_amount',
            description: null,
            onViolation: 'deny',
            onMissing: 'deny',
            stages: ['request', 'execution', 'authorization'],
            clause: 'AG-642 4.1',
            duplicateWindowMinutes: null,
            agentCap: null,
          },
        ],
      },
    });
  });

  it('keeps what the rules say of themselves', () => {
    const policy = parsed({
      ...POLICY,
      applies_to: { agents: ['agent_1'], teams: ['ops'], organisation: true },
      rules: [
        { ...RULE, description: 'At most 500.', on_violation: 'hold', on_missing: 'ignore' },
        { rule_id: 'r2', rule_type: 'duplicate_guard', parameters: { window_minutes: 525_600 } },
        {
          rule_id: 'r3',
          rule_type: 'agent_cap',
          parameters: { limit: '50.00', currency: 'eur', period: 'week' },
        },
      ],
    });
    expect(policy.appliesTo).toEqual({ agents: ['agent_1'], teams: ['ops'], organisation: true });
    expect(policy.rules).toMatchObject([
      { description: 'At most 500.', onViolation: 'hold', onMissing: 'ignore' },
      { duplicateWindowMinutes: 525_600, stages: ['request'] },
      { agentCap: { limitMinor: 5_000n, currency: 'EUR', period: 'week', timeZone: 'UTC' } },
    ]);
  });

  it.each([null, undefined, 'policy', 5, true, [POLICY]])('%s is none', (document) => {
    expect(faultsOf(document)).toEqual([['', 'wrong_type']]);
  });

  it('reports everything that is wrong at once', () => {
    const document = {
      policy_id: 'has space',
      description: 5,
      aplies_to: {},
      metadata: [],
      applies_to: { agents: ['ok', ''], team: ['x'], organisation: 'yes' },
      rules: [
        { ...RULE, on_violation: 'block', on_mising: 'hold' },
        { rule_id: 'r1', rule_type: 'max_amount', parameters: { limt: 5, currency: 'USD' } },
        'rule',
        { rule_id: 'r4', rule_type: 'max_ammount', parameters: {} },
        { rule_id: 'r5', rule_type: 'discount_cap' },
      ],
    };
    expect(faultsOf(document)).toEqual([
      ['/aplies_to', 'unknown_field'],
      ['/policy_id', 'invalid_id'],
      ['/name', 'missing_field'],
      ['/description', 'wrong_type'],
      ['/metadata', 'wrong_type'],
      ['/applies_to/team', 'unknown_field'],
      ['/applies_to/organisation', 'wrong_type'],
      ['/applies_to/agents/1', 'invalid_id'],
      ['/rules/0/on_mising', 'unknown_field'],
      ['/rules/0/on_violation', 'unknown_choice'],
      ['/rules/1/parameters/limit', 'missing_parameter'],
      ['/rules/1/parameters/limt', 'unknown_parameter'],
      ['/rules/1/rule_id', 'duplicate_rule_id'],
      ['/rules/2', 'wrong_type'],
      ['/rules/3/rule_type', 'unknown_rule_type'],
      ['/rules/4/parameters', 'missing_field'],
    ]);
  });

  it('names the known types when one is not', () => {
    const result = parsePolicy(withRule({ rule_type: 'max_ammount' }), 1);
    expect(result.ok ? '' : result.faults[0]?.message).toMatch(
      /^`max_ammount` is not a rule type; .*`max_amount`.*`agent_cap`/,
    );
  });

  it.each(['constructor', '__proto__', 'toString', 'MAX_AMOUNT'])(
    'does not know the rule type %s',
    (ruleType) => {
      expect(faultsOf(withRule({ rule_type: ruleType }))).toEqual([
        ['/rules/0/rule_type', 'unknown_rule_type'],
      ]);
    },
  );

  it('needs at least one rule and takes 10,000', () => {
    expect(faultsOf({ ...POLICY, rules: [] })).toEqual([['/rules', 'empty_list']]);
    const rules = Array.from({ length: 10_001 }, (_, index) => ({ ...RULE, rule_id: `r${index}` }));
    expect(faultsOf({ ...POLICY, rules })).toEqual([['/rules', 'list_too_long']]);
    expect(parsed({ ...POLICY, rules: rules.slice(1) }).rules).toHaveLength(10_000);
  });

  it('judges ids and texts by their form', () => {
    for (const policyId of ['', 'a/b', 'ä', 'a'.repeat(65), 5, null]) {
      expect(faultsOf({ ...POLICY, policy_id: policyId })).toEqual([['/policy_id', 'invalid_id']]);
    }
    expect(parsed({ ...POLICY, policy_id: 'A-z_0.9'.padEnd(64, 'x') }).policyId).toHaveLength(64);
    expect(faultsOf({ ...POLICY, name: ' ' })).toEqual([['/name', 'empty_text']]);
    expect(faultsOf({ ...POLICY, name: 'x'.repeat(201) })).toEqual([['/name', 'text_too_long']]);
  });

  it('does not let a cap be softer than the ledger that keeps it', () => {
    const cap = {
      rule_id: 'cap',
      rule_type: 'agent_cap',
      parameters: { limit: 5, currency: 'USD', period: 'day' },
    };
    const document = { ...POLICY, rules: [{ ...cap, on_violation: 'hold', on_missing: 'ignore' }] };
    expect(faultsOf(document)).toEqual([
      ['/rules/0/on_violation', 'cap_always_denies'],
      ['/rules/0/on_missing', 'cap_always_denies'],
    ]);
    expect(
      parsed({ ...POLICY, rules: [{ ...cap, on_violation: 'deny', on_missing: 'deny' }] }).rules,
    ).toHaveLength(1);
  });
});

describe('the parameters of each rule type', () => {
  it.each([
    ['max_amount', { limit: 500 }, [['/currency', 'missing_parameter']]],
    ['max_amount', { limit: '1.005', currency: 'USD' }, [['/limit', 'amount_too_precise']]],
    ['max_amount', { limit: 5, currency: 'USD', per: 'day' }, [['/per', 'unknown_parameter']]],
    ['refund_age_limit', { max_days: '30' }, [['/max_days', 'wrong_type']]],
    ['refund_age_limit', { max_days: -1 }, [['/max_days', 'out_of_range']]],
    ['blocked_categories', { categories: [] }, [['/categories', 'empty_list']]],
    ['vendor_allowlist', { vendors: [] }, [['/vendors', 'empty_list']]],
    [
      'vendor_allowlist',
      { vendors: ['ok', 'https://x.com', '*'] },
      [
        ['/vendors/1', 'vendor_is_url'],
        ['/vendors/2', 'vendor_has_wildcard'],
      ],
    ],
    [
      'vendor_blocklist',
      { vendor: ['ok'] },
      [
        ['/vendors', 'missing_parameter'],
        ['/vendor', 'unknown_parameter'],
      ],
    ],
    ['blocked_payment_rails', { rails: ['wire', 'hawala'] }, [['/rails/1', 'unknown_rail']]],
    ['discount_cap', { max_percent: 100.5 }, [['/max_percent', 'out_of_range']]],
    [
      'geography_block',
      { blocked_countries: ['RU', 'Russia', 'UK'] },
      [
        ['/blocked_countries/1', 'unknown_country'],
        ['/blocked_countries/2', 'unknown_country'],
      ],
    ],
    [
      'time_restriction',
      { allowed_days: ['monday'], allowed_hours_utc: '8-20' },
      [
        ['/allowed_days/0', 'unknown_choice'],
        ['/allowed_hours_utc', 'time_window_malformed'],
      ],
    ],
    [
      'time_restriction',
      { allowed_days: ['mon'], allowed_hours_utc: '08:00-08:00' },
      [['/allowed_hours_utc', 'time_window_empty']],
    ],
    ['time_restriction', { allowed_days: ['mon'] }, [['/allowed_hours_utc', 'missing_parameter']]],
    [
      'time_restriction',
      { allowed_days: ['mon'], allowed_hours: '08:00-20:00' },
      [['/time_zone', 'missing_parameter']],
    ],
    [
      'time_restriction',
      { allowed_days: ['mon'], allowed_hours: '08:00-20:00', time_zone: 'Mars/Olympus' },
      [['/time_zone', 'unknown_time_zone']],
    ],
    [
      'time_restriction',
      { allowed_days: ['mon'], allowed_hours_utc: '08:00-20:00', time_zone: 'UTC' },
      [
        ['/allowed_hours_utc', 'contradicting_parameters'],
        ['/allowed_hours', 'missing_parameter'],
      ],
    ],
    ['duplicate_guard', { window_minutes: 0 }, [['/window_minutes', 'out_of_range']]],
    ['duplicate_guard', { window_minutes: 525_601 }, [['/window_minutes', 'out_of_range']]],
    ['escalate_if', { amount_above: -1 }, [['/amount_above', 'invalid_decimal']]],
    ['escalate_if', { amount_above: 1, action_types: ['buy'] }, [['/action_types/0', 'unknown_choice']]],
    ['escalate_if', { amount_above: 1, approvers: [] }, [['/approvers', 'empty_list']]],
    ['escalate_if', { amount_above: 1, approvers: ['a b'] }, [['/approvers/0', 'invalid_id']]],
    [
      'mcc_allowlist',
      { mccs: ['573', '57340', '3299-3000', 'x'] },
      [
        ['/mccs/0', 'invalid_mcc'],
        ['/mccs/1', 'invalid_mcc'],
        ['/mccs/2', 'invalid_mcc'],
        ['/mccs/3', 'invalid_mcc'],
      ],
    ],
    ['mcc_blocklist', { mccs: [7995] }, [['/mccs/0', 'wrong_type']]],
    ['agent_cap', { limit: 5, currency: 'USD', period: 'hour' }, [['/period', 'unknown_choice']]],
    [
      'agent_cap',
      { limit: 5, currency: 'USD', period: 'day', time_zone: '+02:00' },
      [['/time_zone', 'unknown_time_zone']],
    ],
  ])('%s %j', (ruleType, parameters, faults) => {
    expect(faultsOf(withParameters(ruleType, parameters))).toEqual(
      faults.map(([pointer, code]) => [`/rules/0/parameters${pointer ?? ''}`, code]),
    );
  });

  it.each([...RULE_TYPES.keys()])('%s refuses an empty object and unknown names', (ruleType) => {
    const faults = faultsOf(withParameters(ruleType, { no_such_parameter: 1 }));
    expect(faults).toContainEqual(['/rules/0/parameters/no_such_parameter', 'unknown_parameter']);
    expect(faults.some(([, code]) => code === 'missing_parameter')).toBe(true);
    for (const wrong of [null, [], 'x', 5]) {
      expect(faultsOf(withParameters(ruleType, wrong))).toEqual([['/rules/0/parameters', 'wrong_type']]);
    }
  });

  it('takes a list of 10,000 vendors', () => {
    const vendors = Array.from({ length: 10_000 }, (_, index) => `vendor${index}.example.com`);
    expect(parsed(withParameters('vendor_allowlist', { vendors })).rules).toHaveLength(1);
  });
});

describe('the policy templates', () => {
  const files = readdirSync(policies);

  it('are five', () => {
    expect(files.sort()).toEqual([
      'expense_reimbursement_policy.json',
      'saas_discount_policy.json',
      'saas_discount_policy_with_deal_threshold.json',
      'support_refund_policy.json',
      'vendor_spend_policy.json',
    ]);
  });

  it.each(files)('%s parses, and its id is its file name', (file) => {
    const document: unknown = JSON.parse(readFileSync(new URL(file, policies), 'utf8'));
    expect(`${parsed(document).policyId}.json`).toBe(file);
  });
});

describe('the reference of policy rules', () => {
  const text = readFileSync(reference, 'utf8');
  const blocks = [...text.matchAll(/^```json (policy|rule)\n(.*?)^```$/gms)].map(([, kind, json = '']) => ({
    kind,
    document: JSON.parse(json) as Record<string, unknown>,
  }));

  it('has no example that is not checked here', () => {
    expect(blocks).toHaveLength([...text.matchAll(/^```json/gm)].length);
  });

  it('has examples that parse', () => {
    for (const { kind, document } of blocks)
      parsed(kind === 'policy' ? document : { ...POLICY, rules: [document] });
  });

  it('has an example, a section and a row with the right stages for every rule type', () => {
    const shown = new Set(blocks.map(({ document }) => document['rule_type']));
    const rows = text.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
    for (const control of RULE_TYPES.values()) {
      const row = rows.find((cells) => cells[1] === `\`${control.ruleType}\``);
      expect({
        ruleType: control.ruleType,
        hasExample: shown.has(control.ruleType),
        hasSection: text.includes(`\n## \`${control.ruleType}\`\n`),
        stages: row?.at(-2),
      }).toEqual({
        ruleType: control.ruleType,
        hasExample: true,
        hasSection: true,
        stages: control.stages.length === 3 ? 'all' : control.stages.join(', '),
      });
    }
  });
});
