// http/resources/suppliers.ts: the registry of suppliers, and the questions that people put to it.
import { operations } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';

import type { SupplierView } from '../../admin/suppliers.ts';
import { relateParties } from '../../suppliers/relate-parties.ts';
import { resolveSupplier } from '../../suppliers/resolve-supplier.ts';
import { actorOf, changeOptions } from '../change.ts';
import type { HttpContext } from '../context.ts';
import { serve } from '../route.ts';
import { fromWire, toWire } from '../wire.ts';

/** A CSV of as many rows as an import takes. */
const IMPORT_BYTES_MAX = 8_388_608;

export function registerSuppliers(app: FastifyInstance, { admin, configuration }: HttpContext): void {
  const { suppliers } = admin;
  serve(app, operations.putSupplier, async (call) =>
    present(
      await suppliers.put(actorOf(call.request), call.params.supplier_id, call.body, changeOptions(call)),
    ),
  );
  serve(
    app,
    operations.importSuppliers,
    async (call) => suppliers.import(actorOf(call.request), call.body.csv, changeOptions(call)),
    { bodyBytesMax: IMPORT_BYTES_MAX },
  );
  serve(app, operations.exportSuppliers, async ({ reply }) => {
    reply.header('content-type', 'text/csv; charset=utf-8');
    return suppliers.export();
  });
  serve(app, operations.listSuppliers, async ({ query }) => {
    const { items, nextCursor } = await suppliers.list(fromWire(query));
    return { data: items.map(present), next_cursor: nextCursor };
  });
  serve(app, operations.getSupplier, async ({ params, query }) =>
    present(await suppliers.get(params.supplier_id, query.version)),
  );
  serve(app, operations.resolveSuppliers, async ({ body }) => {
    const index = (await configuration.fresh()).suppliers;
    await index.prepareNames();
    return { results: body.names.map((name) => toWire(resolveSupplier(index, name))) };
  });
  serve(app, operations.relateSuppliers, async ({ body }) => ({
    results: body.pairs.map(([one, other]) => {
      if (one === undefined || other === undefined) throw new Error('a pair has two, as its schema says');
      return relateParties(one, other);
    }),
  }));
}

/** The document's names are those of the wire already; its metadata is the caller's. */
function present({ document, ...summary }: SupplierView): object {
  return { ...(toWire(summary) as object), ...document };
}
