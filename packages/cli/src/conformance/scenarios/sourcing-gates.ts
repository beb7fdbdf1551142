// conformance/scenarios/sourcing-gates.ts: test 8.3: the sourcing policy is a gate before execution (AG-642 4.3): tenders,
// prohibited and preferred suppliers, geography, category rules; and what each of them must let pass.
import type { Json } from '../evidence.ts';
import type { Scene } from '../scene.ts';
import type { TestableCase } from './scenario.ts';

const base = { test: '8.3', clauses: ['4.3'] } as const;
const DAY_MS = 86_400_000;

export const sourcingGates: readonly TestableCase[] = [
  {
    ...base,
    id: '8.3-tender-threshold',
    title: 'the threshold itself passes, one penny above it needs a tender',
    kind: 'stops',
    async run(scene) {
      const category = await policyFor(scene, (name) => ({
        tender_thresholds: [threshold(name, 'GB', '25000.00')],
      }));
      scene.expectApproved(await buy(scene, category, '25000.00'));
      scene.expectDenied(await buy(scene, category, '25000.01'), {
        control: 'tender_threshold',
        reason_code: 'tender_required',
        clause: 'AG-642 4.3',
      });
    },
  },
  {
    ...base,
    id: '8.3-contract-value',
    title: 'the value of the contract counts, not that of its first order',
    kind: 'stops',
    async run(scene) {
      const category = await policyFor(scene, (name) => ({
        tender_thresholds: [threshold(name, 'GB', '25000.00')],
      }));
      const order = await buy(scene, category, '10.00', { estimated_contract_value: '25000.01' });
      scene.expectDenied(order, { control: 'tender_threshold', reason_code: 'tender_required' });
    },
  },
  {
    ...base,
    id: '8.3-tendered',
    title: 'a tender lets its winner pass up to its ceiling, and nobody else',
    kind: 'lets_pass',
    run: tendered,
  },
  {
    ...base,
    id: '8.3-waiver',
    title: 'a waiver covers nothing before a second person approves it',
    kind: 'stops',
    run: waived,
  },
  {
    ...base,
    id: '8.3-framework',
    title: 'call-offs of a framework agreement within its ceiling, and not above',
    kind: 'lets_pass',
    run: calledOff,
  },
  {
    ...base,
    id: '8.3-prohibited',
    title: 'nothing from a prohibited supplier, however small',
    kind: 'stops',
    async run(scene) {
      const purchase = await scene.buy('purchaser', {
        vendor: scene.world.id('banned'),
        amount: '0.01',
        category: scene.fresh('any'),
      });
      scene.expectDenied(purchase, { control: 'prohibited_supplier', reason_code: 'supplier_prohibited' });
    },
  },
  {
    ...base,
    id: '8.3-registry',
    title: 'nothing from a supplier that the registry prohibits or has on a sanctions list',
    kind: 'stops',
    async run(scene) {
      const [prohibited, sanctioned, good] = [scene.fresh('sup'), scene.fresh('sup'), scene.fresh('sup')];
      await register(scene, prohibited, { standing: 'prohibited' });
      await register(scene, sanctioned, { sanctions: { flagged: true, list: 'example list' } });
      await register(scene, good, {});
      const from = (vendor: string) => scene.buy('purchaser', { vendor, amount: '10.00' });
      scene.expectDenied(await from(prohibited), {
        control: 'supplier_standing',
        reason_code: 'supplier_prohibited',
      });
      scene.expectDenied(await from(sanctioned), {
        control: 'supplier_standing',
        reason_code: 'supplier_sanctioned',
      });
      scene.expectApproved(await from(good));
    },
  },
  {
    ...base,
    id: '8.3-preferred',
    title: 'where suppliers are preferred, others are not bought from',
    kind: 'stops',
    async run(scene) {
      const preferred = scene.fresh('preferred');
      const category = await policyFor(scene, (name) => ({
        preferred_suppliers: [{ category: name, suppliers: [preferred] }],
      }));
      scene.expectDenied(await buy(scene, category, '10.00'), {
        control: 'preferred_supplier',
        reason_code: 'not_a_preferred_supplier',
      });
      scene.expectApproved(await buy(scene, category, '10.00', { vendor: preferred }));
      scene.expectApproved(await buy(scene, scene.fresh('other'), '10.00'));
    },
  },
  {
    ...base,
    id: '8.3-geography',
    title: 'only from the countries that are allowed; an unknown country is not one',
    kind: 'stops',
    async run(scene) {
      const category = await policyFor(
        scene,
        (name) => ({
          countries: [{ category: name, allowed: ['GB', 'DE'], blocked: ['FR'] }],
        }),
        'deny',
      );
      const from = (country: string) => buy(scene, category, '10.00', { merchant: { country } });
      scene.expectApproved(await from('DE'));
      scene.expectDenied(await from('FR'), { control: 'sourcing_geography' });
      scene.expectDenied(await from('US'), { control: 'sourcing_geography' });
      scene.expectDenied(await buy(scene, category, '10.00'), {
        control: 'sourcing_geography',
        reason_code: 'evidence_missing',
      });
    },
  },
  {
    ...base,
    id: '8.3-category-rules',
    title: 'a category that is blocked, and one that asks for a verified supplier',
    kind: 'stops',
    async run(scene) {
      const blocked = await policyFor(scene, (name) => ({
        category_rules: [{ category: name, blocked: true }],
      }));
      scene.expectDenied(await buy(scene, blocked, '10.00'), { control: 'category_sourcing' });
      const [unverified, verified] = [scene.fresh('sup'), scene.fresh('sup')];
      await register(scene, unverified, {});
      await register(scene, verified, { verification: { state: 'verified' } });
      const strict = await policyFor(scene, (name) => ({
        category_rules: [{ category: name, required_verification: 'verified' }],
      }));
      scene.expectDenied(await buy(scene, strict, '10.00', { vendor: unverified }), {
        control: 'category_sourcing',
      });
      scene.expectApproved(await buy(scene, strict, '10.00', { vendor: verified }));
    },
  },
  {
    ...base,
    id: '8.3-jurisdiction',
    title: '15,000 needs a tender in one country and none in another',
    kind: 'stops',
    async run(scene) {
      const category = await policyFor(scene, (name) => ({
        tender_thresholds: [threshold(name, 'GB', '25000.00'), threshold(name, 'DE', '10000.00')],
      }));
      const fields = { category, amount: '15000.00', vendor: scene.fresh('shop') };
      scene.expectApproved(await scene.buy('purchaser', fields));
      scene.expectDenied(await scene.buy('berliner', { ...fields, vendor: scene.fresh('shop') }), {
        control: 'tender_threshold',
        reason_code: 'tender_required',
      });
    },
  },
];

