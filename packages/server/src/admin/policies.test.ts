import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  createTestAdmin,
  OPERATOR,
  refusalOf,
  type TestAdmin,
} from '../../../../tests/harness/test-admin.ts';

const FIXTURES = new URL('../../../../fixtures/policies/', import.meta.url);

let test: TestAdmin;
beforeAll(async () => {
  test = await createTestAdmin();
});
afterAll(() => test.close());

async function template(name: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(new URL(`${name}.json`, FIXTURES), 'utf8')) as Record<string, unknown>;
}

function withVendors(...vendors: string[]): unknown {
  const rule = { rule_id: 'r1', rule_type: 'vendor_allowlist', parameters: { vendors } };
  const other = { rule_id: 'r0', rule_type: 'max_amount', parameters: { limit: 5, currency: 'USD' } };
  return { policy_id: 'pol_vendors', name: 'Vendors', rules: [other, rule] };
}

describe('publishing a policy', () => {
  it('takes the four templates as printed and numbers versions on each post', async () => {
    for (const name of [
      'support_refund_policy',
      'saas_discount_policy',
      'vendor_spend_policy',
      'expense_reimbursement_policy',
    ]) {
      const document = await template(name);
      const published = await test.admin.policies.publish(OPERATOR, document);
      expect(published).toMatchObject({ policyId: name, version: 1, status: 'active' });
      expect(published.ruleCount).toBe((document['rules'] as unknown[]).length);
      expect((await test.admin.policies.get(name)).document).toEqual(document);
    }
    const document = await template('vendor_spend_policy');
    const entries = await test.entriesOf(async () => {
      expect((await test.admin.policies.publish(OPERATOR, document)).version).toBe(2);
      expect((await test.admin.policies.publish(OPERATOR, { ...document, name: 'Other' })).version).toBe(3);
    });
    expect(entries.map((entry) => entry.type)).toEqual(['policy.published', 'policy.published']);
    expect(Object.keys(entries[0]!.changes)).toEqual(['version']);
    expect(Object.keys(entries[1]!.changes)).toEqual(['document_sha256', 'version']);
    expect(await test.admin.policies.get('vendor_spend_policy')).toMatchObject({
      version: 3,
      status: 'active',
    });
    expect(await test.admin.policies.get('vendor_spend_policy', 2)).toMatchObject({
      status: 'retired',
      document,
    });
    const { items } = await test.admin.policies.list();
    expect(items.map((policy) => [policy.policyId, policy.version])).toContainEqual([
      'vendor_spend_policy',
      3,
    ]);
    expect(items).toHaveLength(4);
    expect(await refusalOf(test.admin.policies.get('vendor_spend_policy', 4))).toMatchObject({
      code: 'not_found',
    });
    expect(await refusalOf(test.admin.policies.get('vendor_spend_policy', 0.5))).toMatchObject({
      field: '/version',
    });
  });

  it('names every fault by its field and stores nothing', async () => {
    const document = {
      policy_id: 'pol_bad',
      name: 'Bad',
      rules: [
        { rule_id: 'r1', rule_type: 'max_amount', parameters: { limit: '1.005', currency: 'USD' } },
        { rule_id: 'r2', rule_type: 'no_such_rule', parameters: {} },
      ],
    };
    const entries = await test.entriesOf(async () => {
      const refusal = await refusalOf(test.admin.policies.publish(OPERATOR, document));
      expect(refusal).toEqual({
        code: 'invalid',
        field: '/rules/0/parameters/limit',
        faults: ['amount_too_precise', 'unknown_rule_type'],
      });
      expect(await refusalOf(test.admin.policies.publish(OPERATOR, 'text'))).toMatchObject({
        code: 'invalid',
      });
    });
    expect(entries).toEqual([]);
    expect(await refusalOf(test.admin.policies.get('pol_bad'))).toMatchObject({ code: 'not_found' });
  });

  it('refuses wildcards on public suffixes, private ones too', async () => {
    const bad = [
      '*.co.uk',
      '*.CO.UK',
      '*.github.io',
      '*.kawasaki.jp',
      '*.s3.amazonaws.com',
      '*.xn--55qx5d.cn',
    ];
    for (const vendor of bad) {
      expect(await refusalOf(test.admin.policies.publish(OPERATOR, withVendors('aws', vendor)))).toEqual({
        code: 'invalid',
        field: '/rules/1/parameters/vendors/1',
        faults: ['wildcard_on_public_suffix'],
      });
    }
    expect(await refusalOf(test.admin.policies.publish(OPERATOR, withVendors('*.com')))).toMatchObject({
      field: '/rules/1/parameters/vendors/0',
    });
    const good = [
      'aws',
      'github.io',
      '*.example.com',
      '*.acme.github.io',
      '*.shop.example.co.uk',
      '*.corp.internal',
    ];
    expect(await test.admin.policies.publish(OPERATOR, withVendors(...good))).toMatchObject({ warnings: [] });
  });

  it('warns about escalations that are probably not meant', async () => {
    const publish = async (...rules: object[]): Promise<string[]> => {
      const document = { policy_id: 'pol_warn', name: 'Warn', rules };
      const { warnings } = await test.admin.policies.publish(OPERATOR, document);
      return warnings.map(({ pointer, code }) => `${pointer} ${code}`);
    };
    const ceiling = { rule_id: 'c', rule_type: 'max_amount', parameters: { limit: 5_000, currency: 'USD' } };
    const escalation = (parameters: object): object => ({
      rule_id: 'e',
      rule_type: 'escalate_if',
      parameters,
    });
    const spend = { action_types: ['spend'], currency: 'USD' };

    expect(await publish(ceiling, escalation({ ...spend, amount_above: '4999.99' }))).toEqual([]);
    expect(await publish(ceiling, escalation({ ...spend, amount_above: 5_000 }))).toEqual([
      '/rules/1/parameters/amount_above escalation_never_reached',
    ]);
    expect(await publish(ceiling, escalation({ ...spend, currency: 'EUR', amount_above: 5_000 }))).toEqual(
      [],
    );
    expect(
      await publish({ ...ceiling, on_violation: 'hold' }, escalation({ ...spend, amount_above: 9_000 })),
    ).toEqual([]);
    // A discount is measured by its deal.
    expect(await publish(ceiling, escalation({ action_types: ['discount'], amount_above: 10_000 }))).toEqual([
      '/rules/1/parameters escalation_without_currency',
    ]);
    expect(await publish({ ...ceiling, on_missing: 'ignore' })).toEqual([
      '/rules/0/on_missing evidence_ignored',
    ]);
  });
});

describe('a policy in the configuration', () => {
  it('may be bound to an agent and covered by a budget', async () => {
    await test.admin.policies.publish(OPERATOR, await template('vendor_spend_policy'));
    const bindings = { policies: ['vendor_spend_policy'], defaultPolicy: 'vendor_spend_policy' };
    const agent = await test.admin.agents.create(OPERATOR, {
      agentId: 'agent_bound',
      name: 'Bound',
      bindings,
    });
    expect(agent.bindings).toEqual(bindings);
  });
});
