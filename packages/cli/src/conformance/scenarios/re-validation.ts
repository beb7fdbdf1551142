// conformance/scenarios/re-validation.ts: test 8.7: authority, budget and sourcing are validated again at the signature and at
// the till (AG-642 4.8). Each condition changes after the approval; what did not change must go through.
import type { Json } from '../evidence.ts';
import type { Purchase, Scene } from '../scene.ts';
import { LATER_CHANGES, type LaterChange } from './later-changes.ts';
import type { TestableCase } from './scenario.ts';

const base = { test: '8.7', clauses: ['4.8'] } as const;

export const reValidation: readonly TestableCase[] = [
  ...LATER_CHANGES.flatMap((change): TestableCase[] => {
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
function agentFor(change: LaterChange): string {
  return ['matrix-row', 'agent-suspended'].includes(change.word) ? 'stranger' : 'watched';
}

async function atTheTill(scene: Scene, change: LaterChange): Promise<void> {
  const { purchase, prepared } = await opened(scene, change, {});
  scene.expectApproved(purchase);
  await between(prepared, async () => {
    scene.expectDeclined(await scene.charge(purchase), change.reason);
    const shown = await scene.show(purchase);
    scene.expect(shown, '/received/status', { equals: 'denied' });
    scene.expect(shown, '/received/decision/reason_code', { equals: change.reason });
  });
}

async function atTheSignature(scene: Scene, change: LaterChange): Promise<void> {
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

type Prepared = Awaited<ReturnType<LaterChange['prepare']>>;

async function opened(
  scene: Scene,
  change: LaterChange,
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
