// http/resources/sandbox.ts: the simulated payment network's side of a purchase, played by an operator. Everything it
// reports is decided and recorded by the gate; a decline is an answer.
import { operations } from '@countersign/contract';
import { type CurrencyCode, type Merchant, formatAmount } from '@countersign/core';
import type { FastifyInstance } from 'fastify';

import type { GateCommand, RecordedEntry } from '../../gate/command.ts';
import { type FoundAuthorizationRow, findAuthorizationRow } from '../../gate/purchase-reads.ts';
import type { HttpContext } from '../context.ts';
import {
  type ParsedMoney,
  parsedAmount,
  parsedCountry,
  parsedCurrency,
  parsedMoney,
} from '../parse-amounts.ts';
import { presentCharged } from '../present-authorization.ts';
import type { RecordedAuthorization, RecordedBody } from '../present-decision.ts';
import { ProblemError, invalidField } from '../problem.ts';
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

  serve(app, operations.authorizeSandboxCard, async ({ params, body, request, reply, idempotency }) => {
    const command: GateCommand = {
      kind: 'authorize',
      cardId: params.card_id,
      ...parsedCharge(body),
      merchant: parsedMerchant(body.merchant),
      idempotency,
    };
    return presentOutcome(accepted(await gate.submit({ command, caller: callerOf(request) }), reply).entry);
  });

  serve(app, operations.forcePostSandbox, async ({ params, body, request, reply, idempotency }) => {
    const command: GateCommand = {
      kind: 'force_post',
      cardId: params.card_id,
      ...parsedCharge(body),
      merchant: parsedMerchant(body.merchant),
      idempotency,
    };
    return presentOutcome(accepted(await gate.submit({ command, caller: callerOf(request) }), reply).entry);
  });

  serve(app, operations.captureSandbox, async ({ params, body, request, reply, idempotency }) => {
    const row = await found(params.authorization_id);
    const command: GateCommand = {
      kind: 'capture',
      authorizationId: row.authorization_id,
      ...clearingOf(body, row),
      closeAuthorization: body.close_authorization ?? true,
      idempotency,
    };
    return presentOutcome(accepted(await gate.submit({ command, caller: callerOf(request) }), reply).entry);
  });

  serve(app, operations.reverseSandbox, async ({ params, body, request, reply, idempotency }) => {
    const row = await found(params.authorization_id);
    const amountMinor = partOf(body.amount, row);
    const authorizationId = row.authorization_id;
    const command: GateCommand = { kind: 'reverse', authorizationId, amountMinor, idempotency };
    return presentOutcome(accepted(await gate.submit({ command, caller: callerOf(request) }), reply).entry);
  });

  serve(app, operations.refundSandbox, async ({ params, body, request, reply, idempotency }) => {
    const row = await found(params.authorization_id);
    const amountMinor = partOf(body.amount, row);
    const authorizationId = row.authorization_id;
    const command: GateCommand = { kind: 'refund', authorizationId, amountMinor, idempotency };
    return presentOutcome(accepted(await gate.submit({ command, caller: callerOf(request) }), reply).entry);
  });
}

/** null: all that is left, which the gate finds under its lock. */
function partOf(amount: string | number | undefined, row: FoundAuthorizationRow): bigint | null {
  return amount === undefined ? null : parsedAmount('amount', amount, row.currency as CurrencyCode); // stored as parsed
}

interface ChargeBody {
  amount: string | number;
  currency: string;
  billing_amount?: string | number;
  billing_currency?: string;
}

/** What is billed, and what the merchant asks for where that is not the same. */
function parsedCharge(body: ChargeBody): {
  amountMinor: bigint;
  currency: CurrencyCode;
  merchantAmount: ParsedMoney | null;
} {
  const asked = parsedMoney(body.amount, body.currency);
  if (body.billing_amount === undefined && body.billing_currency === undefined)
    return { ...asked, merchantAmount: null };
  if (body.billing_amount === undefined || body.billing_currency === undefined) {
    const field = body.billing_amount === undefined ? 'billing_amount' : 'billing_currency';
    const message = '`billing_amount` and `billing_currency` come together.';
    throw invalidField('invalid', { field, code: 'required', message });
  }
  const currency = parsedCurrency('billing_currency', body.billing_currency);
  const amountMinor = parsedAmount('billing_amount', body.billing_amount, currency);
  if (currency === asked.currency && amountMinor !== asked.amountMinor) {
    const message = '`billing_amount` is `amount` where both are in one currency.';
    throw invalidField('invalid', { field: 'billing_amount', code: 'contradiction', message });
  }
  return { amountMinor, currency, merchantAmount: asked };
}

interface ClearingBody extends Partial<ChargeBody> {
  close_authorization?: boolean;
}

function clearingOf(body: ClearingBody, row: FoundAuthorizationRow) {
  const { amount, currency = row.currency, billing_amount, billing_currency } = body;
  if (amount !== undefined) {
    const billing = {
      ...(billing_amount === undefined ? {} : { billing_amount }),
      ...(billing_currency === undefined ? {} : { billing_currency }),
    };
    return parsedCharge({ amount, currency, ...billing });
  }
  if (body.currency === undefined && billing_amount === undefined && billing_currency === undefined)
    return { amountMinor: null };
  const message = '`amount` is needed: what the merchant cleared.';
  throw invalidField('invalid', { field: 'amount', code: 'required', message });
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

/** Made of the entry alone, so that a replay answers what was answered. */
function presentOutcome({ body, subjectId, entryId }: RecordedEntry) {
  const { detail, state, checkout } = body as unknown as RecordedBody; // written by gate/entry-body.ts
  const charge = detail as unknown as RecordedCharge; // of an event about an authorization
  const authorization =
    state?.authorizations?.find((each) => each.authorization_id === charge.authorization_id) ??
    declined(charge);
  if (state === undefined) throw new Error(`entry ${entryId} says nothing of its purchase`);
  const amount = (minor: string): string =>
    formatAmount(BigInt(minor), authorization.currency as CurrencyCode); // parsed when asked
  return {
    authorization_id: authorization.authorization_id,
    approved: authorization.approved,
    reason: authorization.reason,
    ...presentCharged({
      amountMinor: BigInt(authorization.amount_minor),
      currency: authorization.currency,
      merchantAmount: authorization.merchant_amount ?? null,
    }),
    captured_amount: amount(authorization.captured_minor),
    reversed_amount: amount(authorization.reversed_minor),
    refunded_amount: amount(authorization.refunded_minor),
    closed: authorization.closed,
    request_id: subjectId,
    card_id: checkout?.card_id ?? null,
    status: state.status,
    checkout_status: state.checkout_status,
  };
}

type RecordedCharge = Pick<
  RecordedAuthorization,
  'authorization_id' | 'amount_minor' | 'currency' | 'reason' | 'merchant_amount'
>;

/** A decline stands in the detail of its own entry alone. */
function declined(charge: RecordedCharge): RecordedAuthorization {
  const none = { captured_minor: '0', reversed_minor: '0', refunded_minor: '0' };
  return { ...charge, ...none, approved: false, closed: true };
}
