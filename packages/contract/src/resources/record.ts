// resources/record.ts: the tamper-evident log: C2SP tlog-tiles for any third-party client, and JSON for the rest.
import { Type } from 'typebox';

import { EVERY_ROLE, operation } from '../operation.ts';
import { closed, nullable, text } from '../scalars.ts';

const Index = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const tag = 'Record';

export const recordOperations = {
  getCheckpoint: operation({
    operationId: 'getCheckpoint',
    method: 'GET',
    path: '/log/checkpoint',
    tag,
    summary: 'The latest signed checkpoint',
    description: 'A C2SP tlog-checkpoint: a signed note over the size and the root of the tree.',
    allow: ['public'],
    status: 200,
    responseMedia: ['text/plain'],
  }),
  getEntriesTile: operation({
    operationId: 'getEntriesTile',
    method: 'GET',
    path: '/log/tile/entries/{index}',
    tag,
    summary: 'A bundle of entries',
    description:
      'C2SP tlog-tiles: `index` as `x001/067`, with `.p/<width>` for a partial bundle. Entries show every purchase, so an auditor’s or operator’s key is needed unless the installation makes its log public.',
    allow: ['operator', 'auditor'],
    params: Type.Object({ index: text(64, 'As in C2SP tlog-tiles; it contains slashes.') }),
    status: 200,
    responseMedia: ['application/octet-stream'],
  }),
  getTile: operation({
    operationId: 'getTile',
    method: 'GET',
    path: '/log/tile/{level}/{index}',
    tag,
    summary: 'A tile of hashes',
    description: 'C2SP tlog-tiles: `index` as `x001/067`, with `.p/<width>` for a partial tile.',
    allow: ['public'],
    params: Type.Object({
      level: text(2, 'Level of the tile.'),
      index: text(64, 'As in C2SP tlog-tiles; it contains slashes.'),
    }),
    status: 200,
    responseMedia: ['application/octet-stream'],
  }),
  getLogKey: operation({
    operationId: 'getLogKey',
    method: 'GET',
    path: '/v1/log/key',
    tag,
    summary: 'The log’s verifier key',
    description: 'In signed-note form: `<origin>+<key id>+<base64 key>`.',
    allow: ['public'],
    status: 200,
    response: Type.Object({ verifier_key: Type.String() }, { title: 'LogKey' }),
  }),
  listLogEntries: operation({
    operationId: 'listLogEntries',
    method: 'GET',
    path: '/v1/log/entries',
    tag,
    summary: 'Entries in the order of the log',
    allow: ['operator', 'auditor'],
    query: Type.Object(
      {
        start: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 })),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
      },
      closed,
    ),
    status: 200,
    response: Type.Object(
      {
        data: Type.Array(
          Type.Object({
            leaf_index: Index,
            entry_id: Type.Integer(),
            subject_id: Type.String(),
            leaf_hash: Type.String({ description: 'Base64.' }),
            entry: Type.Object(
              {},
              {
                additionalProperties: true,
                description: 'Its canonical form (RFC 8785) is the bytes of the leaf.',
              },
            ),
          }),
        ),
        size: Type.Integer({ description: 'Size of the log.' }),
        next_start: nullable(Type.Integer()),
      },
      { title: 'LogEntryPage' },
    ),
  }),
  getInclusionProof: operation({
    operationId: 'getInclusionProof',
    method: 'GET',
    path: '/v1/log/proofs/inclusion',
    tag,
    summary: 'Proof that an entry is in the log',
    description: 'By `leaf_index` or `entry_id`, in the tree of `size` (default: the latest checkpoint’s).',
    allow: EVERY_ROLE,
    query: Type.Object(
      { leaf_index: Type.Optional(Index), entry_id: Type.Optional(Index), size: Type.Optional(Index) },
      closed,
    ),
    status: 200,
    response: Type.Object(
      {
        leaf_index: Index,
        tree_size: Index,
        leaf_hash: Type.String(),
        root_hash: Type.String(),
        path: Type.Array(Type.String({ description: 'Base64.' })),
      },
      { title: 'InclusionProof' },
    ),
  }),
  getConsistencyProof: operation({
    operationId: 'getConsistencyProof',
    method: 'GET',
    path: '/v1/log/proofs/consistency',
    tag,
    summary: 'Proof that the log has only grown',
    allow: EVERY_ROLE,
    query: Type.Object(
      { from: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }), to: Type.Optional(Index) },
      closed,
    ),
    status: 200,
    response: Type.Object(
      {
        from: Index,
        to: Index,
        from_root: Type.String(),
        to_root: Type.String(),
        path: Type.Array(Type.String({ description: 'Base64.' })),
      },
      { title: 'ConsistencyProof' },
    ),
  }),
};
