// resources/events.ts: the event stream, which is the log: an event's id is its leaf index.
import { type Static, Type } from 'typebox';

import { operation } from '../operation.ts';
import { Timestamp, closed, nullable, text } from '../scalars.ts';

export const Event = Type.Object(
  {
    id: Type.Integer({ description: 'Leaf index in the log.' }),
    type: Type.String(),
    timestamp: Timestamp,
    subject_id: Type.String(),
    data: Type.Object({}, { additionalProperties: true }),
  },
  { title: 'Event' },
);

/** Payload of `purchase.completed`, with the amount as a JSON number of the currency's exact digits. */
export const PurchaseCompleted = Type.Object(
  {
    request_id: Type.String(),
    status: Type.String(),
    approved_by: nullable(Type.String()),
    card_id: nullable(Type.String()),
    amount: Type.Number({ description: 'The settled amount.' }),
    vendor: Type.String(),
    reconciled_intent: nullable(Type.String()),
  },
  { title: 'PurchaseCompleted', additionalProperties: true },
);

export const eventOperations = {
  streamEvents: operation({
    operationId: 'streamEvents',
    method: 'GET',
    path: '/v1/events',
    tag: 'Events',
    summary: 'Events, as a stream or a list',
    description:
      'Server-sent events by default: each has its leaf index as `id`, so a reconnect with `Last-Event-ID` misses nothing. With `Accept: application/json` a list. An agent sees events of its own requests alone.',
    allow: ['agent', 'operator', 'auditor'],
    headers: Type.Object({
      'last-event-id': Type.Optional(
        Type.String({ pattern: '^[0-9]{1,15}$', description: 'Id of the last event that was seen.' }),
      ),
    }),
    query: Type.Object(
      {
        after: Type.Optional(
          Type.Integer({
            minimum: -1,
            maximum: Number.MAX_SAFE_INTEGER,
            description: 'Only events with a greater id.',
          }),
        ),
        limit: Type.Optional(
          Type.Integer({ minimum: 1, maximum: 500, default: 100, description: 'For the list.' }),
        ),
        types: Type.Optional(text(1000, 'Comma-separated event types, or groups such as `purchase.*`.')),
      },
      closed,
    ),
    status: 200,
    response: Type.Object(
      {
        data: Type.Array(Event),
        next_after: Type.Integer({
          description: 'Send it as `after`: whatever comes later has a greater id.',
        }),
      },
      { title: 'EventPage' },
    ),
    responseMedia: ['text/event-stream'],
  }),
};

export type Event = Static<typeof Event>;
