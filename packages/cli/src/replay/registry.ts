// replay/registry.ts: makes in the scratch database what the data mention: agents with a key each, and the budgets of
// the budget file, those with the id `*` once for every agent or cost centre seen. Through the control plane alone.
import type { Admin, AgentCaller, BudgetInput, SystemCaller } from '@countersign/server';

import { CommandFailure, usageFailure } from '../failure.ts';
import type { ReplayRow } from './read-row.ts';

export const REPLAY_ACTOR: SystemCaller = { kind: 'system', name: 'replay' };

/** More agents or cost centres than this are surely a wrong column in the mapping. */
const SUBJECTS_MAX = 20_000;

interface BudgetTemplate {
  readonly type: 'agent' | 'cost_center';
  readonly document: BudgetDocument;
}

type BudgetDocument = Readonly<Record<string, unknown>>;

export interface Registry {
  /** Makes what these rows need and is not there yet. */
  prepare(rows: readonly ReplayRow[]): Promise<void>;
  callerOf(agentId: string): AgentCaller;
  readonly agentCount: number;
  readonly budgetCount: number;
  /** Budgets that are not made from a `*`. */
  readonly namedBudgets: readonly string[];
}

export interface RegistryOptions {
  readonly admin: Admin;
  readonly policies: readonly unknown[];
  readonly budgets: readonly unknown[];
  readonly defaultCurrency: string;
}

/** Publishes the policies and makes the budgets that do not wait for data. @returns the registry and the named policy */
export async function openRegistry(
  options: RegistryOptions,
): Promise<{ registry: Registry; policyId: string }> {
  const { admin } = options;
  let policyId: string | undefined;
  for (const document of options.policies) {
    const published = await admin.policies.publish(REPLAY_ACTOR, document);
    policyId ??= published.policyId;
    if (published.policyId !== policyId && !hasAppliesTo(document)) {
      throw usageFailure(
        `the policy \`${published.policyId}\` would never run: requests name the first policy, so the others need \`applies_to\``,
      );
    }
  }
  if (policyId === undefined) throw usageFailure('there is no policy');
  const templates: BudgetTemplate[] = [];
  const named: string[] = [];
  for (const document of options.budgets.length === 0
    ? [boundlessBudget(options.defaultCurrency)]
    : options.budgets) {
    if (typeof document !== 'object' || document === null)
      throw usageFailure('a budget must be a JSON object');
    const template = templateOf(document as BudgetDocument); // an object, and not null, as just seen
    if (template !== null) templates.push(template);
    else
      named.push(
        (await admin.budgets.create(REPLAY_ACTOR, budgetInput(document as BudgetDocument))).budgetId,
      );
  }
  return { registry: createRegistry(admin, templates, named), policyId };
}

function createRegistry(
  admin: Admin,
  templates: readonly BudgetTemplate[],
  namedBudgets: readonly string[],
): Registry {
  const keyOf = new Map<string, string>();
  const costCenters = new Set<string>();
  let budgetCount = namedBudgets.length;
  const makeBudgets = async (type: BudgetTemplate['type'], id: string): Promise<void> => {
    for (const template of templates) {
      if (template.type !== type) continue;
      budgetCount += 1;
      const { budget_id: _generated, scope: _star, ...document } = template.document;
      await admin.budgets.create(REPLAY_ACTOR, budgetInput({ ...document, scope: { type, id } }));
    }
  };
  return {
    namedBudgets,
    get agentCount() {
      return keyOf.size;
    },
    get budgetCount() {
      return budgetCount;
    },
    async prepare(rows) {
      for (const row of rows) {
        if (!keyOf.has(row.agentId)) {
          if (keyOf.size >= SUBJECTS_MAX) throw tooMany('agents');
          const team = row.facts.team;
          await admin.agents.create(REPLAY_ACTOR, {
            agentId: row.agentId,
            name: row.agentName,
            ...(team === null ? {} : { team }),
          });
          const { keyId } = await admin.keys.create(REPLAY_ACTOR, { agentId: row.agentId });
          keyOf.set(row.agentId, keyId);
          await makeBudgets('agent', row.agentId);
        }
        const costCenter = row.facts.cost_center;
        if (costCenter !== null && !costCenters.has(costCenter)) {
          if (costCenters.size >= SUBJECTS_MAX) throw tooMany('cost centres');
          costCenters.add(costCenter);
          await makeBudgets('cost_center', costCenter);
        }
      }
    },
    callerOf(agentId) {
      const keyId = keyOf.get(agentId);
      if (keyId === undefined) throw new Error(`the agent ${agentId} was not prepared`);
      return { kind: 'agent', agentId, keyId };
    },
  };
}

function tooMany(what: string): CommandFailure {
  return new CommandFailure(`the data have more than ${SUBJECTS_MAX} ${what}: map a column that names fewer`);
}

/** Without a budget file the rules alone are asked: one budget that nothing exceeds. */
function boundlessBudget(currency: string): BudgetDocument {
  const limit = '999999999999999';
  return {
    budget_id: 'without_limit',
    name: 'Without limit',
    scope: { type: 'organisation' },
    period: 'lifetime',
    currency,
    limit,
  };
}

function templateOf(document: BudgetDocument): BudgetTemplate | null {
  const scope = document['scope'];
  if (typeof scope !== 'object' || scope === null || !('id' in scope) || scope.id !== '*') return null;
  const type = 'type' in scope ? scope.type : undefined;
  if (type === 'organisation') return null;
  if (type === 'agent' || type === 'cost_center') return { type, document };
  throw usageFailure('a budget with the id `*` must have the scope type `agent` or `cost_center`');
}

const BUDGET_FIELDS = [
  'budget_id',
  'name',
  'scope',
  'period',
  'starts_at',
  'ends_at',
  'currency',
  'limit',
  'time_zone',
];

/** The body of POST /v1/budgets; what is in its fields is checked by the control plane. */
function budgetInput(document: BudgetDocument): BudgetInput {
  const unknown = Object.keys(document).find((field) => !BUDGET_FIELDS.includes(field));
  if (unknown !== undefined)
    throw usageFailure(`a budget has no field \`${unknown}\` (known: ${BUDGET_FIELDS.join(', ')})`);
  const text = (field: string): string => {
    const value = document[field];
    if (typeof value === 'string') return value;
    throw usageFailure(`a budget needs \`${field}\` as a text`);
  };
  const optional = (field: string): string | undefined =>
    document[field] === undefined ? undefined : text(field);
  const limit = document['limit'];
  if (typeof limit !== 'string' && typeof limit !== 'number')
    throw usageFailure('a budget needs `limit` as a text or a number');
  return {
    budgetId: optional('budget_id'),
    name: text('name'),
    scope: scopeInput(document['scope']),
    period: text('period'),
    startsAt: optional('starts_at'),
    endsAt: optional('ends_at'),
    currency: text('currency'),
    limit,
    timeZone: optional('time_zone'),
  };
}

function scopeInput(scope: unknown): BudgetInput['scope'] {
  const one = (value: unknown): { type: string; id?: string } => {
    if (typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string') {
      const id = 'id' in value && typeof value.id === 'string' ? { id: value.id } : {};
      return { type: value.type, ...id };
    }
    throw usageFailure('a budget needs `scope` as {type, id}, or a list of them');
  };
  return Array.isArray(scope) ? scope.map(one) : one(scope);
}

function hasAppliesTo(document: unknown): boolean {
  return typeof document === 'object' && document !== null && 'applies_to' in document;
}
