import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { GateAnswer, PurchaseInput } from '../../packages/server/src/gate/command.ts';
import type { Gateway } from '../../packages/server/src/main.ts';
import {
  type Installation,
  createInstallation,
  ledgerFaults,
  policyOf,
  recordFaults,
  requestOf,
  statusOf,
} from '../harness/installation.ts';
import { OPERATOR } from '../harness/test-admin.ts';

const CALLERS = 50;
const FITS = 23;
const VALIDITY = { valid_from: '2020-01-01T00:00:00Z', valid_until: '2099-01-01T00:00:00Z' };
const SUPPLIER = 'paper.example';

// A total that fits exactly K purchases is used by exactly K, whoever asks, wherever.
describe('a ceiling that fits exactly 23 purchases', () => {
  let installation: Installation;
  let first: Gateway;
  let second: Gateway;

  beforeEach(async () => {
    installation = await createInstallation({
      agents: ['agent_a', 'agent_b'],
      people: ['ann'],
      policy: policyOf([
        { rule_id: 'r_large', rule_type: 'max_amount', parameters: { limit: 100, currency: 'USD' } },
      ]),
      budgets: [{ budgetId: 'all', limit: '1000.00', period: 'month' }],
    });
    [first, second] = await Promise.all([installation.gateway(), installation.gateway()]);
    const { frameworks, tenders } = first.admin.sourcing;
    const total = { amount: `${FITS}.00`, currency: 'USD' };
    const agreement = { supplier: SUPPLIER, call_off_ceiling: total, pre_approved: true, ...VALIDITY };
    await frameworks.put(OPERATOR, 'F-1', agreement);
    await tenders.put(OPERATOR, 'T-1', { winner: SUPPLIER, ceiling: total, ...VALIDITY });
  });
  afterEach(async () => {
    expect(await ledgerFaults(first.database.pool)).toEqual([]);
    expect(await recordFaults(first)).toEqual([]);
    await installation.close();
  });

  const askAll = (sourcing: PurchaseInput['sourcing']): Promise<GateAnswer[]> =>
    Promise.all(
      Array.from({ length: CALLERS }, (_, index) => {
        const agentId = index % 2 === 0 ? 'agent_a' : 'agent_b';
        const request = requestOf(installation, agentId, { vendor: SUPPLIER, sourcing });
        const gateway = index % 3 === 0 ? first : second;
        return gateway.gate.submit(request);
      }),
    );
  const claims = {
    commitmentType: null,
    tenderReference: null,
    frameworkId: null,
    waiverId: null,
    netMinor: null,
    contractValueMinor: null,
  };
  const usedOf = async (budgetId: string): Promise<number> => {
    const { rows } = await first.database.pool.query<{ used: bigint }>(
      'SELECT pending_minor + committed_minor + spent_minor AS used FROM budget_period WHERE budget_id = $1',
      [budgetId],
    );
    return Number(rows[0]?.used ?? -1);
  };

  it('is called off 23 times of 50, at two gateways', async () => {
    const answers = await askAll({ ...claims, commitmentType: 'call_off', frameworkId: 'F-1' });
    expect(answers.filter((answer) => statusOf(answer) === 'approved')).toHaveLength(FITS);
    expect(await usedOf('framework:F-1')).toBe(FITS * 100);
  });

  it('of a tender is used 23 times of 50, at two gateways', async () => {
    const answers = await askAll({ ...claims, tenderReference: 'T-1' });
    expect(answers.filter((answer) => statusOf(answer) === 'approved')).toHaveLength(FITS);
    expect(await usedOf('tender:T-1')).toBe(FITS * 100);
  });

  it('of a waiver is used 23 times of 50, and by nothing that needs none', async () => {
    const document = {
      supplier: SUPPLIER,
      up_to: { amount: `${FITS}.00`, currency: 'USD' },
      valid_until: VALIDITY.valid_until,
      reason: 'example',
    };
    const waiver = await first.admin.waivers.request(OPERATOR, document);
    await first.admin.waivers.approve({ ...OPERATOR, principalId: 'ann' }, waiver.waiverId);
    const thresholds = [{ amount: '0.99', currency: 'USD' }];
    // Far apart from one another, so that each is judged alone.
    const related = { large_share_percent: 100, intent_share_percent: 100, close_days: 0 };
    await first.admin.sourcing.policies.put(OPERATOR, 'default', {
      tender_thresholds: thresholds,
      repetition: [{ supplier: SUPPLIER, up_to: { amount: '5.00', currency: 'USD' }, reason: 'one a day' }],
      related,
    });
    const answers = await askAll(null);
    expect(answers.filter((answer) => statusOf(answer) === 'approved')).toHaveLength(FITS);
    expect(await usedOf(`waiver:${waiver.waiverId}`)).toBe(FITS * 100);
    await first.admin.sourcing.policies.put(OPERATOR, 'default', {
      tender_thresholds: [{ amount: '500.00', currency: 'USD' }],
      related,
    });
    const small = await askAll(null);
    expect(small.filter((answer) => statusOf(answer) === 'approved')).toHaveLength(CALLERS);
    expect(await usedOf(`waiver:${waiver.waiverId}`)).toBe(FITS * 100);
  });
});
