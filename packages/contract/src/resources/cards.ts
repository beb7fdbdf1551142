// resources/cards.ts: the single-use card of an approved purchase. Its number is never here but in `reveal`.
import { type Static, Type } from 'typebox';

import { operation } from '../operation.ts';
import { Currency, DecimalAmount, Timestamp, idInPath } from '../scalars.ts';

/** Of a charge in another currency than the card's. */
export const billing = {
  billing_amount: Type.Optional({
    ...DecimalAmount,
    description:
      'What the card is billed; left out: `amount`. What is captured, reversed and refunded is in its currency.',
  }),
  billing_currency: Type.Optional(Currency),
  exchange_rate: Type.Optional(
    Type.String({
      description: 'What the two amounts come to: units of `billing_currency` for one of `currency`.',
    }),
  ),
};

export const Authorization = Type.Object(
  {
    authorization_id: Type.String(),
    approved: Type.Boolean(),
    reason: Type.String({ description: '`approved`, or why it was declined.' }),
    amount: DecimalAmount,
    currency: Currency,
    ...billing,
    captured_amount: DecimalAmount,
    reversed_amount: DecimalAmount,
    refunded_amount: DecimalAmount,
    forced: Type.Boolean(),
    closed: Type.Boolean(),
    created_at: Timestamp,
  },
  { title: 'Authorization' },
);

export const Card = Type.Object(
  {
    card_id: Type.String(),
    request_id: Type.String(),
    agent_id: Type.String(),
    rail: Type.String(),
    provider: Type.String(),
    status: Type.Enum(['active', 'frozen', 'used', 'cancelled', 'expired']),
    last4: Type.String(),
    vendor: Type.String({ description: 'The only vendor it can be charged by.' }),
    amount: DecimalAmount,
    currency: Currency,
    expires_at: Timestamp,
    authorizations: Type.Array(Authorization),
  },
  { title: 'Card' },
);

const params = Type.Object({ card_id: idInPath('Id of the card.') });

export const cardOperations = {
  getCard: operation({
    operationId: 'getCard',
    method: 'GET',
    path: '/v1/cards/{card_id}',
    tag: 'Cards',
    summary: 'Read a card, without its number',
    allow: ['agent', 'operator', 'auditor'],
    params,
    status: 200,
    response: Card,
  }),
  revealCard: operation({
    operationId: 'revealCard',
    method: 'POST',
    path: '/v1/cards/{card_id}/reveal',
    tag: 'Cards',
    summary: 'Read the card’s number',
    description:
      'For the agent that owns the request, until the first authorization. Each reveal is on the record; the number is not.',
    allow: ['agent'],
    params,
    status: 200,
    response: Type.Object(
      {
        card_id: Type.String(),
        number: Type.String(),
        cvc: Type.String(),
        exp_month: Type.Integer({ minimum: 1, maximum: 12 }),
        exp_year: Type.Integer(),
        last4: Type.String(),
      },
      { title: 'RevealedCard' },
    ),
  }),
};

export type Card = Static<typeof Card>;
