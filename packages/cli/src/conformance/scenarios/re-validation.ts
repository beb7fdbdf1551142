// conformance/scenarios/re-validation.ts: test 8.7: authority, budget and sourcing are validated again at the signature and at
// the till (AG-642 4.8). Each condition changes after the approval; what did not change must go through.
import type { Json } from '../evidence.ts';
import { valueAt } from '../expectation.ts';
import { NotTestable, type Purchase, type Scene } from '../scene.ts';
import type { TestableCase } from './scenario.ts';

const base = { test: '8.7', clauses: ['4.8'] } as const;

/** What changes between, and with what reason it stops a purchase. */
interface Change {
  readonly word: string;
  readonly title: string;
  readonly clauses: readonly string[];
  readonly reason: string;
  readonly needsMatrix?: true;
  /** Fields of the purchases that it will stop, and what stops them later. */
  readonly prepare: (scene: Scene) => Promise<{
    readonly fields: Readonly<Record<string, Json>>;
    readonly change: () => Promise<unknown>;
    readonly undo?: () => Promise<unknown>;
  }>;
}

const CHANGES: readonly Change[] = [
  {
    word: 'budget',
    title: 'the budget is cut below it',
    clauses: ['4.8', '4.2'],
    reason: 'budget_exceeded',
    async prepare(scene) {
      const costCentre = scene.fresh('centre');
      await scene.change('POST', '/v1/budgets', {
        budget_id: costCentre,
        name: 'Conformance run',
        scope: { type: 'cost_center', id: costCentre },
        period: 'lifetime',
        currency: 'GBP',
        limit: '10000.00',
      });
      return {
        fields: { cost_center: costCentre },
        change: () => scene.change('PATCH', `/v1/budgets/${costCentre}`, { limit: '50.00', reason: 'cut' }),
      };
    },
  },
  {
    word: 'policy',
    title: 'the limit of the policy is lowered',
    clauses: ['4.8', '4.1'],
    reason: 'max_amount_exceeded',
    async prepare(scene) {
      const policy = scene.fresh('pol');
      const publish = (limit: string) =>
        scene.change('POST', '/v1/policies', {
          policy_id: policy,
          name: 'Conformance run',
          rules: [
            { rule_id: 'ceiling', rule_type: 'max_amount', parameters: { limit, currency: 'GBP' } },
            ...signedAbove(scene),
          ],
        });
      await publish('10000.00');
      return { fields: { policy_id: policy }, change: () => publish('50.00') };
    },
  },
  {
    word: 'matrix-row',
    title: 'the row of the matrix is taken away',
    clauses: ['4.8', '4.1'],
    reason: 'no_authority',
    needsMatrix: true,
    async prepare(scene) {
      const { matrix } = scene.world;
      if (matrix.hasRowForAnyAgent)
        throw new NotTestable(
          'the installation’s own matrix has rows for any agent, so every agent has a row',
        );
      const name = scene.fresh('row');
      const category = scene.fresh('cat');
      const row = {
        row_id: name,
        agent_id: scene.world.id('stranger'),
        category,
        autonomous_limit: { amount: '5000.00', currency: 'GBP' },
      };
      await matrix.putBack(scene, row);
      return {
        fields: { category },
        change: () => matrix.setLimit(scene, name, null),
      };
    },
  },
  {
    word: 'supplier-prohibited',
    title: 'the supplier becomes prohibited',
    clauses: ['4.8', '4.3'],
    reason: 'supplier_prohibited',
    async prepare(scene) {
      const vendor = scene.fresh('shop');
      return {
        fields: { vendor },
        change: () =>
          scene.change('PUT', `/v1/sourcing-policies/${scene.fresh('sourcing')}`, {
            name: 'Conformance run',
            applies_to: { teams: [scene.world.id('team')] },
            prohibited_suppliers: [vendor],
          }),
      };
    },
  },
  {
    word: 'supplier-sanctioned',
    title: 'the supplier is put on a sanctions list',
    clauses: ['4.8', '4.3'],
    reason: 'supplier_sanctioned',
    async prepare(scene) {
      const vendor = scene.fresh('sup');
      const register = (sanctions: Json) =>
        scene.change('PUT', `/v1/suppliers/${vendor}`, {
          legal_name: `Example ${vendor} Ltd`,
          standing: 'approved',
          country: 'GB',
          sanctions,
        });
      await register({ flagged: false });
      return { fields: { vendor }, change: () => register({ flagged: true, list: 'example list' }) };
    },
  },
  {
    word: 'tender-threshold',
    title: 'the tender threshold is lowered below it',
    clauses: ['4.8', '4.3'],
    reason: 'tender_required',
    async prepare(scene) {
      const category = scene.fresh('cat');
      const sourcing = scene.fresh('sourcing');
      const publish = (amount: string) =>
        scene.change('PUT', `/v1/sourcing-policies/${sourcing}`, {
          name: 'Conformance run',
          applies_to: { teams: [scene.world.id('team')] },
          tender_thresholds: [{ jurisdiction: 'GB', category, amount, currency: 'GBP' }],
          on_missing: 'ignore',
        });
      await publish('10000.00');
      return { fields: { category }, change: () => publish('50.00') };
    },
  },
  {
    word: 'exchange-rate',
    title: 'the exchange rate moves so that it does not fit its budget any more',
    clauses: ['4.8', '4.2'],
    reason: 'budget_exceeded',
    prepare: rateThatMoves,
  },
  {
    word: 'agent-suspended',
    title: 'the agent is suspended',
    clauses: ['4.8', '4.1'],
    reason: 'agent_suspended',
    async prepare(scene) {
      const agent = `/v1/agents/${scene.world.id('stranger')}`;
      return {
        fields: {},
        change: () => scene.change('POST', `${agent}/suspend`, { reason: 'conformance' }),
        undo: () => scene.change('POST', `${agent}/resume`),
      };
    },
  },
];

