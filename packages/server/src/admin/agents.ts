// admin/agents.ts: agents: the software buyers, their status and what they are bound to.
// An agent's id is never given to another agent or principal: it names one buyer for ever in the record.
import { findAgent } from '../ledger/find-agent.ts';
import { findLegalEntity } from '../ledger/find-legal-entity.ts';
import { findPolicyVersion } from '../ledger/find-policy-version.ts';
import { findPrincipal } from '../ledger/find-principal.ts';
import { insertAgent, type StoredAgentRow, type StoredBindings } from '../ledger/insert-agent.ts';
import { listAgents } from '../ledger/list-agents.ts';
import { updateAgent } from '../ledger/update-agent.ts';
import type { Json } from '../record/recorder.ts';
import { alreadyExists, invalid, notFound, unknownReference } from './admin-error.ts';
import {
  type Actor,
  type AdminContext,
  applyChange,
  type ChangeOptions,
  type ChangeStep,
  firstRow,
  readRows,
} from './apply-change.ts';
import {
  checkedId,
  checkedList,
  checkedName,
  checkedOwner,
  checkedReason,
  checkedReference,
} from './checked-input.ts';
import { type Page, type PageQuery, pageOf, pageWindow } from './page.ts';
import { ownerSnapshot, personal, type Snapshot } from './personal-text.ts';

/** Where a list is set, the agent may name nothing else; a default stands in for what it does not name. */
export interface AgentBindingsInput {
  readonly policies?: readonly string[] | undefined;
  readonly costCenters?: readonly string[] | undefined;
  readonly projects?: readonly string[] | undefined;
  readonly defaultPolicy?: string | undefined;
  readonly defaultCostCenter?: string | undefined;
  readonly defaultProject?: string | undefined;
}

export interface AgentInput {
  readonly agentId: string;
  readonly name: string;
  readonly team?: string | null | undefined;
  /** Rows of the authority matrix may be for a role. */
  readonly role?: string | null | undefined;
  /** A principal's id or e-mail address; that person may not sign this agent's requests. */
  readonly owner?: string | null | undefined;
  /** Default: the default legal entity. */
  readonly entityId?: string | null | undefined;
  readonly bindings?: AgentBindingsInput | undefined;
}

/** What is absent stays as it is; null removes it; bindings are replaced as a whole. */
export type AgentUpdate = Partial<Omit<AgentInput, 'agentId'>>;

export interface AgentView {
  readonly agentId: string;
  readonly name: string;
  readonly team: string | null;
  readonly role: string | null;
  readonly owner: string | null;
  readonly entityId: string | null;
  readonly status: 'active' | 'suspended';
  readonly bindings: AgentBindingsInput;
  readonly createdAt: string;
}

export interface AgentQuery extends PageQuery {
  readonly team?: string | undefined;
  readonly status?: 'active' | 'suspended' | undefined;
}

export interface Agents {
  create(actor: Actor, input: AgentInput, options?: ChangeOptions): Promise<AgentView>;
  update(actor: Actor, agentId: string, input: AgentUpdate, options?: ChangeOptions): Promise<AgentView>;
  /** Stops every decision for it that starts after this is acknowledged. Suspending twice changes nothing. */
  suspend(actor: Actor, agentId: string, reason?: string | null, options?: ChangeOptions): Promise<AgentView>;
  resume(actor: Actor, agentId: string, options?: ChangeOptions): Promise<AgentView>;
  get(agentId: string): Promise<AgentView>;
  list(query?: AgentQuery): Promise<Page<AgentView>>;
}

export function createAgents(context: AdminContext): Agents {
  return {
    create: (actor, input, options) => createAgent(context, actor, input, options),
    update: (actor, agentId, input, options) => changeAgent(context, actor, agentId, input, options),
    suspend: (actor, agentId, reason, options) =>
      setStatus(context, actor, { agentId, status: 'suspended', reason: reason ?? null }, options),
    resume: (actor, agentId, options) =>
      setStatus(context, actor, { agentId, status: 'active', reason: null }, options),
    async get(agentId) {
      const [row] = await readRows<StoredAgentRow>(context.pool, findAgent(agentId));
      if (row === undefined) throw notFound('agent', agentId);
      return viewOf(row);
    },
    async list({ team = null, status = null, ...page } = {}) {
      const window = pageWindow(page);
      const rows = await readRows<StoredAgentRow>(context.pool, listAgents({ ...window, team, status }));
      return pageOf(rows, window, (row) => row.agent_id, viewOf);
    },
  };
}

