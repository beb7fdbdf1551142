// conformance/scenarios/cumulative-budget.ts: test 8.2: budgets stop what exceeds them together (AG-642 4.2), with the numbers
// of the standard's scenario B: 847 placements of at most 2,000 that come to 134,600 against 120,000. A tenth of it unless
// the run is asked for all.
import type { Json } from '../evidence.ts';
import { valueAt } from '../expectation.ts';
import { NotTestable, type Scene } from '../scene.ts';
import type { TestableCase } from './scenario.ts';

const base = { test: '8.2', clauses: ['4.2'] } as const;

export const cumulativeBudget: readonly TestableCase[] = [
  {
    ...base,
    id: '8.2-scenario-b',
    title: 'scenario B: small placements over three platforms, stopped by the budget alone',
    kind: 'stops',
    run: scenarioB,
  },
  {
    ...base,
    id: '8.2-exactly-full',
    title: 'the last penny of a budget may be spent, one more may not',
    kind: 'stops',
    async run(scene) {
      const costCentre = await budgetFor(scene, '100.00');
      scene.expectApproved(await buyOn(scene, costCentre, '60.00'));
      scene.expectApproved(await buyOn(scene, costCentre, '40.00'));
      const purchase = await buyOn(scene, costCentre, '0.01');
      scene.expectDenied(purchase, {
        control: 'budget_room',
        reason_code: 'budget_exceeded',
        limit: '100.00 GBP',
      });
    },
  },
  {
    ...base,
    id: '8.2-held-counts',
    title: 'what waits for a signature is set aside already',
    kind: 'stops',
    async run(scene) {
      const { id } = scene.world;
      const costCentre = await budgetFor(scene, '100.00');
      const policy = scene.fresh('pol');
      await scene.change('POST', '/v1/policies', {
        policy_id: policy,
        name: 'Conformance run: signed',
        rules: [
          {
            rule_id: 'sign',
            rule_type: 'escalate_if',
            parameters: { amount_above: '1.00', currency: 'GBP', approvers: [id('anna')] },
          },
        ],
      });
      const held = await buyOn(scene, costCentre, '90.00', { policy_id: policy });
      scene.expectHeld(held, { control: 'escalate_if' });
      const purchase = await buyOn(scene, costCentre, '20.00');
      scene.expectDenied(purchase, { control: 'budget_room', reason_code: 'budget_exceeded' });
    },
  },
  {
    ...base,
    id: '8.2-at-once',
    title: 'sixteen at once against room for ten: ten',
    kind: 'stops',
    run: atOnce,
  },
  {
    ...base,
    id: '8.2-hierarchy',
    title: 'a cost centre under a department: both must have room',
    kind: 'stops',
    async run(scene) {
      const [department, child] = [scene.fresh('department'), scene.fresh('centre')];
      await scene.change('PUT', `/v1/cost-centers/${department}`, { name: department });
      await scene.change('PUT', `/v1/cost-centers/${child}`, { name: child, parent_id: department });
      await makeBudget(scene, { type: 'cost_center', id: department }, '100.00');
      await makeBudget(scene, { type: 'cost_center', id: child }, '500.00');
      scene.expectApproved(await buyOn(scene, child, '80.00'));
      const purchase = await buyOn(scene, child, '20.01');
      scene.expectDenied(purchase, {
        control: 'budget_room',
        reason_code: 'budget_exceeded',
        limit: '100.00 GBP',
      });
    },
  },
  {
    ...base,
    id: '8.2-project-and-programme',
    title: 'a project has its budget, and its programme one over all its projects',
    kind: 'stops',
    async run(scene) {
      const programme = scene.fresh('programme');
      const [roof, lifts] = [scene.fresh('project'), scene.fresh('project')];
      for (const project of [roof, lifts])
        await scene.change('PUT', `/v1/projects/${project}`, { name: project, programme_id: programme });
      await makeBudget(scene, { type: 'programme', id: programme }, '100.00');
      await makeBudget(scene, { type: 'project', id: lifts }, '30.00');
      const buy = (project: string, amount: string) =>
        scene.buy('purchaser', { vendor: scene.fresh('shop'), amount, project });
      scene.expectApproved(await buy(roof, '60.00'));
      scene.expectDenied(await buy(lifts, '30.01'), { control: 'budget_room', limit: '30.00 GBP' });
      scene.expectApproved(await buy(lifts, '30.00'));
      scene.expectDenied(await buy(roof, '10.01'), { control: 'budget_room', limit: '100.00 GBP' });
    },
  },
  {
    ...base,
    id: '8.2-no-budget',
    title: 'what no budget covers is denied',
    kind: 'stops',
    async run(scene) {
      if (scene.world.sharedBudgets)
        throw new NotTestable(
          'the installation may have budgets that cover every purchase (--shared-budgets)',
        );
      const purchase = await scene.buy('marketing', {
        vendor: scene.fresh('shop'),
        amount: '1.00',
        cost_center: scene.fresh('unfunded'),
      });
      scene.expectDenied(purchase, { control: 'budget_room', reason_code: 'no_budget' });
    },
  },
  {
    ...base,
    id: '8.2-released',
    title: 'what is cancelled is free again',
    kind: 'lets_pass',
    async run(scene) {
      const costCentre = await budgetFor(scene, '100.00');
      const first = await buyOn(scene, costCentre, '100.00');
      scene.expectApproved(first);
      const cancelled = await scene.call(
        'purchaser',
        'POST',
        `/v1/procurement/requests/${first.id}/cancel`,
        {},
      );
      scene.expect(cancelled, '/received/status', { equals: 'cancelled' });
      scene.expectApproved(await buyOn(scene, costCentre, '100.00'));
    },
  },
];

