// http/resources/authority-matrix.ts: publishing, reading and exporting the authority matrix. The document goes through as it
// came: its reader checks it.
import { operations } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';

import type { AuthorityMatrixView } from '../../admin/authority-matrix.ts';
import { writeMatrixRows, writeMatrixTiers } from '../../admin/authority-matrix-csv.ts';
import { actorOf, changeOptions } from '../change.ts';
import type { HttpContext } from '../context.ts';
import { serve } from '../route.ts';
import { pageToWire, toWire } from '../wire.ts';

export function registerAuthorityMatrix(app: FastifyInstance, { admin }: HttpContext): void {
  const { authorityMatrices } = admin;
  serve(app, operations.publishAuthorityMatrix, async (call) =>
    present(await authorityMatrices.publish(actorOf(call.request), call.body, changeOptions(call))),
  );
  serve(app, operations.getAuthorityMatrix, async ({ query, reply }) => {
    const view = await authorityMatrices.get(query.version);
    if (query.format === undefined || query.format === 'json') return present(view);
    reply.header('content-type', 'text/csv; charset=utf-8');
    return query.format === 'rows_csv' ? writeMatrixRows(view.rows) : writeMatrixTiers(view.tiers);
  });
  serve(app, operations.listAuthorityMatrices, async ({ query }) =>
    pageToWire(await authorityMatrices.list(query)),
  );
}

/** Rows and tiers as they were accepted. */
function present({ rows, tiers, ...summary }: AuthorityMatrixView): object {
  return { ...(toWire(summary) as object), rows, tiers };
}
