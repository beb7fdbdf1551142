// http/resources/record.ts: the log, for C2SP tlog-tiles clients and as JSON. Full tiles never change and may be kept
// for ever; the checkpoint always changes.
import { type Tile, parseTilePath } from '@countersign/audit';
import { operations } from '@countersign/contract';
import type { FastifyInstance, FastifyReply } from 'fastify';

import type { HttpContext } from '../context.ts';
import { invalidField, notFound } from '../problem.ts';
import { serve } from '../route.ts';
import { toWire } from '../wire.ts';

const TILE_WIDTH = 256;
const FOR_EVER = 'public, max-age=31536000, immutable';

export function registerRecord(app: FastifyInstance, { record, settings }: HttpContext): void {
  serve(app, operations.getCheckpoint, async ({ reply }) => {
    const { note } = await record.checkpoint();
    return reply.header('cache-control', 'no-cache').type('text/plain; charset=utf-8').send(note);
  });
  serve(
    app,
    operations.getEntriesTile,
    async ({ params, reply }) => {
      const parsed = parseTilePath(`tile/entries/${params.index}`);
      if (parsed?.kind !== 'entries') throw notFound('There is no such bundle.');
      const bytes = await record.entryBundle(parsed);
      return sendTile(reply, bytes, parsed.width, settings.publicLog);
    },
    settings.publicLog ? { allow: ['public'] } : {},
  );
  serve(app, operations.getTile, async ({ params, reply }) => {
    const parsed = parseTilePath(`tile/${params.level}/${params.index}`);
    if (parsed?.kind !== 'tile') throw notFound('There is no such tile.');
    return sendTile(reply, await record.tile(parsed), parsed.width, true);
  });
  serve(app, operations.getLogKey, async () => ({ verifier_key: record.verifierKey() }));
  serve(app, operations.listLogEntries, async ({ query }) => {
    const { start = 0, limit = 100 } = query;
    const [{ size }, data] = await Promise.all([record.checkpoint(), record.entries(start, limit)]);
    const next = start + data.length;
    return { data, size, next_start: data.length > 0 && next < size ? next : null };
  });
  serve(app, operations.getInclusionProof, async ({ query }) => {
    const { leaf_index, entry_id, size } = query;
    if ((leaf_index === undefined) === (entry_id === undefined)) {
      const message = 'Give either `leaf_index` or `entry_id`.';
      throw invalidField('invalid', { field: 'leaf_index', code: 'missing_field', message });
    }
    const wanted = leaf_index === undefined ? { entryId: BigInt(entry_id ?? 0) } : { leafIndex: leaf_index };
    const proof = await record.inclusionProof(size === undefined ? wanted : { ...wanted, size });
    if (proof === undefined) throw notFound('There is no such entry in a signed tree of that size.');
    return toWire(proof);
  });
  serve(app, operations.getConsistencyProof, async ({ query }) => {
    const { from, to } = query;
    const proof = await record.consistencyProof(from, to);
    if (proof === undefined)
      throw notFound('There are no signed trees of these sizes, the smaller one first.');
    return toWire(proof);
  });
}

function sendTile(
  reply: FastifyReply,
  bytes: Buffer | undefined,
  width: Tile['width'],
  isPublic: boolean,
): FastifyReply {
  if (bytes === undefined) throw notFound('There is no such tile in the signed tree.');
  const cache = width === TILE_WIDTH ? FOR_EVER : 'public, max-age=60';
  return reply
    .header('cache-control', isPublic ? cache : cache.replace('public', 'private'))
    .type('application/octet-stream')
    .send(bytes);
}
