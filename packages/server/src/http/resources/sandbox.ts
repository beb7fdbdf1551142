// http/resources/sandbox.ts: the simulated payment network's side of a purchase, played by an operator. Everything it
// reports is decided and recorded by the gate; a decline is an answer.
import { operations } from '@countersign/contract';
import { type AuthorizationState, type CurrencyCode, type Merchant, formatAmount } from '@countersign/core';
import type { FastifyInstance } from 'fastify';

import type { GateAnswer, GateCommand } from '../../gate/command.ts';
import { type FoundAuthorizationRow, findAuthorizationRow } from '../../gate/purchase-reads.ts';
import type { HttpContext } from '../context.ts';
import { parsedAmount, parsedCountry, parsedMoney } from '../parse-amounts.ts';
import { ProblemError } from '../problem.ts';
import { callerOf, serve } from '../route.ts';
import { accepted } from './purchase-requests.ts';

interface MerchantBody {
  name?: string;
  domain?: string;
  merchant_id?: string;
  mcc?: string;
  country?: string;
}

export function registerSandbox(app: FastifyInstance, { gate, pool }: HttpContext): void {
  const found = async (authorizationId: string): Promise<FoundAuthorizationRow> => {
    const row = await findAuthorizationRow(pool, authorizationId);
    if (row === undefined)
      throw new ProblemError('authorization_not_found', 'There is no such authorization.');
    return row;
  };

  serve(app, operations.authorizeSandboxCard, async ({ params, body, request }) => {
    const command: GateCommand = {
      kind: 'authorize',
      cardId: params.card_id,
      ...parsedMoney(body.amount, body.currency),
      merchant: parsedMerchant(body.merchant),
    };
    const answer = accepted(await gate.submit({ command, caller: callerOf(request) }));
    return presentOutcome(answer, answer.createdId);
  });

  serve(app, operations.forcePostSandbox, async ({ params, body, request }) => {
    const command: GateCommand = {
      kind: 'force_post',
      cardId: params.card_id,
      ...parsedMoney(body.amount, body.currency),
      merchant: parsedMerchant(body.merchant),
    };
    const answer = accepted(await gate.submit({ command, caller: callerOf(request) }));
    return presentOutcome(answer, answer.createdId);
  });

  serve(app, operations.captureSandbox, async ({ params, body, request }) => {
    const row = await found(params.authorization_id);
    const left = row.amount_minor - row.captured_minor - row.reversed_minor;
    const command: GateCommand = {
      kind: 'capture',
      authorizationId: row.authorization_id,
      amountMinor: partOf(body.amount, row, left, 'nothing_to_capture'),
      closeAuthorization: body.close_authorization ?? true,
    };
    const answer = accepted(await gate.submit({ command, caller: callerOf(request) }));
    return presentOutcome(answer, row.authorization_id);
  });

  serve(app, operations.reverseSandbox, async ({ params, body, request }) => {
    const row = await found(params.authorization_id);
    const left = row.amount_minor - row.captured_minor - row.reversed_minor;
    const amountMinor = partOf(body.amount, row, left, 'nothing_to_reverse');
    const command: GateCommand = { kind: 'reverse', authorizationId: row.authorization_id, amountMinor };
    const answer = accepted(await gate.submit({ command, caller: callerOf(request) }));
    return presentOutcome(answer, row.authorization_id);
  });

  serve(app, operations.refundSandbox, async ({ params, body, request }) => {
    const row = await found(params.authorization_id);
    const left = row.captured_minor - row.refunded_minor;
    const amountMinor = partOf(body.amount, row, left, 'nothing_to_refund');
    const command: GateCommand = { kind: 'refund', authorizationId: row.authorization_id, amountMinor };
    const answer = accepted(await gate.submit({ command, caller: callerOf(request) }));
    return presentOutcome(answer, row.authorization_id);
  });
}

/** The amount that was given, else all that is left; the gate looks again under its lock. */
function partOf(
  amount: string | number | undefined,
  row: FoundAuthorizationRow,
  leftMinor: bigint,
  code: 'nothing_to_capture' | 'nothing_to_reverse' | 'nothing_to_refund',
): bigint {
  if (amount !== undefined) return parsedAmount('amount', amount, row.currency as CurrencyCode); // stored as parsed
  if (!row.approved) throw new ProblemError('authorization_declined', 'This authorization was declined.');
  if (leftMinor <= 0n) throw new ProblemError(code, 'There is nothing left on this authorization.');
  return leftMinor;
}

function parsedMerchant(body: MerchantBody): Merchant {
  return {
    name: body.name ?? null,
    domain: body.domain ?? null,
    merchantId: body.merchant_id ?? null,
    mcc: body.mcc ?? null,
    country: body.country === undefined ? null : parsedCountry('merchant.country', body.country),
  };
}

function presentOutcome(answer: Extract<GateAnswer, { ok: true }>, authorizationId: string | null) {
  const { purchase } = answer;
  const authorization = purchase?.authorizations.find((each) => each.authorizationId === authorizationId);
  if (purchase === null || authorization === undefined)
    throw new Error('the network was answered about an authorization');
  const amount = (minor: bigint): string => formatAmount(minor, authorization.currency as CurrencyCode); // parsed when asked
  return {
    ...presentAuthorization(authorization, amount),
    request_id: purchase.requestId,
    card_id: purchase.card?.cardId ?? null,
    status: purchase.status,
    checkout_status: purchase.checkoutStatus,
  };
}

function presentAuthorization(authorization: AuthorizationState, amount: (minor: bigint) => string) {
  return {
    authorization_id: authorization.authorizationId,
    approved: authorization.approved,
    reason: authorization.reason,
    amount: amount(authorization.amountMinor),
    currency: authorization.currency,
    captured_amount: amount(authorization.capturedMinor),
    reversed_amount: amount(authorization.reversedMinor),
    refunded_amount: amount(authorization.refundedMinor),
    closed: authorization.closed,
  };
}
