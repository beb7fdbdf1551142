import { describe, expect, it } from 'vitest';

import { firstIdAt, newId } from '../ids.ts';
import { isEnded, monthsBefore } from './retention-time.ts';

describe('months before', () => {
  it.each([
    ['2026-11-18T10:00:00.000Z', 84, '2019-11-18T10:00:00.000Z'],
    ['2028-02-29T00:00:00.000Z', 12, '2027-02-28T00:00:00.000Z'],
    ['2026-03-31T23:59:59.999Z', 1, '2026-02-28T23:59:59.999Z'],
    ['2026-01-15T00:00:00.000Z', 1, '2025-12-15T00:00:00.000Z'],
  ])('%s, %i: %s', (now, months, expected) => {
    expect(monthsBefore(Date.parse(now), months).toISOString()).toBe(expected);
  });
});

describe('the first id of a time', () => {
  it('is between those made before and those made from then on', () => {
    const id = newId('preq');
    const now = Date.now();
    expect(firstIdAt('preq', now - 1_000) < id).toBe(true);
    expect(firstIdAt('preq', now + 1) > id).toBe(true);
    expect(firstIdAt('preq', now)).toMatch(/^preq_[0-9a-z]{26}$/);
  });
});

describe('the end of a purchase', () => {
  it.each([
    ['held', 'none', false],
    ['approved', 'none', false],
    ['approved', 'issued', false],
    ['approved', 'charged', false],
    ['approved', 'disputed', false],
    ['approved', 'settled', true],
    ['approved', 'reconciled', true],
    ['denied', 'none', true],
    ['cancelled', 'none', true],
    ['expired', 'none', true],
    ['expired', 'charged', false],
  ])('%s, %s: %s', (status, checkoutStatus, expected) => {
    expect(isEnded({ status, checkout_status: checkoutStatus })).toBe(expected);
  });
});