async function tendered(scene: Scene): Promise<void> {
  const category = await policyFor(scene, (name) => ({
    tender_thresholds: [threshold(name, 'GB', '25000.00')],
  }));
  const [winner, reference] = [scene.fresh('winner'), scene.fresh('T')];
  await scene.change('PUT', `/v1/tenders/${reference}`, {
    winner,
    category,
    ceiling: { amount: '60000.00', currency: 'GBP' },
    valid_from: inDays(-1),
    valid_until: inDays(30),
  });
  const order = (amount: string, vendor = winner) =>
    buy(scene, category, amount, { vendor, tender_reference: reference, cost_center: scene.fresh('cc') });
  scene.expectApproved(await order('40000.00'));
  scene.expectDenied(await order('20000.01'), {
    control: 'tender_threshold',
    reason_code: 'tender_ceiling_exceeded',
  });
  scene.expectDenied(await order('30000.00', scene.fresh('loser')), {
    control: 'tender_threshold',
    reason_code: 'tender_invalid',
  });
  scene.expectApproved(await order('20000.00'));
}

async function waived(scene: Scene): Promise<void> {
  const category = await policyFor(scene, (name) => ({
    tender_thresholds: [threshold(name, 'GB', '25000.00')],
  }));
  const vendor = scene.fresh('roofer');
  const asked = await scene.change('POST', '/v1/sourcing-waivers', {
    agent_id: scene.world.id('purchaser'),
    supplier: vendor,
    category,
    up_to: { amount: '30000.00', currency: 'GBP' },
    valid_until: inDays(30),
    reason: 'The roof is open.',
  });
  const waiver = scene.text(asked, '/received/waiver_id');
  const order = () => buy(scene, category, '30000.00', { vendor, cost_center: scene.fresh('cc') });
  const own = await scene.call('operator', 'POST', `/v1/sourcing-waivers/${waiver}/approve`);
  scene.expect(own, '/status', { equals: 403 });
  scene.expectDenied(await order(), { control: 'tender_threshold', reason_code: 'tender_required' });
  const approved = await scene.call('anna', 'POST', `/v1/sourcing-waivers/${waiver}/approve`);
  scene.expect(approved, '/received/status', { equals: 'approved' });
  scene.expectApproved(await order());
}

async function calledOff(scene: Scene): Promise<void> {
  const category = await policyFor(scene, (name) => ({
    tender_thresholds: [threshold(name, 'GB', '100.00')],
  }));
  const [vendor, framework] = [scene.fresh('wholesaler'), scene.fresh('F')];
  await scene.change('PUT', `/v1/frameworks/${framework}`, {
    supplier: vendor,
    categories: [category],
    call_off_ceiling: { amount: '1000.00', currency: 'GBP' },
    valid_from: inDays(-1),
    valid_until: inDays(30),
    agents: [scene.world.id('purchaser')],
    pre_approved: true,
  });
  const callOff = (amount: string) =>
    buy(scene, category, amount, { vendor, commitment_type: 'call_off', framework_id: framework });
  scene.expectApproved(await callOff('600.00'));
  scene.expectDenied(await callOff('400.01'), { reason_code: 'framework_ceiling_exceeded' });
  scene.expectApproved(await callOff('400.00'));
}

/** A sourcing policy for a category of its own and the run's team alone. @returns the category */
async function policyFor(
  scene: Scene,
  rules: (category: string) => Readonly<Record<string, Json>>,
  onMissing = 'ignore',
): Promise<string> {
  const category = scene.fresh('cat');
  await scene.change('PUT', `/v1/sourcing-policies/${scene.fresh('sourcing')}`, {
    name: 'Conformance run',
    applies_to: { agents: [scene.world.id('purchaser'), scene.world.id('berliner')] },
    on_missing: onMissing,
    ...rules(category),
  });
  return category;
}

function threshold(category: string, jurisdiction: string, amount: string): Json {
  return { jurisdiction, category, amount, currency: 'GBP' };
}

function buy(scene: Scene, category: string, amount: string, more: Readonly<Record<string, Json>> = {}) {
  return scene.buy('purchaser', { vendor: scene.fresh('shop'), category, amount, ...more });
}

async function register(
  scene: Scene,
  supplierId: string,
  more: Readonly<Record<string, Json>>,
): Promise<void> {
  const body = { legal_name: `Example ${supplierId} Ltd`, standing: 'approved', country: 'GB', ...more };
  await scene.change('PUT', `/v1/suppliers/${supplierId}`, body);
}

function inDays(days: number): string {
  return new Date(Date.now() + days * DAY_MS).toISOString();
}
