import { describe, expect, it } from 'vitest';

import { parsedCheck } from './parse-check.ts';
import { ProblemError } from './problem.ts';

const NOW = Date.UTC(2026, 10, 18, 10);
const body = (metadata: Record<string, string | number | boolean>) =>
  ({
    agent_id: 'a',
    policy_id: 'p',
    action_type: 'discount',
    amount: '10.00',
    currency: 'USD',
    counterparty: 'cust_1',
    metadata,
  }) as const;

function fieldRefused(metadata: Record<string, string | number | boolean>): string | undefined {
  try {
    parsedCheck(body(metadata), NOW);
  } catch (error) {
    if (error instanceof ProblemError) return error.parts.field;
    throw error;
  }
  throw new Error('accepted');
}

describe('evidence of a check', () => {
  it.each([
    [20, 2000],
    ['20', 2000],
    [12.5, 1250],
    ['12.34', 1234],
    [20.001, 2001],
    ['20.0000', 2000],
    [0, 0],
  ])('reads a discount of %j percent as %i hundredths', (percent, basisPoints) => {
    expect(parsedCheck(body({ discount_percent: percent }), NOW).discountBasisPoints).toBe(basisPoints);
  });

  it('counts whole days since a purchase, given as days or as a date', () => {
    expect(parsedCheck(body({ days_since_purchase: 30 }), NOW).daysSincePurchase).toBe(30);
    expect(parsedCheck(body({ days_since_purchase: '30' }), NOW).daysSincePurchase).toBe(30);
    expect(parsedCheck(body({ purchase_date: '2026-11-17' }), NOW).daysSincePurchase).toBe(1);
    expect(parsedCheck(body({ purchase_date: '2026-11-17T11:00:00Z' }), NOW).daysSincePurchase).toBe(0);
    expect(parsedCheck(body({}), NOW).daysSincePurchase).toBeNull();
  });

  it('takes no evidence for what is not given or is no country', () => {
    expect(parsedCheck(body({ country: 'Narnia', mcc: '57' }), NOW)).toMatchObject({
      country: null,
      mcc: null,
    });
    expect(parsedCheck(body({ country: 'de', mcc: 5734 }), NOW)).toMatchObject({
      country: 'DE',
      mcc: '5734',
    });
  });

  it.each([
    [{ days_since_purchase: 1.5 }, 'metadata.days_since_purchase'],
    [{ days_since_purchase: 'soon' }, 'metadata.days_since_purchase'],
    [{ days_since_purchase: -1 }, 'metadata.days_since_purchase'],
    [{ purchase_date: '2027-01-01' }, 'metadata.purchase_date'],
    [{ purchase_date: 20261117 }, 'metadata.purchase_date'],
    [{ discount_percent: '-5' }, 'metadata.discount_percent'],
    [{ discount_percent: true }, 'metadata.discount_percent'],
    [{ deal_amount: '1.001' }, 'metadata.deal_amount'],
    [{ deal_amount: false }, 'metadata.deal_amount'],
  ])('refuses %j', (metadata, field) => {
    expect(fieldRefused(metadata)).toBe(field);
  });
});