const PLATFORMS = ['search', 'social', 'video'] as const;

/** 847 placements come to 134,600.00 exactly; 85 to 13,460.00. */
async function scenarioB(scene: Scene): Promise<void> {
  const { full, id } = scene.world;
  const count = full ? 847 : 85;
  const totalMinor = full ? 13_460_000 : 1_346_000;
  const limitMinor = full ? 12_000_000 : 1_200_000;
  const each = Math.floor(totalMinor / count);
  const larger = totalMinor - each * count;
  const costCentre = scene.fresh('marketing');
  await makeBudget(scene, { type: 'cost_center', id: costCentre }, money(limitMinor), 'quarter');
  const policy = scene.fresh('pol');
  await scene.change('POST', '/v1/policies', {
    policy_id: policy,
    name: 'Conformance run: placements',
    rules: [
      { rule_id: 'each', rule_type: 'max_amount', parameters: { limit: '2000.00', currency: 'GBP' } },
      {
        rule_id: 'platforms',
        rule_type: 'vendor_allowlist',
        parameters: { vendors: PLATFORMS.map((name) => id(name)) },
      },
    ],
  });
  let usedMinor = 0;
  for (let index = 0; index < count; index += 1) {
    const amountMinor = each + (index < larger ? 1 : 0);
    const placement = await scene.buy('marketing', {
      policy_id: policy,
      vendor: id(PLATFORMS[index % 3] ?? 'search'),
      amount: money(amountMinor),
      intent: `placement ${index + 1}`,
      category: id('advertising'),
      cost_center: costCentre,
    });
    if (usedMinor + amountMinor <= limitMinor) {
      scene.expect(placement.answer, '/received/status', { equals: 'approved' });
      usedMinor += amountMinor;
      continue;
    }
    scene.expectDenied(placement, { control: 'budget_room', reason_code: 'budget_exceeded' });
    // By the budget alone: nothing else says a word against it.
    for (const outcome of ['deny', 'hold'])
      for (const control of ['authority_limit', 'max_amount', 'tender_threshold', 'split_order'])
        scene.expect(placement.answer, '/received/decision/findings', { lacks: { outcome, control } });
  }
  const budget = await scene.call('operator', 'GET', `/v1/budgets/${costCentre}`);
  scene.expect(budget, '/received/committed', { equals: money(usedMinor) });
  scene.expect(budget, '/received/available', { equals: money(limitMinor - usedMinor) });
  scene.expect(budget, '/received/overrun', { equals: '0.00' });
}

async function atOnce(scene: Scene): Promise<void> {
  const costCentre = await budgetFor(scene, '1000.00');
  const purchases = await Promise.all(Array.from({ length: 16 }, () => buyOn(scene, costCentre, '100.00')));
  const approved = purchases.filter(({ answer }) => valueAt(answer, '/received/status') === 'approved');
  // Which ten is open: each is one or the other, and the ledger says how many.
  for (const purchase of purchases) {
    if (approved.includes(purchase)) scene.expectApproved(purchase);
    else scene.expectDenied(purchase, { control: 'budget_room', reason_code: 'budget_exceeded' });
  }
  const budget = await scene.call('operator', 'GET', `/v1/budgets/${costCentre}`);
  scene.expect(budget, '/received/committed', { equals: money(approved.length * 10_000) });
  scene.expect(budget, '/received/committed', { equals: '1000.00' });
  scene.expect(budget, '/received/available', { equals: '0.00' });
}

async function budgetFor(scene: Scene, limit: string): Promise<string> {
  const costCentre = scene.fresh('centre');
  await makeBudget(scene, { type: 'cost_center', id: costCentre }, limit);
  return costCentre;
}

async function makeBudget(
  scene: Scene,
  scope: { readonly type: string; readonly id: string },
  limit: string,
  period = 'lifetime',
): Promise<void> {
  const body: Json = {
    budget_id: scope.id,
    name: `Conformance run: ${scope.type}`,
    scope,
    period,
    currency: 'GBP',
    limit,
    time_zone: 'Europe/London',
  };
  await scene.change('POST', '/v1/budgets', body);
}

function buyOn(scene: Scene, costCentre: string, amount: string, more: Readonly<Record<string, Json>> = {}) {
  return scene.buy('purchaser', { vendor: scene.fresh('shop'), amount, cost_center: costCentre, ...more });
}

function money(minor: number): string {
  return `${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, '0')}`;
}
