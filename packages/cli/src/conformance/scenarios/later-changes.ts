// conformance/scenarios/later-changes.ts: what changes between an approval and its execution in test 8.7, each confined to the
// run's own agents, suppliers, budgets and matrix rows.
import type { Json } from '../evidence.ts';
import { NotTestable, type Scene } from '../scene.ts';

/** What changes between, and with what reason it stops a purchase. */
export interface LaterChange {
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

export const LATER_CHANGES: readonly LaterChange[] = [
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
async function rateThatMoves(scene: Scene): ReturnType<LaterChange['prepare']> {
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
    change: () => publish('0.95', true),
  };
}
