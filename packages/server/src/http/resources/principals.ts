// http/resources/principals.ts: people and services with roles, each role a collection of the same principals.
import { operations } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';

import { AdminError } from '../../admin/admin-error.ts';
import type { PrincipalInput, PrincipalView } from '../../admin/principals.ts';
import type { Role } from '../../record/caller.ts';
import { rolesOf } from '../authenticate.ts';
import { actorOf, changeOptions } from '../change.ts';
import type { HttpContext } from '../context.ts';
import { type Call, callerOf, serve } from '../route.ts';
import { pageToWire, toWire } from '../wire.ts';
import { paramOf } from './agents.ts';

const COLLECTIONS = [
  {
    role: 'operator',
    idField: 'operator_id',
    create: operations.createOperator,
    createKey: operations.createOperatorKey,
    listKeys: operations.listOperatorKeys,
  },
  {
    role: 'approver',
    idField: 'approver_id',
    create: operations.createApprover,
    createKey: operations.createApproverKey,
    listKeys: operations.listApproverKeys,
  },
  {
    role: 'budget_owner',
    idField: 'budget_owner_id',
    create: operations.createBudgetOwner,
    createKey: operations.createBudgetOwnerKey,
    listKeys: operations.listBudgetOwnerKeys,
  },
  {
    role: 'auditor',
    idField: 'auditor_id',
    create: operations.createAuditor,
    createKey: operations.createAuditorKey,
    listKeys: operations.listAuditorKeys,
  },
] as const satisfies readonly {
  role: Role;
  idField: string;
  create: object;
  createKey: object;
  listKeys: object;
}[];

type CreateCall = Pick<
  Call<typeof operations.createOperator>,
  'request' | 'reply' | 'idempotency' | 'control'
>;

export function registerPrincipals(app: FastifyInstance, { admin }: HttpContext): void {
  const { principals, keys } = admin;
  for (const { role, idField, create, createKey, listKeys } of COLLECTIONS) {
    serve(app, create, async (call) => {
      const { name, email, kind } = call.body as { name: string; email?: string; kind?: 'human' | 'service' }; // as checked
      const principalId = paramOf(call.body, idField);
      const view = await createOrExtend(admin, role, { principalId, name, email, kind, roles: [role] }, call);
      return { [idField]: view.principalId, ...(toWire(view) as object) };
    });
    serve(app, createKey, async (call) => {
      const holder = { principalId: paramOf(call.params, idField), role };
      return toWire(await keys.create(actorOf(call.request), holder, changeOptions(call)));
    });
    serve(app, listKeys, async ({ params, query }) => {
      const principalId = paramOf(params, idField);
      await principals.get(principalId, role);
      return pageToWire(await keys.list({ ...query, principalId }));
    });
  }
  serve(app, operations.listPrincipals, async ({ query }) => pageToWire(await principals.list(query)));
  serve(app, operations.getPrincipal, async ({ params }) =>
    toWire(await principals.get(params.principal_id)),
  );
  serve(app, operations.disablePrincipal, async (call) => {
    const { principal_id } = call.params;
    const reason = call.body.reason ?? null;
    return toWire(await principals.disable(actorOf(call.request), principal_id, reason, changeOptions(call)));
  });
  serve(app, operations.whoAmI, async ({ request }) => {
    const caller = callerOf(request);
    const id = caller.kind === 'agent' ? caller.agentId : caller.principalId;
    return { kind: caller.kind, id, roles: rolesOf(caller), key_id: caller.keyId };
  });
}

/** One person is one principal: whoever is known already, under the same e-mail address, gets the role besides. */
async function createOrExtend(
  { principals }: HttpContext['admin'],
  role: Role,
  input: PrincipalInput,
  call: CreateCall,
): Promise<PrincipalView> {
  const actor = actorOf(call.request);
  const options = changeOptions(call);
  try {
    return await principals.create(actor, input, options);
  } catch (error) {
    if (!(error instanceof AdminError) || error.code !== 'already_exists') throw error;
    const known = await principals.get(input.principalId).catch(() => null);
    const isSamePerson = known !== null && (input.email === undefined || input.email === known.email);
    if (!isSamePerson || known.roles.includes(role) || known.status === 'disabled') throw error;
    return principals.addRole(actor, input.principalId, role, options);
  }
}