async function createAgent(
  context: AdminContext,
  actor: Actor,
  input: AgentInput,
  options: ChangeOptions | undefined,
): Promise<AgentView> {
  const agentId = checkedId('/agent_id', input.agentId);
  const fields = checkedFields(input);
  const name = checkedName('/name', input.name);
  return applyChange(context, { actor, operation: 'agents.create', options }, async (step) => {
    await refuseUsedId(step, agentId);
    await refuseUnknownReferences(step, fields.entity_id ?? null, fields.bindings);
    const row: StoredAgentRow = {
      agent_id: agentId,
      name,
      team: fields.team ?? null,
      role: fields.role ?? null,
      owner: fields.owner ?? null,
      entity_id: fields.entity_id ?? null,
      status: 'active',
      bindings: fields.bindings ?? {},
      created_at: step.at,
      entry_id: step.entryId,
    };
    await step.tx.query(insertAgent(row));
    await step.record({ type: 'agent.created', subjectId: agentId, before: null, after: snapshotOf(row) });
    return viewOf(row);
  });
}

async function changeAgent(
  context: AdminContext,
  actor: Actor,
  agentId: string,
  input: AgentUpdate,
  options: ChangeOptions | undefined,
): Promise<AgentView> {
  const fields = checkedFields(input);
  const name = input.name === undefined ? {} : { name: checkedName('/name', input.name) };
  return applyChange(context, { actor, operation: `agents.update/${agentId}`, options }, async (step) => {
    const before = await foundAgent(step, agentId);
    await refuseUnknownReferences(step, fields.entity_id ?? null, fields.bindings);
    return store(step, 'agent.updated', before, { ...before, ...name, ...fields });
  });
}

async function setStatus(
  context: AdminContext,
  actor: Actor,
  { agentId, status, reason }: { agentId: string; status: 'active' | 'suspended'; reason: string | null },
  options: ChangeOptions | undefined,
): Promise<AgentView> {
  const stated = reason === null ? null : checkedReason('/reason', reason);
  const isSuspension = status === 'suspended';
  const operation = `agents.${isSuspension ? 'suspend' : 'resume'}/${agentId}`;
  return applyChange(context, { actor, operation, options }, async (step) => {
    const before = await foundAgent(step, agentId);
    const type = isSuspension ? 'agent.suspended' : 'agent.resumed';
    return store(step, type, before, { ...before, status }, { reason: personal(stated) });
  });
}

/** Writes the row and its entry, or neither where the row is as it was. */
async function store(
  step: ChangeStep,
  type: string,
  before: StoredAgentRow,
  changed: StoredAgentRow,
  more: Snapshot = {},
): Promise<AgentView> {
  const [former, latter] = [snapshotOf(before), snapshotOf(changed)];
  if (isSame(former, latter)) return viewOf(before);
  const row = { ...changed, entry_id: step.entryId };
  await step.tx.query(updateAgent(row));
  const after = { ...latter, ...more };
  const undo = type === 'agent.updated' ? { undo: bodyOf(before) } : {};
  await step.record({ type, subjectId: row.agent_id, before: former, after, ...undo });
  return viewOf(row);
}

/** What, sent as an update, makes the agent this one again. */
function bodyOf({ name, team, role, owner, entity_id, bindings }: StoredAgentRow): object {
  return { name, team, role, owner, entity_id, bindings };
}

function isSame(former: Snapshot, latter: Snapshot): boolean {
  return JSON.stringify(former) === JSON.stringify(latter);
}

async function foundAgent(step: ChangeStep, agentId: string): Promise<StoredAgentRow> {
  const row = await firstRow<StoredAgentRow>(step.tx, findAgent(agentId));
  if (row === null) throw notFound('agent', agentId);
  return row;
}

/** One name space for agents and principals: idempotency keys and the record know both by their id alone. */
async function refuseUsedId(step: ChangeStep, agentId: string): Promise<void> {
  if ((await firstRow(step.tx, findAgent(agentId))) !== null)
    throw alreadyExists('/agent_id', 'agent', agentId);
  if ((await firstRow(step.tx, findPrincipal(agentId))) !== null)
    throw alreadyExists('/agent_id', 'principal', agentId);
}

