import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { assessClustering, type ClusteringInput } from './assess-clustering.ts';
import { assessConcentration } from './assess-concentration.ts';
import { assessFrequency } from './assess-frequency.ts';
import { assessOutOfHours } from './assess-out-of-hours.ts';
import { type Edge, isRound, placebosOf, sideOfEdge } from './edge-counts.ts';
import { median, quantile, robustSpread } from './robust-statistics.ts';
import { logGamma, upperTail } from './upper-tail.ts';
import type { Sensitivity } from './velocity-finding.ts';

const SENSITIVITIES: readonly Sensitivity[] = ['low', 'normal', 'high'];
const anySensitivity = fc.constantFrom(...SENSITIVITIES);
const window = '1 hour';

describe('robust statistics', () => {
  it('takes the middle, and is not moved by what is wild', () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeUndefined();
    expect(robustSpread([1, 2, 3, 4, 1_000_000])).toBeCloseTo(1.4826);
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2);
    expect(quantile([1, 2, 3, 4], 1)).toBe(4);
  });
});

describe('the upper tail', () => {
  it('is that of known cases', () => {
    expect(Math.exp(logGamma(6))).toBeCloseTo(120, 8);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 10);
    // With one hit and one miss every count is as likely: the chance of 8 or more of 10 is 3 of 11.
    expect(upperTail({ seen: 8, trials: 10, hits: 1, misses: 1 })).toBeCloseTo(3 / 11, 10);
    // With a chance that is well known it is the binomial's: 8, 9 or 10 heads of 10.
    expect(upperTail({ seen: 8, trials: 10, hits: 1e7, misses: 1e7 })).toBeCloseTo(56 / 1024, 5);
  });

  it('falls as more is seen', () => {
    const counts = fc.record({
      trials: fc.integer({ min: 1, max: 200 }),
      hits: fc.integer({ min: 1, max: 500 }),
      misses: fc.integer({ min: 1, max: 500 }),
    });
    fc.assert(
      fc.property(counts, fc.nat(199), (input, seen) => {
        const less = upperTail({ ...input, seen });
        const more = upperTail({ ...input, seen: seen + 1 });
        expect(more).toBeLessThanOrEqual(less + 1e-9);
      }),
    );
  });
});

describe('frequency', () => {
  it('never alerts of a constant history', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 0, max: 600 }),
        anySensitivity,
        (count, length, sensitivity) => {
          const history = Array.from({ length }, () => count);
          expect(assessFrequency({ window, count, history, sensitivity }).verdict).not.toBe('alert');
        },
      ),
    );
  });

  it('alerts of a burst on any history, and never of what was seen before', () => {
    const histories = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 60, maxLength: 300 });
    fc.assert(
      fc.property(histories, anySensitivity, (history, sensitivity) => {
        fc.pre(history.filter((count) => count > 0).length >= 8);
        const burst = assessFrequency({ window, count: 1_000, history, sensitivity });
        expect(burst.verdict).toBe('alert');
        const usual = history[0] ?? 0;
        expect(assessFrequency({ window, count: Math.min(usual, 4), history, sensitivity }).verdict).toBe(
          'usual',
        );
      }),
    );
  });

  it('says that it cannot tell when there is too little to go by', () => {
    const finding = assessFrequency({
      window,
      count: 500,
      history: [1, 2, 3, 0, 0, 0, 0, 0, 0],
      sensitivity: 'high',
    });
    expect(finding).toMatchObject({ verdict: 'not_enough', evidence: { active_windows: 3 } });
  });

  it('explains itself with the numbers', () => {
    const history = [3, 3, 4, 2, 3, 3, 5, 3, 3, 2];
    const finding = assessFrequency({ window, count: 40, history, sensitivity: 'normal' });
    expect(finding.explanation).toBe(
      '40 requests within 1 hour; usually 3, at most 5 in 10 such windows before. That is 21.4 spreads above the median; 6 are watched for.',
    );
  });
});

describe('concentration', () => {
  const amounts = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 8, maxLength: 60 });

  it('never alerts of a constant history', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e9 }),
        fc.integer({ min: 0, max: 60 }),
        anySensitivity,
        (sum, length, sensitivity) => {
          const history = Array.from({ length }, () => sum);
          expect(assessConcentration({ window, sum, history, sensitivity }).verdict).not.toBe('alert');
        },
      ),
    );
  });

  it('does not change with the unit of the amounts', () => {
    fc.assert(
      fc.property(
        amounts,
        fc.integer({ min: 1, max: 1e8 }),
        fc.integer({ min: 0, max: 20 }),
        anySensitivity,
        (history, sum, power, sensitivity) => {
          const scale = 2 ** power;
          const scaled = history.map((amount) => amount * scale);
          const own = assessConcentration({ window, sum, history, sensitivity });
          const other = assessConcentration({ window, sum: sum * scale, history: scaled, sensitivity });
          expect(other.verdict).toBe(own.verdict);
          expect(other.explanation).toBe(own.explanation);
        },
      ),
    );
  });

  it('alerts when more than everything before falls into one window', () => {
    fc.assert(
      fc.property(amounts, anySensitivity, (history, sensitivity) => {
        fc.pre(history.filter((amount) => amount > 0).length >= 8);
        const sum = history.reduce((added, amount) => added + amount, 0) * 10;
        expect(assessConcentration({ window, sum, history, sensitivity }).verdict).toBe('alert');
      }),
    );
  });
});

