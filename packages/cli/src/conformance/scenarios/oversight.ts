// conformance/scenarios/oversight.ts: what SHOULD and MAY be there, for which section 8 has no test: velocity controls (AG-642
// 4.9), consumption for budget owners (4.10), forecasts (4.11); and how fast the gate answers (section 6).
import type { Scenario } from './scenario.ts';

const base = { test: '4.9-4.11' } as const;

export const oversight: readonly Scenario[] = [
  {
    ...base,
    id: '4.9-4.11-velocity-on',
    clauses: ['4.9'],
    title: 'requests are watched, and alerts can be read and filtered',
    kind: 'shows',
    async run(scene) {
      const velocity = await scene.call('audrey', 'GET', '/v1/velocity');
      scene.expect(velocity, '/status', { equals: 200 });
      scene.expect(velocity, '/received/sensitivity', { one_of: ['low', 'normal', 'high'] });
      const alerts = await scene.call('audrey', 'GET', '/v1/alerts?kind=velocity&limit=1');
      scene.expect(alerts, '/status', { equals: 200 });
      scene.expect(alerts, '/received/data', { present: true });
    },
  },
  {
    ...base,
    id: '4.9-4.11-velocity-alerts',
    clauses: ['4.9'],
    title: 'a burst, clustering below a threshold, a concentration: alerted, and innocent days are not',
    kind: 'shows',
    untestable: 'it needs days of history, and the gateway has its own clock',
    ownTest: 'tests/http/velocity.test.ts',
  },
  {
    ...base,
    id: '4.9-4.11-consumption',
    clauses: ['4.10'],
    title:
      'the owner of a budget sees what is committed, pending, remaining and projected; another owner does not',
    kind: 'shows',
    async run(scene) {
      const { id } = scene.world;
      const costCentre = scene.fresh('centre');
      await scene.change('POST', '/v1/budgets', {
        budget_id: costCentre,
        name: 'Conformance run',
        scope: { type: 'cost_center', id: costCentre },
        period: 'year',
        currency: 'GBP',
        limit: '1000.00',
        owner: id('bob'),
        time_zone: 'Europe/London',
      });
      const policy = scene.fresh('signed');
      await scene.change('POST', '/v1/policies', {
        policy_id: policy,
        name: 'Conformance run: signed',
        rules: [
          {
            rule_id: 'sign',
            rule_type: 'escalate_if',
            parameters: { amount_above: '150.00', currency: 'GBP' },
          },
        ],
      });
      const buy = (amount: string) =>
        scene.buy('purchaser', {
          policy_id: policy,
          vendor: scene.fresh('shop'),
          amount,
          cost_center: costCentre,
        });
      scene.expectApproved(await buy('100.00'));
      scene.expectHeld(await buy('200.00'), { control: 'escalate_if' });
      const path = `/v1/budgets/${costCentre}/consumption`;
      const seen = await scene.call('bob', 'GET', path);
      scene.expect(seen, '/received', {
        matches: { limit: '1000.00', committed: '100.00', pending: '200.00', remaining: '700.00' },
      });
      scene.expect(await scene.call('other', 'GET', path), '/status', { one_of: [403, 404] });
      scene.expect(await scene.call('purchaser', 'GET', path), '/status', { equals: 403 });
    },
  },
  {
    ...base,
    id: '4.9-4.11-forecast',
    clauses: ['4.11'],
    title: 'a forecast, or which evidence is missing for one',
    kind: 'shows',
    async run(scene) {
      const budget = scene.world.id('budget_purchaser');
      const forecast = await scene.call('audrey', 'GET', `/v1/budgets/${budget}/forecast`);
      scene.expect(forecast, '/status', { equals: 200 });
      scene.expect(forecast, '/received/supported', { equals: false }); // a budget of minutes
      scene.expect(forecast, '/received/missing/0/message', { present: true });
    },
  },
  {
    ...base,
    id: '4.9-4.11-forecast-alerts',
    clauses: ['4.11'],
    title: 'an alert when exhaustion is projected before the period ends',
    kind: 'shows',
    untestable: 'it needs weeks of history, and the gateway has its own clock',
    ownTest: 'tests/http/budget-outlook.test.ts',
  },
  {
    ...base,
    id: '4.9-4.11-latency',
    clauses: ['4.2'],
    title: 'each of twenty purchases is decided within a second',
    kind: 'shows',
    async run(scene) {
      for (let index = 0; index < 20; index += 1) {
        const purchase = await scene.buy('purchaser', { vendor: scene.fresh('shop'), amount: '1.00' });
        scene.expectApproved(purchase);
        scene.expect(purchase.answer, '/took_ms', { at_most: 1000 });
      }
    },
  },
];
