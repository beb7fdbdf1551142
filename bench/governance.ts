// bench/governance.ts: every control of purchase governance (AG-642), configured so that the workload keeps its outcomes:
// an authority matrix, a sourcing policy with tender thresholds and lists, registered suppliers, exchange rates, velocity.
import type { Gateway } from '../packages/server/src/main.ts';
import { BUDGET_LIMIT, VENDORS } from './workload.ts';

const ACTOR = { kind: 'system', name: 'bench' } as const;

/** Of the vendors: the others stay unregistered, as in life. */
const REGISTERED_SHARE = 2;

export async function configureGovernance({ admin }: Pick<Gateway, 'admin'>): Promise<void> {
  await admin.principals.create(ACTOR, { principalId: 'bench_signer', name: 'Signer', roles: ['approver'] });
  await admin.authorityMatrices.publish(ACTOR, {
    rows: [
      { agent_id: '*', category: 'cloud', autonomous_limit: { amount: '50000.00', currency: 'USD' } },
      { agent_id: '*', autonomous_limit: { amount: '100.00', currency: 'USD' } },
    ],
    tiers: [{ tier: 'all', limit: { amount: BUDGET_LIMIT, currency: 'USD' }, approvers: ['bench_signer'] }],
  });
  await admin.exchangeRates.publish(ACTOR, {
    rates: [
      { base: 'EUR', quote: 'USD', rate: '1.10', date: today(), source: 'bench', methodology: 'daily_close' },
    ],
  });
  const csv = VENDORS.filter((_, index) => index % REGISTERED_SHARE === 0)
    .map(
      (vendor, index) => `sup_${index},Supplier ${index},${vendor.includes('.') ? vendor : ''},US,approved`,
    )
    .join('\n');
  await admin.suppliers.import(ACTOR, `supplier_id,legal_name,domains,country,standing\n${csv}\n`);
  await admin.sourcing.policies.put(ACTOR, 'default', {
    tender_thresholds: [
      { jurisdiction: '*', category: 'cloud', amount: '40000.00', currency: 'EUR' },
      { jurisdiction: '*', category: '*', amount: '25000.00', currency: 'USD' },
    ],
    prohibited_suppliers: ['evil.example', 'vendor_prohibited'],
    countries: [{ category: '*', blocked: ['KP'] }],
    // Half of the vendors are not registered, so nobody knows where they are.
    on_missing: { countries: 'ignore' },
  });
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}