export const reValidation: readonly TestableCase[] = [
  ...CHANGES.flatMap((change): TestableCase[] => {
    const shared = {
      ...base,
      clauses: change.clauses,
      kind: 'stops' as const,
      ...(change.needsMatrix === undefined ? {} : { needsMatrix: change.needsMatrix }),
    };
    return [
      {
        ...shared,
        id: `8.7-till-${change.word}`,
        title: `approved, then ${change.title}: the charge is declined`,
        run: (scene) => atTheTill(scene, change),
      },
      {
        ...shared,
        id: `8.7-signature-${change.word}`,
        clauses: [...change.clauses, '4.5'],
        title: `held, then ${change.title}: the signature does not bring it through`,
        run: (scene) => atTheSignature(scene, change),
      },
    ];
  }),
  {
    ...base,
    id: '8.7-authority-lowered',
    clauses: ['4.8', '4.1', '4.5'],
    needsMatrix: true,
    title: 'approved, then the own authority is lowered below it: declined, and it waits for a human',
    kind: 'stops',
    async run(scene) {
      const { matrix, id } = scene.world;
      const rowId = id('r_watched_supplies');
      const row = matrix.row(rowId);
      const purchase = await scene.buy('watched', {
        category: id('supplies'),
        vendor: scene.fresh('shop'),
        amount: '3000.00',
      });
      scene.expectApproved(purchase);
      try {
        await matrix.setLimit(scene, rowId, { amount: '1000.00', currency: 'GBP' });
        scene.expectDeclined(await scene.charge(purchase), 'approval_required');
        scene.expect(await scene.show(purchase), '/received/status', { equals: 'held' });
      } finally {
        await matrix.putBack(scene, row);
      }
    },
  },
  {
    ...base,
    id: '8.7-unchanged',
    title: 'nothing changed: the charge goes through, and so does the signature',
    kind: 'lets_pass',
    async run(scene) {
      const purchase = await scene.buy('watched', { vendor: scene.fresh('shop'), amount: '100.00' });
      scene.expectApproved(purchase);
      const charged = await scene.chargeAndTakeBack(purchase);
      scene.expect(charged, '/received/approved', { equals: true });
      const held = await scene.buy('watched', {
        ...(await signed(scene)),
        vendor: scene.fresh('shop'),
        amount: '100.00',
      });
      scene.expectHeld(held, { control: 'escalate_if' });
      scene.expect(await scene.sign('anna', held), '/received/status', { equals: 'approved' });
      scene.expect(await scene.show(held), '/received/checkout/card_id', { present: true });
    },
  },
  {
    ...base,
    id: '8.7-others-changed',
    title: 'what changed for others does not concern it',
    kind: 'lets_pass',
    async run(scene) {
      const purchase = await scene.buy('watched', { vendor: scene.fresh('shop'), amount: '100.00' });
      scene.expectApproved(purchase);
      await scene.change('PUT', `/v1/sourcing-policies/${scene.fresh('sourcing')}`, {
        name: 'Conformance run',
        applies_to: { teams: [scene.world.id('team')] },
        prohibited_suppliers: [scene.fresh('another')],
      });
      const charged = await scene.chargeAndTakeBack(purchase);
      scene.expect(charged, '/received/approved', { equals: true });
    },
  },
  {
    ...base,
    id: '8.7-other-charge',
    clauses: ['4.8', '4.5'],
    title: 'more than was approved, and another merchant, are declined at the till',
    kind: 'stops',
    async run(scene) {
      const purchase = await scene.buy('watched', { vendor: scene.fresh('shop'), amount: '100.00' });
      scene.expectApproved(purchase);
      const more = await scene.charge(purchase, { amount: '100.01' });
      scene.expect(more, '/received/approved', { equals: false });
      const other = await scene.charge(purchase, { merchant: { name: scene.fresh('another') } });
      scene.expect(other, '/received/approved', { equals: false });
      const charged = await scene.chargeAndTakeBack(purchase);
      scene.expect(charged, '/received/approved', { equals: true });
    },
  },
];

