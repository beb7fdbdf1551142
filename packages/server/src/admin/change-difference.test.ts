import { describe, expect, it } from 'vitest';

import type { StoredChangeRecord } from './change-control.ts';
import { differenceOf, overallEffect } from './change-difference.ts';

const policyChange = (before: unknown, after: unknown): StoredChangeRecord[] => [
  {
    type: 'policy.published',
    subject_id: 'p',
    before: { version: 1, document_sha256: 'a' },
    after: { version: 2, document_sha256: 'b' },
    personal: [],
    documents: { before, after },
  },
];
const rule = (id: string, limit: number | string, more: object = {}) => ({
  rule_id: id,
  parameters: { limit },
  ...more,
});
const fields = (before: unknown, after: unknown) =>
  differenceOf(policyChange(before, after)).filter(({ field }) => field !== '/version');

describe('the difference of a change', () => {
  it('names items of lists by their ids, wherever they stand', () => {
    expect(fields({ rules: [rule('a', 1), rule('b', 2)] }, { rules: [rule('b', 3), rule('a', 1)] })).toEqual([
      {
        type: 'policy.published',
        subjectId: 'p',
        field: '/rules/b/parameters/limit',
        before: 2,
        after: 3,
        effect: 'loosens',
      },
    ]);
  });

  it.each([
    ['100.00', '99.99', 'tightens'],
    ['99.99', '100.00', 'loosens'],
    ['9', '10', 'loosens'],
    ['100', '100.00', 'changes'],
    [100, 'all of it', 'changes'],
  ])('a limit from %s to %s: %s', (before, after, effect) => {
    expect(fields({ rules: [rule('a', before)] }, { rules: [rule('a', after)] })[0]?.effect).toBe(effect);
  });

  it('says which way a rule, its severity and a quorum go', () => {
    const effects = (before: unknown, after: unknown) =>
      fields(before, after).map(({ field, effect }) => [field, effect]);
    expect(effects({ rules: [rule('a', 1)] }, { rules: [rule('a', 1), rule('b', 1)] })).toEqual([
      ['/rules/b', 'tightens'],
    ]);
    expect(effects({ rules: [rule('a', 1), rule('b', 1)] }, { rules: [rule('a', 1)] })).toEqual([
      ['/rules/b', 'loosens'],
    ]);
    expect(
      effects(
        { rules: [rule('a', 1, { on_violation: 'deny', on_missing: 'ignore' })] },
        { rules: [rule('a', 1, { on_violation: 'hold', on_missing: 'deny' })] },
      ),
    ).toEqual([
      ['/rules/a/on_violation', 'loosens'],
      ['/rules/a/on_missing', 'tightens'],
    ]);
    expect(effects({ quorum: 2 }, { quorum: 1 })).toEqual([['/quorum', 'loosens']]);
  });

  it('is one that loosens as soon as one field does, and one that tightens only if nothing else differs', () => {
    const effectOf = (before: unknown, after: unknown) =>
      overallEffect(differenceOf(policyChange(before, after)));
    expect(effectOf({ rules: [rule('a', 1), rule('b', 2)] }, { rules: [rule('a', 2), rule('b', 1)] })).toBe(
      'loosens',
    );
    expect(effectOf({ rules: [rule('a', 2)] }, { rules: [rule('a', 1)] })).toBe('tightens');
    expect(effectOf({ name: 'x', rules: [rule('a', 2)] }, { name: 'y', rules: [rule('a', 1)] })).toBe(
      'changes',
    );
  });

  it('of something new has nothing before', () => {
    expect(fields(null, { name: 'x' })).toMatchObject([{ field: '/name', before: null, after: 'x' }]);
  });
});
