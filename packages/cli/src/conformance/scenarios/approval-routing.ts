// conformance/scenarios/approval-routing.ts: test 8.5: above its authority a purchase waits for the human who has it (AG-642
// 4.5). No card before the last signature; who may sign and who may not; quorum, order, delegation, rejection.
import type { Json } from '../evidence.ts';
import type { Purchase, Scene } from '../scene.ts';
import type { TestableCase } from './scenario.ts';

const base = { test: '8.5', clauses: ['4.5'] } as const;
const MINUTE_MS = 60_000;

export const approvalRouting: readonly TestableCase[] = [
  {
    ...base,
    id: '8.5-no-card-before',
    needsMatrix: true,
    title: 'nothing to pay with before the signature; the record says who, when and by what authority',
    kind: 'stops',
    async run(scene) {
      const held = await aboveAuthority(scene, '18400.00');
      scene.expectHeld(held, { control: 'authority_limit' });
      scene.expect(held.answer, '/received/approval/steps', {
        matches: [{ tier: scene.world.id('manager'), approvers: [scene.world.id('anna')], signatures: [] }],
      });
      scene.expectNothingToPayWith(await scene.show(held));
      const signed = await scene.sign('anna', held);
      scene.expect(signed, '/status', { equals: 200 });
      scene.expect(signed, '/received/status', { equals: 'approved' });
      const signature = '/received/steps/0/signatures/0';
      scene.expect(signed, `${signature}/signed_by`, { equals: scene.world.id('anna') });
      scene.expect(signed, `${signature}/authorization_reference`, { equals: 'DOA-8.5-no-card-before' });
      scene.expect(signed, `${signature}/signed_at`, { present: true });
      const shown = await scene.show(held, 'facilities');
      scene.expect(shown, '/received/status', { equals: 'approved' });
      scene.expect(shown, '/received/checkout/card_id', { present: true });
      scene.expect(shown, '/received/approved_by', { equals: scene.world.id('anna') });
    },
  },
  {
    ...base,
    id: '8.5-agent-cannot-sign',
    needsMatrix: true,
    title: "an agent's key approves nothing, its own request least of all",
    kind: 'stops',
    async run(scene) {
      const held = await aboveAuthority(scene, '6000.00');
      scene.expect(await scene.sign('facilities', held), '/status', { equals: 403 });
      scene.expect(await scene.sign('stranger', held), '/status', { equals: 403 });
      await expectStillHeld(scene, held);
    },
  },
  {
    ...base,
    id: '8.5-self-approval',
    needsMatrix: true,
    title: 'who owns the agent does not sign for it, though the matrix names him',
    kind: 'stops',
    async run(scene) {
      const held = await aboveAuthority(scene, '6000.00');
      scene.expect(await scene.sign('owen', held), '/status', { equals: 403 });
      await expectStillHeld(scene, held);
      const alone = await scene.buy('facilities', {
        category: scene.world.id('alone'),
        vendor: scene.fresh('shop'),
        amount: '6000.00',
      });
      // Nobody but the owner is named: it does not wait for a signature that cannot come.
      scene.expectDenied(alone, { control: 'authority_limit', reason_code: 'no_eligible_approver' });
    },
  },
  {
    ...base,
    id: '8.5-wrong-tier',
    needsMatrix: true,
    title: 'an approver of another tier does not sign',
    kind: 'stops',
    async run(scene) {
      const held = await aboveAuthority(scene, '6000.00');
      for (const person of ['ben', 'dora', 'operator'])
        scene.expect(await scene.sign(person, held), '/status', { equals: 403 });
      await expectStillHeld(scene, held);
    },
  },
  {
    ...base,
    id: '8.5-reference-required',
    needsMatrix: true,
    title: 'no signature without an authorisation reference',
    kind: 'stops',
    async run(scene) {
      const held = await aboveAuthority(scene, '6000.00');
      const path = `/v1/approvals/${scene.text(held.answer, '/received/approval/approval_id')}/approve`;
      scene.expect(await scene.call('anna', 'POST', path, {}), '/status', { equals: 422 });
      await expectStillHeld(scene, held);
    },
  },
  {
    ...base,
    id: '8.5-quorum',
    needsMatrix: true,
    title: 'two of three are two people: not one twice, and no card after the first',
    kind: 'stops',
    async run(scene) {
      const held = await aboveAuthority(scene, '50000.00');
      scene.expectHeld(held, { control: 'authority_limit' });
      const first = await scene.sign('anna', held);
      scene.expect(first, '/received/status', { equals: 'pending' });
      await expectStillHeld(scene, held);
      scene.expect(await scene.sign('anna', held), '/status', { one_of: [403, 409] });
      await expectStillHeld(scene, held);
      const second = await scene.sign('cara', held);
      scene.expect(second, '/received/status', { equals: 'approved' });
      scene.expect(await scene.show(held), '/received/checkout/card_id', { present: true });
    },
  },
  {
    ...base,
    id: '8.5-rejected',
    needsMatrix: true,
    title: 'what is rejected is denied for good',
    kind: 'stops',
    async run(scene) {
      const held = await aboveAuthority(scene, '6000.00');
      const approval = `/v1/approvals/${scene.text(held.answer, '/received/approval/approval_id')}`;
      const rejected = await scene.call('anna', 'POST', `${approval}/reject`, { reason: 'not this quarter' });
      scene.expect(rejected, '/status', { equals: 200 });
      scene.expect(await scene.sign('anna', held), '/status', { equals: 409 });
      const shown = await scene.show(held);
      scene.expect(shown, '/received/status', { equals: 'denied' });
      scene.expectNothingToPayWith(shown);
    },
  },
  {
    ...base,
    id: '8.5-in-order',
    title: 'steps one after the other are signed in their order',
    kind: 'stops',
    async run(scene) {
      const held = await heldByRules(scene, [
        { order: 0, approvers: [scene.world.id('ben')] },
        { order: 1, approvers: [scene.world.id('cara')] },
      ]);
      scene.expect(await scene.sign('cara', held), '/status', { equals: 403 });
      await expectStillHeld(scene, held);
      scene.expect(await scene.sign('ben', held), '/received/status', { equals: 'pending' });
      await expectStillHeld(scene, held);
      scene.expect(await scene.sign('cara', held), '/received/status', { equals: 'approved' });
    },
  },
  {
    ...base,
    id: '8.5-delegation',
    title: 'a delegate signs on behalf, both are named, and not after it was revoked',
    kind: 'lets_pass',
    run: delegated,
  },
  {
    ...base,
    id: '8.5-within',
    needsMatrix: true,
    title: 'within its authority nobody is asked',
    kind: 'lets_pass',
    async run(scene) {
      const purchase = await scene.buy('facilities', {
        category: scene.world.id('supplies'),
        vendor: scene.fresh('shop'),
        amount: '4999.99',
      });
      scene.expectApproved(purchase);
      scene.expect(purchase.answer, '/received/approval', { absent: true });
      scene.expect(purchase.answer, '/received/approved_by', { equals: 'policy' });
    },
  },
];