/** Agents whose own rows do not matter to the change; `stranger` has none but those of the change. */
function agentFor(change: Change): string {
  return ['matrix-row', 'agent-suspended'].includes(change.word) ? 'stranger' : 'watched';
}

async function atTheTill(scene: Scene, change: Change): Promise<void> {
  const { purchase, prepared } = await opened(scene, change, {});
  scene.expectApproved(purchase);
  await between(prepared, async () => {
    scene.expectDeclined(await scene.charge(purchase), change.reason);
    const shown = await scene.show(purchase);
    scene.expect(shown, '/received/status', { equals: 'denied' });
    scene.expect(shown, '/received/decision/reason_code', { equals: change.reason });
  });
}

async function atTheSignature(scene: Scene, change: Change): Promise<void> {
  const { purchase: held, prepared } = await opened(scene, change, await signed(scene));
  scene.expectHeld(held, { control: 'escalate_if' });
  await between(prepared, async () => {
    await scene.sign('anna', held);
    const shown = await scene.show(held);
    scene.expect(shown, '/received/status', { equals: 'denied' });
    scene.expect(shown, '/received/decision/findings', {
      has: { outcome: 'deny', reason_code: change.reason },
    });
    scene.expectNothingToPayWith(shown);
  });
}

type Prepared = Awaited<ReturnType<Change['prepare']>>;

async function opened(
  scene: Scene,
  change: Change,
  policy: Readonly<Record<string, Json>>,
): Promise<{ purchase: Purchase; prepared: Prepared }> {
  const prepared = await change.prepare(scene);
  const agent = agentFor(change);
  await fund(scene, agent);
  if (change.word === 'agent-suspended') await giveAuthority(scene);
  const fields = { vendor: scene.fresh('shop'), amount: '100.00', ...policy, ...prepared.fields };
  // The policy that changes holds by a rule of its own, above an amount that only the held case has.
  if (change.word === 'policy' && 'policy_id' in policy) fields.amount = '150.00';
  return { purchase: await scene.buy(agent, fields), prepared };
}

async function between({ change, undo }: Prepared, look: () => Promise<void>): Promise<void> {
  await change();
  try {
    await look();
  } finally {
    await undo?.();
  }
}

async function fund(scene: Scene, agent: string): Promise<void> {
  if (agent !== 'stranger') return;
  await scene.change('POST', '/v1/budgets', {
    budget_id: scene.fresh('budget'),
    name: 'Conformance run',
    scope: { type: 'agent', id: scene.world.id(agent) },
    period: 'lifetime',
    currency: 'GBP',
    limit: '100000.00',
  });
}

async function giveAuthority(scene: Scene): Promise<void> {
  const { world } = scene;
  if (!world.hasMatrix) return;
  await world.matrix.putBack(scene, {
    row_id: world.id('r_stranger'),
    agent_id: world.id('stranger'),
    category: '*',
    autonomous_limit: { amount: '5000.00', currency: 'GBP' },
  });
}

/** A policy that has everything signed. */
async function signed(scene: Scene): Promise<Readonly<Record<string, Json>>> {
  const policy = scene.fresh('signed');
  await scene.change('POST', '/v1/policies', {
    policy_id: policy,
    name: 'Conformance run: signed',
    rules: [
      {
        rule_id: 'sign',
        rule_type: 'escalate_if',
        parameters: { amount_above: '1.00', currency: 'GBP', approvers: [scene.world.id('anna')] },
      },
    ],
  });
  return { policy_id: policy };
}

function signedAbove(scene: Scene): Json[] {
  return [
    {
      rule_id: 'sign',
      rule_type: 'escalate_if',
      parameters: { amount_above: '120.00', currency: 'GBP', approvers: [scene.world.id('anna')] },
    },
  ];
}

/** A rate agreed with one supplier of the run: no other purchase is converted with it. */
async function rateThatMoves(scene: Scene): Promise<Prepared> {
  const costCentre = scene.fresh('centre');
  const vendor = scene.fresh('sup');
  await scene.change('POST', '/v1/budgets', {
    budget_id: costCentre,
    name: 'Conformance run',
    scope: { type: 'cost_center', id: costCentre },
    period: 'lifetime',
    currency: 'GBP',
    limit: '90.00',
  });
  const today = new Date().toISOString().slice(0, 10);
  const publish = (rate: string, correction: boolean) =>
    scene.change('POST', '/v1/exchange-rates', {
      base: 'EUR',
      quote: 'GBP',
      rate,
      date: today,
      source: 'conformance run',
      methodology: 'contract',
      supplier: vendor,
      valid_until: `${new Date().getUTCFullYear() + 1}-12-31`,
      ...(correction ? { correction } : {}),
    });
  await publish('0.80', false);
  return {
    fields: { vendor, cost_center: costCentre, currency: 'EUR' },
    change: async () => valueAt(await publish('0.95', true), '/status'),
  };
}
