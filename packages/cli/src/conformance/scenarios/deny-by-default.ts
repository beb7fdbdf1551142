// conformance/scenarios/deny-by-default.ts: test 8.6: what cannot be validated is denied (AG-642 4.7): what can be made
// unavailable from outside. What cannot, such as the database, names the repository's own test of it.
import type { Json } from '../evidence.ts';
import { NotTestable, type Scene } from '../scene.ts';
import type { Scenario } from './scenario.ts';

const base = { test: '8.6', clauses: ['4.7'] } as const;

export const denyByDefault: readonly Scenario[] = [
  {
    ...base,
    id: '8.6-snapshot',
    title: 'an allocation kept elsewhere: no snapshot, a stale one, a contradictory one; a fresh one passes',
    kind: 'stops',
    run: snapshots,
  },
  {
    ...base,
    id: '8.6-no-rate',
    clauses: ['4.7', '4.2'],
    title: 'a currency without an exchange rate',
    kind: 'stops',
    async run(scene) {
      const currency = await currencyWithoutRate(scene);
      const purchase = await scene.buy('careful', { vendor: scene.fresh('shop'), amount: '1', currency });
      scene.expectDenied(purchase, { reason_code: 'exchange_rate_missing' });
    },
  },
  {
    ...base,
    id: '8.6-no-category',
    title: 'a category that is not given where a rule needs it',
    kind: 'stops',
    async run(scene) {
      const policy = await policyOf(scene, {
        rule_type: 'blocked_categories',
        parameters: { categories: ['gambling'] },
      });
      const fields = { policy_id: policy, amount: '1.00' };
      const without = await scene.buy('careful', { ...fields, vendor: scene.fresh('shop'), category: null });
      scene.expectDenied(without, { control: 'blocked_categories', reason_code: 'evidence_missing' });
      const given = await scene.buy('careful', {
        ...fields,
        vendor: scene.fresh('shop'),
        category: 'stationery',
      });
      scene.expectApproved(given);
    },
  },
  {
    ...base,
    id: '8.6-no-country',
    title: 'a country that is not given where a rule needs it',
    kind: 'stops',
    async run(scene) {
      const policy = await policyOf(scene, {
        rule_type: 'geography_block',
        parameters: { blocked_countries: ['FR'] },
      });
      const fields = { policy_id: policy, amount: '1.00' };
      const without = await scene.buy('careful', { ...fields, vendor: scene.fresh('shop') });
      scene.expectDenied(without, { control: 'geography_block', reason_code: 'evidence_missing' });
      const given = await scene.buy('careful', {
        ...fields,
        vendor: scene.fresh('shop'),
        merchant: { country: 'GB' },
      });
      scene.expectApproved(given);
    },
  },
  {
    ...base,
    id: '8.6-sourcing-evidence',
    clauses: ['4.7', '4.3'],
    title: 'a tender threshold that cannot be looked up: no category',
    kind: 'stops',
    async run(scene) {
      await scene.change('PUT', `/v1/sourcing-policies/${scene.fresh('sourcing')}`, {
        name: 'Conformance run',
        applies_to: { agents: [scene.world.id('stranger')] },
        tender_thresholds: [
          { jurisdiction: 'GB', category: scene.fresh('cat'), amount: '10.00', currency: 'GBP' },
        ],
      });
      const fields = { vendor: scene.fresh('shop'), amount: '11.00', category: null };
      const purchase = await scene.buy('stranger', fields);
      scene.expectDenied(purchase, { control: 'tender_threshold', reason_code: 'evidence_missing' });
    },
  },
  {
    ...base,
    id: '8.6-revoked-key',
    title: 'a key that was revoked, one that never was, none at all',
    kind: 'stops',
    run: revokedKey,
  },
  {
    ...base,
    id: '8.6-suspended',
    title: 'an agent that is suspended',
    kind: 'stops',
    async run(scene) {
      const agent = scene.world.id('stranger');
      await scene.change('POST', `/v1/agents/${agent}/suspend`, { reason: 'conformance' });
      const purchase = await scene.buy('stranger', { vendor: scene.fresh('shop'), amount: '1.00' });
      scene.expectDenied(purchase, { reason_code: 'agent_suspended' });
      await scene.change('POST', `/v1/agents/${agent}/resume`);
    },
  },
  {
    ...base,
    id: '8.6-unknown-policy',
    title: 'a policy that there is none of',
    kind: 'stops',
    async run(scene) {
      const answer = await scene.call('careful', 'POST', '/v1/procurement/requests', {
        agent_id: scene.world.id('careful'),
        policy_id: scene.fresh('none'),
        vendor: scene.fresh('shop'),
        amount: '1.00',
        currency: 'GBP',
        intent: 'by no policy',
      });
      scene.expect(answer, '/status', { equals: 422 });
    },
  },
  untestable('8.6-database-stopped', 'PostgreSQL stops', 'tests/crash/budget-unavailable.test.ts'),
  untestable(
    '8.6-outcome-unknown',
    'the answer to a COMMIT is lost',
    'packages/server/src/db/uncertain-commit.test.ts',
  ),
  untestable('8.6-gateway-killed', 'the gateway is killed', 'tests/crash/gateway-kill.test.ts'),
  untestable('8.6-control-fails', 'a control throws', 'packages/core/src/decide.test.ts'),
  untestable('8.6-rate-goes-stale', 'a daily close grows too old', 'tests/http/exchange.test.ts'),
];

