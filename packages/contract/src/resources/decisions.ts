// resources/decisions.ts: what a decision says: every finding, the policies that spoke, and when.
import { type Static, Type } from 'typebox';

import { Timestamp, nullable } from '../scalars.ts';

export const Finding = Type.Object(
  {
    control: Type.String({ description: 'The control that spoke.' }),
    policy_id: nullable(Type.String()),
    rule_id: nullable(Type.String()),
    outcome: Type.Enum(['pass', 'hold', 'deny']),
    reason_code: Type.String({ description: 'Stable code; `ok` on a pass.' }),
    message: Type.String(),
    observed: nullable(Type.String(), 'What was seen, with its unit.'),
    limit: nullable(Type.String(), 'What was allowed, with its unit.'),
    clause: nullable(Type.String(), 'The clause the control enforces.'),
    next_step: nullable(Type.String(), 'What the agent can do next.'),
    related_request_ids: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Purchases whose sum with this one was too much; there may be more.',
      }),
    ),
  },
  { title: 'Finding' },
);

export const Decision = Type.Object(
  {
    outcome: Type.Enum(['approved', 'held', 'denied']),
    reason_code: Type.String({
      description: 'Of the first finding that denies, else of the first that holds, else `ok`.',
    }),
    message: Type.String(),
    findings: Type.Array(Finding, { description: 'All controls run, so every violation is here at once.' }),
    policies: Type.Array(Type.Object({ policy_id: Type.String(), version: Type.Integer() })),
    decided_at: Timestamp,
    core_version: Type.String({
      description: 'The decision can be recomputed with this version of the core.',
    }),
  },
  { title: 'Decision' },
);

export const InclusionPromise = Type.Object(
  {
    origin: Type.String(),
    gateway: Type.String(),
    sequence: Type.Integer(),
    previous: nullable(Type.String()),
    timestamp: Timestamp,
    batch_size: Type.Integer(),
    batch_root: Type.String(),
    batch_index: Type.Integer(),
    path: Type.Array(Type.String()),
    leaf_hash: Type.String(),
    key_id: Type.String(),
    signature: Type.String(),
  },
  {
    title: 'InclusionPromise',
    description: 'Signed promise that this entry will be in the log: hold the gateway to it.',
  },
);

export type Finding = Static<typeof Finding>;
export type Decision = Static<typeof Decision>;
