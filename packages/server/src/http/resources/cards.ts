// http/resources/cards.ts: the card of a purchase. Its number passes through `reveal` alone, once the gate has recorded it.
// Must not log, cache or keep a number.
import { operations } from '@countersign/contract';
import { type CurrencyCode, formatAmount } from '@countersign/core';
import type { FastifyInstance } from 'fastify';

import { findCardView } from '../../gate/purchase-reads.ts';
import type { HttpContext } from '../context.ts';
import { presentCharged } from '../present-authorization.ts';
import { ProblemError, notFound } from '../problem.ts';
import { agentScope, callerOf, serve } from '../route.ts';
import { accepted } from './purchase-requests.ts';

export function registerCards(app: FastifyInstance, { gate, pool, rails }: HttpContext): void {
  serve(app, operations.getCard, async ({ params, request }) => {
    const found = await findCardView(pool, params.card_id);
    const own = agentScope(request);
    if (found === undefined || (own !== null && found.card.agent_id !== own))
      throw notFound('There is no such card.');
    const { card, authorizations } = found;
    const amount = (minor: bigint, currency = card.currency): string =>
      formatAmount(minor, currency as CurrencyCode); // stored as parsed
    return {
      card_id: card.card_id,
      request_id: card.request_id,
      agent_id: card.agent_id,
      rail: card.rail,
      provider: card.provider,
      status: card.status,
      last4: card.last4,
      vendor: card.vendor,
      amount: amount(card.amount_minor),
      currency: card.currency,
      expires_at: card.expires_at.toISOString(),
      authorizations: authorizations.map((row) => ({
        authorization_id: row.authorization_id,
        approved: row.approved,
        reason: row.reason,
        ...presentCharged({
          amountMinor: row.amount_minor,
          currency: row.currency,
          merchantAmount: row.merchant_amount,
        }),
        captured_amount: amount(row.captured_minor, row.currency),
        reversed_amount: amount(row.reversed_minor, row.currency),
        refunded_amount: amount(row.refunded_minor, row.currency),
        forced: row.forced,
        closed: row.closed,
        created_at: row.created_at.toISOString(),
      })),
    };
  });

  serve(app, operations.revealCard, async ({ params, request, reply }) => {
    reply.header('cache-control', 'no-store');
    const command = { kind: 'reveal', cardId: params.card_id } as const;
    const answer = accepted(await gate.submit({ command, caller: callerOf(request) }), reply);
    const card = answer.purchase?.card ?? null;
    if (card === null) throw new Error('a card that was revealed is there');
    const number = rails.reveal({ cardId: card.cardId, provider: card.provider });
    if (number === undefined)
      throw new ProblemError('conflict', 'No rail of this installation issued this card.');
    const expires = new Date(card.expiresAtMs);
    return {
      card_id: card.cardId,
      number: number.pan,
      cvc: number.cvc,
      exp_month: expires.getUTCMonth() + 1,
      exp_year: expires.getUTCFullYear(),
      last4: card.last4,
    };
  });
}