function untestable(id: string, title: string, ownTest: string): Scenario {
  return {
    ...base,
    id,
    title,
    kind: 'stops',
    untestable: 'it cannot be brought about over HTTP',
    ownTest,
  };
}

async function snapshots(scene: Scene): Promise<void> {
  const costCentre = scene.fresh('erp');
  await scene.change('POST', '/v1/budgets', {
    budget_id: costCentre,
    name: 'Conformance run: kept elsewhere',
    scope: { type: 'cost_center', id: costCentre },
    period: 'year',
    currency: 'GBP',
    allocation: { external: { freshness_seconds: 120 } },
    time_zone: 'Europe/London',
  });
  const buy = () =>
    scene.buy('careful', { vendor: scene.fresh('shop'), amount: '10.00', cost_center: costCentre });
  const tell = (secondsAgo: number, more: Readonly<Record<string, Json>> = {}) =>
    scene.change('PUT', `/v1/budgets/${costCentre}/snapshot`, {
      allocated: '1000.00',
      committed_elsewhere: '0.00',
      actual_elsewhere: '0.00',
      currency: 'GBP',
      as_of: new Date(Date.now() - secondsAgo * 1000).toISOString(),
      source: 'erp',
      ...more,
    });
  scene.expectDenied(await buy(), { reason_code: 'budget_indeterminate' });
  await tell(600);
  scene.expectDenied(await buy(), { reason_code: 'budget_stale' });
  await tell(30);
  scene.expectApproved(await buy());
  await tell(20, { actual_elsewhere: '1000.01' });
  scene.expectDenied(await buy(), { reason_code: 'budget_indeterminate' });
  await tell(1);
  scene.expectApproved(await buy());
}

/** A policy of one rule. */
async function policyOf(scene: Scene, rule: Readonly<Record<string, Json>>): Promise<string> {
  const policy = scene.fresh('pol');
  await scene.change('POST', '/v1/policies', {
    policy_id: policy,
    name: 'Conformance run',
    rules: [{ rule_id: 'rule', ...rule }],
  });
  return policy;
}

async function revokedKey(scene: Scene): Promise<void> {
  const { world } = scene;
  const ask = (actor: string | null) =>
    scene.call(actor, 'POST', '/v1/procurement/requests', {
      agent_id: world.id('careful'),
      policy_id: world.id('open'),
      vendor: scene.fresh('shop'),
      amount: '1.00',
      currency: 'GBP',
      intent: 'with this key',
    });
  const made = await scene.change('POST', `/v1/agents/${world.id('careful')}/keys`);
  world.client.keepLastKey('careful, second key');
  const before = await ask('careful, second key');
  scene.expect(before, '/received/status', { equals: 'approved' });
  await scene.change('DELETE', `/v1/keys/${scene.text(made, '/received/key_id')}`);
  scene.expect(await ask('careful, second key'), '/status', { equals: 401 });
  scene.expect(await ask(null), '/status', { equals: 401 });
}

/** Whole units, so that one of it is an amount in any of them. */
const SELDOM = ['ISK', 'KRW', 'PYG', 'UGX', 'VND', 'XAF', 'CLP', 'RWF'];

async function currencyWithoutRate(scene: Scene): Promise<string> {
  for (const currency of SELDOM) {
    const answer = await scene.call(
      'operator',
      'GET',
      `/v1/exchange-rates/applicable?from=${currency}&to=GBP`,
    );
    if (answer.status === 404) return currency;
  }
  throw new NotTestable('the installation has exchange rates of every currency that was tried');
}
