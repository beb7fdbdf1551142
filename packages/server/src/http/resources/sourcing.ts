// http/resources/sourcing.ts: sourcing policies, tenders, framework agreements and waivers. Documents go through as they
// came: their readers check them.
import { operations } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';

import type { SourcingVersion, VersionedRecords } from '../../admin/sourcing.ts';
import type { WaiverView } from '../../admin/waivers.ts';
import { actorOf, changeOptions } from '../change.ts';
import type { HttpContext } from '../context.ts';
import { serve } from '../route.ts';
import { toWire } from '../wire.ts';

export function registerSourcing(app: FastifyInstance, { admin }: HttpContext): void {
  const { policies, tenders, frameworks } = admin.sourcing;
  serve(app, operations.putSourcingPolicy, async (call) => {
    const { sourcing_policy_id: id } = call.params;
    return present(
      'sourcing_policy_id',
      await policies.put(actorOf(call.request), id, call.body, changeOptions(call)),
    );
  });
  serve(app, operations.listSourcingPolicies, ({ query }) => listed('sourcing_policy_id', policies, query));
  serve(app, operations.getSourcingPolicy, async ({ params, query }) =>
    present('sourcing_policy_id', await policies.get(params.sourcing_policy_id, query.version)),
  );
  serve(app, operations.putTender, async (call) => {
    const { tender_reference: id } = call.params;
    return present(
      'tender_reference',
      await tenders.put(actorOf(call.request), id, call.body, changeOptions(call)),
    );
  });
  serve(app, operations.listTenders, ({ query }) => listed('tender_reference', tenders, query));
  serve(app, operations.getTender, async ({ params, query }) =>
    present('tender_reference', await tenders.get(params.tender_reference, query.version)),
  );
  serve(app, operations.putFramework, async (call) => {
    const { framework_id: id } = call.params;
    return present(
      'framework_id',
      await frameworks.put(actorOf(call.request), id, call.body, changeOptions(call)),
    );
  });
  serve(app, operations.listFrameworks, ({ query }) => listed('framework_id', frameworks, query));
  serve(app, operations.getFramework, async ({ params, query }) =>
    present('framework_id', await frameworks.get(params.framework_id, query.version)),
  );
  registerWaivers(app, admin.waivers);
}

function registerWaivers(app: FastifyInstance, waivers: HttpContext['admin']['waivers']): void {
  serve(app, operations.requestWaiver, async (call) =>
    presentWaiver(await waivers.request(actorOf(call.request), call.body, changeOptions(call))),
  );
  serve(app, operations.listWaivers, async ({ query }) => {
    const { items, nextCursor } = await waivers.list(query);
    return { data: items.map(presentWaiver), next_cursor: nextCursor };
  });
  serve(app, operations.getWaiver, async ({ params }) => presentWaiver(await waivers.get(params.waiver_id)));
  serve(app, operations.approveWaiver, async (call) =>
    presentWaiver(await waivers.approve(actorOf(call.request), call.params.waiver_id, changeOptions(call))),
  );
  serve(app, operations.rejectWaiver, async (call) =>
    presentWaiver(await waivers.reject(actorOf(call.request), call.params.waiver_id, changeOptions(call))),
  );
  serve(app, operations.revokeWaiver, async (call) =>
    presentWaiver(await waivers.revoke(actorOf(call.request), call.params.waiver_id, changeOptions(call))),
  );
}

async function listed(
  idName: string,
  records: VersionedRecords,
  query: Parameters<VersionedRecords['list']>[0],
): Promise<object> {
  const { items, nextCursor } = await records.list(query);
  return { data: items.map((item) => present(idName, item)), next_cursor: nextCursor };
}

/** The document as it was accepted, and what was added to it. */
function present(idName: string, { id, document, ...added }: SourcingVersion): object {
  return { [idName]: id, ...document, ...(toWire(added) as object) };
}

function presentWaiver({ document, ...added }: WaiverView): object {
  return { ...document, ...(toWire(added) as object) };
}