async function delegated(scene: Scene): Promise<void> {
  const { id } = scene.world;
  const rule = [{ order: 0, approvers: [id('ben')] }];
  const [first, second] = [await heldByRules(scene, rule), await heldByRules(scene, rule)];
  scene.expect(await scene.sign('dora', first), '/status', { equals: 403 });
  const made = await scene.change('POST', `/v1/approvers/${id('ben')}/delegations`, {
    delegate_id: id('dora'),
    from: new Date(Date.now() - MINUTE_MS).toISOString(),
    until: new Date(Date.now() + 60 * MINUTE_MS).toISOString(),
    reason: 'leave',
  });
  const signed = await scene.sign('dora', first, { on_behalf_of: id('ben') });
  scene.expect(signed, '/received/status', { equals: 'approved' });
  scene.expect(signed, '/received/steps/0/signatures', {
    matches: [{ signed_by: id('dora'), on_behalf_of: id('ben') }],
  });
  const delegationId = scene.text(made, '/received/delegation_id');
  await scene.change('POST', `/v1/approvers/${id('ben')}/delegations/${delegationId}/revoke`);
  scene.expect(await scene.sign('dora', second, { on_behalf_of: id('ben') }), '/status', { equals: 403 });
  await expectStillHeld(scene, second);
}

function aboveAuthority(scene: Scene, amount: string): Promise<Purchase> {
  return scene.buy('facilities', {
    category: scene.world.id('supplies'),
    vendor: scene.fresh('shop'),
    amount,
  });
}

/** By rules of a policy of its own, without the matrix. */
async function heldByRules(
  scene: Scene,
  routings: readonly Readonly<Record<string, Json>>[],
): Promise<Purchase> {
  const policy = scene.fresh('pol');
  await scene.change('POST', '/v1/policies', {
    policy_id: policy,
    name: 'Conformance run: signed',
    rules: routings.map((routing, index) => ({
      rule_id: `step_${index}`,
      rule_type: 'escalate_if',
      parameters: { amount_above: '1.00', currency: 'GBP', ...routing },
    })),
  });
  const held = await scene.buy('purchaser', {
    policy_id: policy,
    vendor: scene.fresh('shop'),
    amount: '20.00',
  });
  scene.expectHeld(held, { control: 'escalate_if' });
  return held;
}

async function expectStillHeld(scene: Scene, held: Purchase): Promise<void> {
  const shown = await scene.show(held);
  scene.expect(shown, '/received/status', { equals: 'held' });
  scene.expectNothingToPayWith(shown);
}
