// conformance/scenarios/split-orders.ts: test 8.4: related purchases are added up for thresholds (AG-642 4.4), with the numbers
// of the standard's scenario C: 22,500, 22,000 and 22,500 against 25,000. And what is innocent, which must not be stopped.
import type { Json } from '../evidence.ts';
import type { Purchase, Scene } from '../scene.ts';
import type { TestableCase } from './scenario.ts';

const base = { test: '8.4', clauses: ['4.4'] } as const;

/** The three orders of scenario C. */
const PARTS = [
  { amount: '22500.00', intent: 'roof repair: materials' },
  { amount: '22000.00', intent: 'roof repair: labour' },
  { amount: '22500.00', intent: 'roof repair: scaffolding and equipment hire' },
] as const;

export const splitOrders: readonly TestableCase[] = [
  {
    ...base,
    id: '8.4-scenario-c',
    clauses: ['4.4', '4.1', '4.5'],
    needsMatrix: true,
    title: 'scenario C against an own authority of 25,000: stopped at the second, the first held with it',
    kind: 'stops',
    async run(scene) {
      const order = roofOrders(scene, 'roofs');
      const first = await order(0);
      scene.expectApproved(first);
      const second = await order(1);
      scene.expectHeld(second, {
        control: 'authority_limit',
        reason_code: 'split_order_detected',
        observed: '44500.00 GBP',
        limit: '25000.00 GBP',
        related_request_ids: [first.id],
      });
      const shown = await scene.show(first);
      scene.expect(shown, '/received/status', { equals: 'held' });
      scene.expect(shown, '/received/checkout/card_status', { equals: 'frozen' });
      const charged = await scene.charge(first);
      scene.expect(charged, '/received/approved', { equals: false });
      const third = await order(2);
      scene.expectHeld(third, { control: 'authority_limit', observed: '67000.00 GBP' });
    },
  },
  {
    ...base,
    id: '8.4-tender',
    clauses: ['4.4', '4.3'],
    title: 'scenario C against a tender threshold of 25,000: stopped at the second',
    kind: 'stops',
    async run(scene) {
      await tenderAbove(scene, 'works', '25000.00');
      const order = roofOrders(scene, 'works');
      const first = await order(0);
      scene.expectApproved(first);
      const second = await order(1);
      scene.expectDenied(second, {
        control: 'tender_threshold',
        reason_code: 'split_order_detected',
        observed: '44500.00 GBP',
        related_request_ids: [first.id],
      });
      const charged = await scene.charge(first);
      scene.expect(charged, '/received/approved', { equals: false });
    },
  },
  {
    ...base,
    id: '8.4-same-project',
    title: 'one project from one supplier: whatever the size of the parts',
    kind: 'stops',
    async run(scene) {
      const category = scene.fresh('garden');
      await tenderAbove(scene, category, '25000.00', true);
      const [vendor, project] = [scene.fresh('gardener'), scene.fresh('park')];
      const plants = () =>
        scene.buy('purchaser', { vendor, project, category, amount: '2400.00', intent: 'plants' });
      for (let index = 0; index < 10; index += 1) scene.expectApproved(await plants());
      scene.expectDenied(await plants(), { reason_code: 'split_order_detected', observed: '26400.00 GBP' });
    },
  },
  {
    ...base,
    id: '8.4-shared-intent',
    title: 'one job by its stated intent, in parts of which none is large',
    kind: 'stops',
    async run(scene) {
      const category = scene.fresh('boiler');
      await tenderAbove(scene, category, '25000.00', true);
      const [vendor, costCentre] = [scene.fresh('fitter'), scene.fresh('heating')];
      const part = (intent: string) =>
        scene.buy('purchaser', { vendor, category, amount: '10000.00', intent, cost_center: costCentre });
      scene.expectApproved(await part('boiler replacement: dismantling'));
      scene.expectApproved(await part('boiler replacement: pipes'));
      scene.expectDenied(await part('boiler replacement: installation'), {
        reason_code: 'split_order_detected',
        observed: '30000.00 GBP',
      });
    },
  },
  {
    ...base,
    id: '8.4-trading-names',
    title: 'two registered suppliers of one group are one supplier',
    kind: 'stops',
    async run(scene) {
      const category = scene.fresh('paint');
      await tenderAbove(scene, category, '25000.00', true);
      const [parent, second] = [scene.fresh('painter'), scene.fresh('decorator')];
      await scene.change('PUT', `/v1/suppliers/${parent}`, {
        legal_name: `Example ${parent} Ltd`,
        standing: 'approved',
        country: 'GB',
      });
      await scene.change('PUT', `/v1/suppliers/${second}`, {
        legal_name: `Example ${second} Ltd`,
        standing: 'approved',
        country: 'GB',
        group_id: parent,
      });
      const project = scene.fresh('hall');
      const paint = (vendor: string) =>
        scene.buy('purchaser', { vendor, project, category, amount: '15000.00', intent: 'painting' });
      scene.expectApproved(await paint(parent));
      scene.expectDenied(await paint(second), {
        reason_code: 'split_order_detected',
        observed: '30000.00 GBP',
      });
    },
  },
  {
    ...base,
    id: '8.4-subscription',
    title: 'innocent: a monthly subscription that the policy explains',
    kind: 'lets_pass',
    async run(scene) {
      const category = scene.fresh('hotel');
      await tenderAbove(scene, category, '25000.00', true, {
        repetition: [
          { category, up_to: { amount: '9000.00', currency: 'GBP' }, reason: 'A subscription, each month.' },
        ],
      });
      const [vendor, project] = [scene.fresh('landlord'), scene.fresh('flat')];
      for (let month = 0; month < 4; month += 1) {
        scene.expectApproved(
          await scene.buy('purchaser', { vendor, project, category, amount: '9000.00', intent: 'rent' }),
        );
      }
    },
  },
  {
    ...base,
    id: '8.4-other-suppliers',
    title: 'innocent: the same job from suppliers that have nothing to do with each other',
    kind: 'lets_pass',
    async run(scene) {
      const category = scene.fresh('gravel');
      await tenderAbove(scene, category, '25000.00', true);
      const project = scene.fresh('path');
      for (let index = 0; index < 3; index += 1) {
        scene.expectApproved(
          await scene.buy('purchaser', {
            vendor: scene.fresh('quarry'),
            project,
            category,
            amount: '20000.00',
            intent: 'gravel for the path',
          }),
        );
      }
    },
  },
  {
    ...base,
    id: '8.4-small-supplies',
    title: 'innocent: small supplies of one supplier, none of them a large part of the threshold',
    kind: 'lets_pass',
    async run(scene) {
      const category = scene.fresh('office');
      await tenderAbove(scene, category, '25000.00', true);
      const [vendor, costCentre] = [scene.fresh('stationer'), scene.fresh('office')];
      const intents = [
        'paper',
        'chairs',
        'coffee',
        'lamps',
        'pens',
        'screens',
        'carpets',
        'plants',
        'water',
        'soap',
        'clocks',
        'maps',
      ];
      for (const intent of intents) {
        scene.expectApproved(
          await scene.buy('purchaser', {
            vendor,
            category,
            amount: '2400.00',
            intent,
            cost_center: costCentre,
          }),
        );
      }
    },
  },
  {
    ...base,
    id: '8.4-cancelled',
    title: 'innocent: what was cancelled is no part of anything',
    kind: 'lets_pass',
    async run(scene) {
      const category = scene.fresh('glass');
      await tenderAbove(scene, category, '25000.00', true);
      const [vendor, project] = [scene.fresh('glazier'), scene.fresh('windows')];
      const windows = () =>
        scene.buy('purchaser', { vendor, project, category, amount: '20000.00', intent: 'windows' });
      const first = await windows();
      scene.expectApproved(first);
      await scene.call('purchaser', 'POST', `/v1/procurement/requests/${first.id}/cancel`, {});
      scene.expectApproved(await windows());
    },
  },
];

function roofOrders(scene: Scene, category: string): (index: 0 | 1 | 2) => Promise<Purchase> {
  const roof = {
    vendor: scene.fresh('roofer'),
    cost_center: scene.fresh('estate'),
    category: scene.world.id(category),
  };
  return (index) => scene.buy('housing', { ...roof, ...PARTS[index] });
}

/** For the run's own team alone. @param isFresh whether the category is a name of its own already */
async function tenderAbove(
  scene: Scene,
  category: string,
  amount: string,
  isFresh = false,
  more: Readonly<Record<string, Json>> = {},
): Promise<void> {
  const { id } = scene.world;
  await scene.change('PUT', `/v1/sourcing-policies/${scene.fresh('sourcing')}`, {
    name: 'Conformance run',
    applies_to: { agents: [id('purchaser'), id('housing')] },
    tender_thresholds: [
      { jurisdiction: 'GB', category: isFresh ? category : id(category), amount, currency: 'GBP' },
    ],
    on_missing: 'ignore',
    ...more,
  });
}