async function refuseUnknownReferences(
  step: ChangeStep,
  entityId: string | null,
  bindings: StoredBindings | undefined,
): Promise<void> {
  if (entityId !== null && (await firstRow(step.tx, findLegalEntity(entityId))) === null) {
    throw unknownReference('/entity_id', 'legal entity', entityId);
  }
  const policies = new Set(bindings?.policies ?? []);
  if (bindings?.default_policy !== undefined) policies.add(bindings.default_policy);
  for (const policyId of policies) {
    if ((await firstRow(step.tx, findPolicyVersion({ policyId, version: null }))) === null) {
      throw unknownReference('/bindings/policies', 'policy', policyId);
    }
  }
}

type CheckedFields = Partial<Pick<StoredAgentRow, 'team' | 'role' | 'owner' | 'entity_id' | 'bindings'>>;

function checkedFields({ team, role, owner, entityId, bindings }: AgentUpdate): CheckedFields {
  return {
    ...(team === undefined ? {} : { team: team === null ? null : checkedId('/team', team) }),
    ...(role === undefined ? {} : { role: role === null ? null : checkedId('/role', role) }),
    ...(owner === undefined ? {} : { owner: owner === null ? null : checkedOwner('/owner', owner) }),
    ...(entityId === undefined
      ? {}
      : { entity_id: entityId === null ? null : checkedId('/entity_id', entityId) }),
    ...(bindings === undefined ? {} : { bindings: checkedBindings(bindings) }),
  };
}

function checkedBindings(input: AgentBindingsInput): StoredBindings {
  const policies = input.policies && checkedList('/bindings/policies', input.policies, checkedId);
  const costCenters =
    input.costCenters && checkedList('/bindings/cost_centers', input.costCenters, checkedReference);
  const projects = input.projects && checkedList('/bindings/projects', input.projects, checkedReference);
  const { defaultPolicy, defaultCostCenter, defaultProject } = input;
  refuseStrayDefault('policy', 'policies', defaultPolicy, policies);
  refuseStrayDefault('cost_center', 'cost_centers', defaultCostCenter, costCenters);
  refuseStrayDefault('project', 'projects', defaultProject, projects);
  return {
    ...(policies && { policies }),
    ...(costCenters && { cost_centers: costCenters }),
    ...(projects && { projects }),
    ...(defaultPolicy !== undefined && {
      default_policy: checkedId('/bindings/default_policy', defaultPolicy),
    }),
    ...(defaultCostCenter !== undefined && {
      default_cost_center: checkedReference('/bindings/default_cost_center', defaultCostCenter),
    }),
    ...(defaultProject !== undefined && {
      default_project: checkedReference('/bindings/default_project', defaultProject),
    }),
  };
}

function refuseStrayDefault(
  name: string,
  listName: string,
  value: string | undefined,
  list: readonly string[] | undefined,
): void {
  if (value === undefined || list === undefined || list.includes(value)) return;
  throw invalid(`/bindings/default_${name}`, `the default is not in \`${listName}\``, 'default_not_bound');
}

function snapshotOf(row: StoredAgentRow): Snapshot {
  return {
    bindings: Object.keys(row.bindings).length === 0 ? null : (row.bindings as Json), // texts and lists of texts
    entity_id: row.entity_id,
    name: personal(row.name),
    owner: ownerSnapshot(row.owner),
    role: row.role,
    status: row.status,
    team: row.team,
  };
}

function viewOf(row: StoredAgentRow): AgentView {
  const { policies, cost_centers, projects, default_policy, default_cost_center, default_project } =
    row.bindings;
  return {
    agentId: row.agent_id,
    name: row.name,
    team: row.team,
    role: row.role,
    owner: row.owner,
    entityId: row.entity_id,
    status: row.status,
    bindings: {
      ...(policies && { policies }),
      ...(cost_centers && { costCenters: cost_centers }),
      ...(projects && { projects }),
      ...(default_policy !== undefined && { defaultPolicy: default_policy }),
      ...(default_cost_center !== undefined && { defaultCostCenter: default_cost_center }),
      ...(default_project !== undefined && { defaultProject: default_project }),
    },
    createdAt: row.created_at.toISOString(),
  };
}
