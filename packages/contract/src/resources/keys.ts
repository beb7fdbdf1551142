// resources/keys.ts: API keys of agents and principals. A key is shown once, when it is made; only its hash is kept.
import { type TObject, Type } from 'typebox';

import { operation } from '../operation.ts';
import { IdempotencyHeader, Timestamp, closed, idInPath, nullable, page, pageQuery } from '../scalars.ts';

const CreatedKey = Type.Object(
  {
    key_id: Type.String(),
    api_key: Type.String({ description: 'Shown this once.' }),
  },
  { title: 'CreatedKey' },
);

const RotatedKey = Type.Object(
  {
    key_id: Type.String(),
    api_key: Type.String({ description: 'Shown this once.' }),
    replaced_key_id: Type.String(),
    replaced_expires_at: nullable(Timestamp, 'Until when the replaced key still holds; null: it is revoked.'),
  },
  { title: 'RotatedKey' },
);

const Key = Type.Object(
  {
    key_id: Type.String(),
    hint: Type.String({ description: 'First and last characters, to tell keys apart.' }),
    agent_id: nullable(Type.String()),
    principal_id: nullable(Type.String()),
    status: Type.Enum(['active', 'expired', 'revoked']),
    created_at: Timestamp,
    expires_at: nullable(Timestamp),
    revoked_at: nullable(Timestamp),
  },
  { title: 'Key' },
);

/** The two key operations that every holder of keys has. */
export function keyOperationsOf<const Name extends string>(holder: {
  readonly name: Name;
  readonly words: string;
  readonly path: string;
  readonly params: TObject;
  readonly tag: string;
}) {
  const { name, words, path, params, tag } = holder;
  return {
    create: operation({
      operationId: `create${name}Key`,
      method: 'POST',
      path: `${path}/keys`,
      tag,
      summary: `Make an API key for ${words}`,
      description: 'The key is in this answer and nowhere else; it is stored hashed.',
      allow: ['operator'],
      // Whoever sees a person's key could be that person; an agent's key grants no more than the agent was granted.
      change: name === 'Agent' ? 'immediate' : 'always_reviewed',
      params,
      headers: IdempotencyHeader,
      status: 201,
      response: CreatedKey,
    }),
    list: operation({
      operationId: `list${name}Keys`,
      method: 'GET',
      path: `${path}/keys`,
      tag,
      summary: `List the API keys of ${words}, without the keys`,
      allow: ['operator', 'auditor'],
      params,
      query: Type.Object(pageQuery, closed),
      status: 200,
      response: page('KeyPage', Key),
    }),
  };
}

const params = Type.Object({ key_id: idInPath('Id of the key.') });

export const keyOperations = {
  revokeKey: operation({
    operationId: 'revokeKey',
    method: 'DELETE',
    path: '/v1/keys/{key_id}',
    tag: 'Keys',
    summary: 'Revoke a key',
    description: 'In effect for every decision that starts after this answer.',
    allow: ['operator'],
    change: 'immediate',
    params,
    status: 200,
    response: Key,
  }),
  rotateKey: operation({
    operationId: 'rotateKey',
    method: 'POST',
    path: '/v1/keys/{key_id}/rotate',
    tag: 'Keys',
    summary: 'Replace a key by a new one',
    description: 'The old key goes on working for `overlap_seconds` (default 0).',
    allow: ['operator'],
    change: 'always_reviewed',
    params,
    body: Type.Object(
      { overlap_seconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400, default: 0 })) },
      { ...closed, title: 'RotateKeyBody' },
    ),
    bodyOptional: true,
    headers: IdempotencyHeader,
    status: 201,
    response: RotatedKey,
  }),
};
