// blocked-categories.ts: nothing in these categories. Clause: AG-642 4.3 (category-specific rules). All action
// types, all stages. A category is blocked when it is exactly a listed one; letter case and spaces around it
// make no difference. Missing evidence: no category.
import { ParameterReader } from '../policy/parameter-reader.ts';
import type { RuleControl } from '../policy/rule.ts';

export const blockedCategories: RuleControl = {
  ruleType: 'blocked_categories',
  stages: ['request', 'execution', 'authorization'],
  clause: 'AG-642 4.3',
  compile(parameters, pointer) {
    const reader = new ParameterReader(parameters, pointer);
    const categories = reader.textList('categories');
    return reader.finish(() => {
      const blocked = new Set(categories.map(foldCategory));
      const limit =
        blocked.size === 1 ? 'not the 1 blocked category' : `none of ${blocked.size} blocked categories`;
      return {
        evaluate(action) {
          const category = action.category === null ? '' : foldCategory(action.category);
          if (action.category === null || category === '') {
            return {
              kind: 'missing',
              evidence: 'metadata.category',
              message: 'No category is given, and some categories are blocked.',
            };
          }
          const observed = action.category;
          if (!blocked.has(category)) return { kind: 'pass', observed, limit };
          return {
            kind: 'violation',
            reasonCode: 'blocked_category',
            message: `The category \`${action.category}\` is blocked.`,
            observed,
            limit,
            nextStep:
              'Do not submit it again under another category: ask an operator whether this is allowed at all.',
          };
        },
      };
    });
  },
};

/** Compatibility forms (full-width letters and their kind) count as the letters they stand for. */
function foldCategory(category: string): string {
  return category.normalize('NFKC').trim().toLowerCase();
}
