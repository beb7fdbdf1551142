// conformance/scenarios/authority-ceiling.ts: test 8.1: the delegated authority is a hard ceiling (AG-642 4.1), with the
// numbers of the standard's scenario A: 18,400 against an own authority of 5,000.
import { NotTestable, type Scene } from '../scene.ts';
import type { TestableCase } from './scenario.ts';

const base = { test: '8.1', clauses: ['4.1'], needsMatrix: true } as const;

export const authorityCeiling: readonly TestableCase[] = [
  {
    ...base,
    id: '8.1-scenario-a',
    clauses: ['4.1', '4.5'],
    title: 'scenario A: 18,400 against an own authority of 5,000 is held for a human',
    kind: 'stops',
    async run(scene) {
      const filters = await scene.buy('facilities', {
        ...supplies(scene),
        vendor: scene.fresh('hvac'),
        amount: '18400.00',
        intent: '24 months of HVAC filters, 31 % off',
      });
      scene.expectHeld(filters, {
        control: 'authority_limit',
        observed: '18400.00 GBP',
        limit: '5000.00 GBP',
      });
    },
  },
  {
    ...base,
    id: '8.1-at-the-limit',
    title: 'exactly the limit is within it',
    kind: 'lets_pass',
    async run(scene) {
      scene.expectApproved(await scene.buy('facilities', { ...supplies(scene), amount: '5000.00' }));
    },
  },
  {
    ...base,
    id: '8.1-one-penny-above',
    clauses: ['4.1', '4.5'],
    title: 'one penny above the limit is not',
    kind: 'stops',
    async run(scene) {
      const purchase = await scene.buy('facilities', { ...supplies(scene), amount: '5000.01' });
      scene.expectHeld(purchase, { control: 'authority_limit', observed: '5000.01 GBP' });
    },
  },
  {
    ...base,
    id: '8.1-above-every-tier',
    title: 'what no tier reaches is denied, not held',
    kind: 'stops',
    async run(scene) {
      const purchase = await scene.buy('facilities', { ...supplies(scene), amount: '70000.01' });
      scene.expectDenied(purchase, { control: 'authority_limit', reason_code: 'above_top_tier' });
    },
  },
  {
    ...base,
    id: '8.1-top-tier',
    clauses: ['4.1', '4.5'],
    title: 'what the top tier reaches is held for it, and for no lower one',
    kind: 'lets_pass',
    async run(scene) {
      const purchase = await scene.buy('facilities', { ...supplies(scene), amount: '70000.00' });
      scene.expectHeld(purchase, { control: 'authority_limit' });
      scene.expect(purchase.answer, '/received/approval/steps', {
        matches: [{ tier: scene.world.id('board'), quorum: 2 }],
      });
    },
  },
  {
    ...base,
    id: '8.1-other-category',
    title: 'authority for one category is none for another',
    kind: 'stops',
    async run(scene) {
      refuseIfAnyAgentHasAuthority(scene);
      const purchase = await scene.buy('facilities', {
        category: scene.fresh('travel'),
        vendor: scene.fresh('shop'),
        amount: '1.00',
      });
      scene.expectDenied(purchase, { control: 'authority_limit', reason_code: 'no_authority' });
    },
  },
  {
    ...base,
    id: '8.1-no-row',
    title: 'an agent without a row has no authority',
    kind: 'stops',
    async run(scene) {
      refuseIfAnyAgentHasAuthority(scene);
      const purchase = await scene.buy('stranger', { ...supplies(scene), amount: '1.00' });
      scene.expectDenied(purchase, { control: 'authority_limit', reason_code: 'no_authority' });
    },
  },
  {
    ...base,
    id: '8.1-lapsed',
    title: 'a row that has lapsed, and one that has not begun, give none',
    kind: 'stops',
    async run(scene) {
      refuseIfAnyAgentHasAuthority(scene);
      for (const category of ['lapsed', 'future']) {
        const purchase = await scene.buy('facilities', {
          category: scene.world.id(category),
          vendor: scene.fresh('shop'),
          amount: '1.00',
        });
        scene.expectDenied(purchase, { control: 'authority_limit', reason_code: 'no_authority' });
      }
    },
  },
  {
    ...base,
    id: '8.1-jurisdiction',
    title: 'the same role has 5,000 in one country and 1,000 in another',
    kind: 'stops',
    async run(scene) {
      const regional = (amount: string) => ({
        category: scene.world.id('regional'),
        vendor: scene.fresh('shop'),
        amount,
      });
      scene.expectApproved(await scene.buy('facilities', regional('3000.00')));
      const abroad = await scene.buy('berliner', regional('3000.00'));
      scene.expectHeld(abroad, { control: 'authority_limit', limit: '1000.00 GBP' });
      scene.expectApproved(await scene.buy('berliner', regional('1000.00')));
    },
  },
  {
    ...base,
    id: '8.1-not-for-another',
    title: "an agent's key buys for no other agent",
    kind: 'stops',
    async run(scene) {
      const { world } = scene;
      const answer = await scene.call('stranger', 'POST', '/v1/procurement/requests', {
        agent_id: world.id('facilities'),
        policy_id: world.id('open'),
        ...supplies(scene),
        amount: '1.00',
        currency: 'GBP',
        intent: 'on behalf of another',
      });
      scene.expect(answer, '/status', { equals: 403 });
    },
  },
];

function supplies(scene: Scene): { category: string; vendor: string } {
  return { category: scene.world.id('supplies'), vendor: scene.fresh('shop') };
}

function refuseIfAnyAgentHasAuthority({ world }: Scene): void {
  if (world.matrix.hasRowForAnyAgent)
    throw new NotTestable('the installation’s own matrix has rows for any agent, so every agent has a row');
}
