// admin/budget-scope.ts: what a budget covers: a set of dimensions that must all fit.
// The stored order puts the narrowest dimension first, because the gate finds a purchase's budgets by the first one.
import { findAgent } from '../ledger/find-agent.ts';
import { findLegalEntity } from '../ledger/find-legal-entity.ts';
import { findPolicyVersion } from '../ledger/find-policy-version.ts';
import { findProgramme } from '../ledger/find-programme.ts';
import type { StoredBudgetRow } from '../ledger/insert-budget.ts';
import { invalid, unknownReference } from './admin-error.ts';
import { type ChangeStep, firstRow } from './apply-change.ts';
import { checkedId, checkedReference } from './checked-input.ts';

const SCOPE_TYPES = [
  'agent',
  'mandate',
  'project',
  'programme',
  'cost_center',
  'policy',
  'team',
  'entity',
  'organisation',
] as const;

export type BudgetScopeType = (typeof SCOPE_TYPES)[number];

/** `organisation` takes no id (or `*`): one deployment is one organisation. */
export interface BudgetScopeInput {
  readonly type: string;
  readonly id?: string | undefined;
}

export interface BudgetDimension {
  readonly type: BudgetScopeType;
  readonly id: string;
}

const ORGANISATION_ID = '*';

/** One dimension or several, each at most once. */
export function checkedScope(input: BudgetScopeInput | readonly BudgetScopeInput[]): BudgetDimension[] {
  const isList = isScopeList(input);
  const given = isList ? input : [input];
  if (given.length === 0) throw invalid('/scope', 'a budget covers at least one dimension', 'empty_list');
  const dimensions = given.map((entry, index) =>
    checkedDimension(isList ? `/scope/${index}` : '/scope', entry),
  );
  const repeated = dimensions.findIndex(({ type }, index) =>
    dimensions.slice(0, index).some((one) => one.type === type),
  );
  if (repeated !== -1) {
    throw invalid(`/scope/${repeated}/type`, 'each dimension may be named once', 'duplicate_dimension');
  }
  return dimensions.sort((left, right) => SCOPE_TYPES.indexOf(left.type) - SCOPE_TYPES.indexOf(right.type));
}

/**
 * A misspelt id would make a budget that limits nobody. Mandates and names that only agents use cannot be looked up; a
 * programme is there once a project is part of it.
 */
export async function refuseUnknownScope(step: ChangeStep, scope: readonly BudgetDimension[]): Promise<void> {
  for (const { type, id } of scope) {
    const lookup =
      type === 'agent'
        ? findAgent(id)
        : type === 'policy'
          ? findPolicyVersion({ policyId: id, version: null })
          : type === 'entity'
            ? findLegalEntity(id)
            : type === 'programme'
              ? findProgramme(id)
              : null;
    if (lookup !== null && (await firstRow(step.tx, lookup)) === null) {
      throw unknownReference('/scope', type === 'entity' ? 'legal entity' : type, id);
    }
  }
}

export function scopeOf(row: StoredBudgetRow): BudgetDimension[] {
  return row.scope as BudgetDimension[]; // stored by checkedScope alone
}

function isScopeList(
  input: BudgetScopeInput | readonly BudgetScopeInput[],
): input is readonly BudgetScopeInput[] {
  return Array.isArray(input);
}

function checkedDimension(field: string, { type: typeText, id }: BudgetScopeInput): BudgetDimension {
  const type = SCOPE_TYPES.find((candidate) => candidate === typeText);
  if (type === undefined) {
    const known = SCOPE_TYPES.map((candidate) => `\`${candidate}\``).join(', ');
    throw invalid(`${field}/type`, `a scope is one of ${known}`, 'unknown_choice');
  }
  if (type === 'organisation') {
    if (id === undefined || id === ORGANISATION_ID) return { type, id: ORGANISATION_ID };
    throw invalid(`${field}/id`, 'the organisation has no id: leave it out', 'invalid_id');
  }
  if (id === undefined)
    throw invalid(`${field}/id`, `a scope of type \`${type}\` needs an id`, 'missing_field');
  const isNamedByAgents = type === 'cost_center' || type === 'project';
  return { type, id: isNamedByAgents ? checkedReference(`${field}/id`, id) : checkedId(`${field}/id`, id) };
}