describe('out of hours', () => {
  const hours = 'mon-fri 08:00-18:00 UTC';

  it('is unusual for whom it is unusual alone', () => {
    const seen = { outside: 6, total: 8 };
    const office = assessOutOfHours({
      window,
      hours,
      seen,
      history: { outside: 2, total: 200 },
      sensitivity: 'normal',
    });
    expect(office.verdict).toBe('alert');
    const night = assessOutOfHours({
      window,
      hours,
      seen,
      history: { outside: 150, total: 200 },
      sensitivity: 'normal',
    });
    expect(night.verdict).toBe('usual');
    const unknown = assessOutOfHours({
      window,
      hours,
      seen,
      history: { outside: 0, total: 29 },
      sensitivity: 'high',
    });
    expect(unknown.verdict).toBe('not_enough');
  });

  it('never alerts of a share that stays as it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 40 }), (total, part) => {
        const outside = Math.min(part, total);
        const history = { outside: outside * 40, total: total * 40 };
        expect(
          assessOutOfHours({ window, hours, seen: { outside, total }, history, sensitivity: 'normal' })
            .verdict,
        ).not.toBe('alert');
      }),
    );
  });
});

describe('an edge', () => {
  it('has amounts below it and above it, and says nothing of a round price', () => {
    expect(sideOfEdge(299_999n, 300_000n, 'near')).toBe('below');
    expect(sideOfEdge(285_000n, 300_000n, 'wide')).toBe('below');
    expect(sideOfEdge(284_999n, 300_000n, 'wide')).toBeNull();
    expect(sideOfEdge(290_000n, 300_000n, 'near')).toBeNull();
    expect(sideOfEdge(300_001n, 300_000n, 'near')).toBe('above');
    expect(sideOfEdge(315_000n, 300_000n, 'wide')).toBe('above');
    expect(sideOfEdge(300_000n, 300_000n, 'wide')).toBeNull();
    expect(sideOfEdge(339_000n, 339_000n, 'near')).toBe('below');
    expect([300_000n, 250_000n, 1n].every(isRound)).toBe(true);
    expect(isRound(339_000n)).toBe(false);
  });

  it('has placebos of its own size and roundness, away from whatever is watched', () => {
    expect(placebosOf(300_000n, [])).toEqual([
      125_000n,
      150_000n,
      175_000n,
      200_000n,
      225_000n,
      250_000n,
      350_000n,
      400_000n,
      425_000n,
      475_000n,
      525_000n,
      575_000n,
    ]);
    fc.assert(
      fc.property(
        fc.bigInt(1n, 10n ** 12n),
        fc.array(fc.bigInt(1n, 10n ** 12n), { maxLength: 5 }),
        (edge, others) => {
          for (const placebo of placebosOf(edge, others)) {
            expect(placebo).toBeGreaterThan(0n);
            for (const watched of [edge, ...others]) {
              expect(sideOfEdge(watched, placebo, 'wide')).toBeNull();
            }
          }
        },
      ),
    );
  });
});

describe('clustering', () => {
  const edgeOf = (edgeMinor: bigint, below: number, above: number): Edge => ({
    edgeMinor,
    wide: { below, above },
    near: { below: Math.round(below * 0.4), above: Math.round(above * 0.4) },
  });
  const placebos = [150_000n, 200_000n, 250_000n, 400_000n, 500_000n].map((edge, index) =>
    edgeOf(edge, 60 + index * 3, 50),
  );
  const input = (edge: Edge, change: Partial<ClusteringInput> = {}): ClusteringInput => ({
    label: 'a limit',
    threshold: '3000.00 CAD',
    edge,
    placebos,
    window: '90 days',
    sensitivity: 'normal',
    ...change,
  });

  it('is found at the threshold, and not at any placebo', () => {
    const found = assessClustering(input(edgeOf(300_000n, 90, 12)));
    expect(found).toMatchObject({ verdict: 'alert', evidence: { below: 90, above: 12, placebos: 5 } });
    for (const sensitivity of SENSITIVITIES) {
      for (const placebo of placebos) {
        const others = placebos.filter((other) => other !== placebo);
        expect(assessClustering(input(placebo, { placebos: others, sensitivity })).verdict).toBe('usual');
      }
    }
  });

  it('is not what the placebos do too, however strong it is', () => {
    const alike = placebos.map(({ edgeMinor }) => edgeOf(edgeMinor, 90, 12));
    expect(assessClustering(input(edgeOf(300_000n, 90, 12), { placebos: alike })).verdict).toBe('usual');
  });

  it('is said of nothing where too little is known of the threshold or of its placebos', () => {
    expect(assessClustering(input(edgeOf(300_000n, 11, 0))).verdict).toBe('not_enough');
    expect(
      assessClustering(input(edgeOf(300_000n, 90, 12), { placebos: placebos.slice(0, 1) })).verdict,
    ).toBe('not_enough');
    const thin = placebos.map(({ edgeMinor }) => edgeOf(edgeMinor, 2, 2));
    expect(assessClustering(input(edgeOf(300_000n, 90, 12), { placebos: thin })).verdict).toBe('not_enough');
  });
});
