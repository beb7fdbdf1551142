// resources/sandbox.ts: the simulated payment network. An operator plays the merchant and its bank.
import { Type } from 'typebox';

import { operation } from '../operation.ts';
import { billing } from './cards.ts';
import {
  AmountInput,
  CountryInput,
  CurrencyInput,
  DecimalAmount,
  IdempotencyHeader,
  MccInput,
  closed,
  idInPath,
  text,
} from '../scalars.ts';

const MerchantBody = Type.Object(
  {
    name: Type.Optional(text(255, 'Equal to the request’s vendor string: its exact identity.')),
    domain: Type.Optional(text(253, 'Host of the shop.')),
    merchant_id: Type.Optional(text(255, 'The network’s id of the merchant.')),
    mcc: Type.Optional(MccInput),
    country: Type.Optional(CountryInput),
  },
  { ...closed, title: 'SandboxMerchant' },
);

const Outcome = Type.Object(
  {
    authorization_id: Type.String(),
    approved: Type.Boolean(),
    reason: Type.String({ description: '`approved`, or the network’s reason for declining.' }),
    request_id: Type.String(),
    card_id: Type.String(),
    amount: DecimalAmount,
    currency: Type.String(),
    ...billing,
    captured_amount: DecimalAmount,
    reversed_amount: DecimalAmount,
    refunded_amount: DecimalAmount,
    closed: Type.Boolean(),
    status: Type.String({ description: 'Status of the request afterwards.' }),
    checkout_status: Type.String({ description: 'Checkout status of the request afterwards.' }),
  },
  { title: 'SandboxOutcome' },
);

const cardParams = Type.Object({ card_id: idInPath('Id of the card.') });
const authorizationParams = Type.Object({ authorization_id: idInPath('Id of the authorization.') });
const BILLING_AMOUNT =
  'What the card is billed, in its own currency, where the merchant charges in another one.';
const billed = {
  billing_amount: Type.Optional({ ...AmountInput, description: BILLING_AMOUNT }),
  billing_currency: Type.Optional(CurrencyInput),
};
const charge = Type.Object(
  { amount: AmountInput, currency: CurrencyInput, ...billed, merchant: MerchantBody },
  {
    ...closed,
    title: 'SandboxCharge',
    description:
      'Without `billing_amount`, a charge in another currency than the card’s does not fit it (`currency_mismatch`).',
  },
);
const part = Type.Object(
  { amount: Type.Optional(AmountInput) },
  {
    ...closed,
    title: 'SandboxPart',
    description: 'In the currency that the card is billed in. Without `amount`: all that is left.',
  },
);
const CHARGE_EXAMPLE = { amount: '1840.00', currency: 'USD', merchant: { name: 'aws' } };
const base = {
  tag: 'Sandbox',
  allow: ['operator'],
  change: 'none',
  headers: IdempotencyHeader,
  status: 201,
  response: Outcome,
} as const;

export const sandboxOperations = {
  authorizeSandboxCard: operation({
    ...base,
    operationId: 'authorizeSandboxCard',
    method: 'POST',
    path: '/v1/sandbox/cards/{card_id}/authorizations',
    summary: 'A merchant asks to charge the card',
    description: 'Decided by the gate in real time. A decline is an answer too: 201 with `approved: false`.',
    params: cardParams,
    body: charge,
    bodyExample: CHARGE_EXAMPLE,
  }),
  forcePostSandbox: operation({
    ...base,
    operationId: 'forcePostSandbox',
    method: 'POST',
    path: '/v1/sandbox/cards/{card_id}/forced-posts',
    summary: 'A clearing without an authorization',
    description: 'Money that has really moved is always recorded, past every limit, and flagged.',
    params: cardParams,
    body: charge,
    bodyExample: CHARGE_EXAMPLE,
  }),
  captureSandbox: operation({
    ...base,
    operationId: 'captureSandbox',
    method: 'POST',
    path: '/v1/sandbox/authorizations/{authorization_id}/capture',
    summary: 'The merchant clears the charge, in part, in full or above it',
    params: authorizationParams,
    body: Type.Object(
      {
        amount: Type.Optional(AmountInput),
        currency: Type.Optional({
          ...CurrencyInput,
          description: 'Of `amount`; left out: the one that the card is billed in.',
        }),
        ...billed,
        close_authorization: Type.Optional(
          Type.Boolean({ default: true, description: 'false: more follows, the rest stays reserved.' }),
        ),
      },
      { ...closed, title: 'SandboxCapture' },
    ),
    bodyOptional: true,
  }),
  reverseSandbox: operation({
    ...base,
    operationId: 'reverseSandbox',
    method: 'POST',
    path: '/v1/sandbox/authorizations/{authorization_id}/reverse',
    summary: 'The merchant takes the charge back before clearing it',
    params: authorizationParams,
    body: part,
    bodyOptional: true,
  }),
  refundSandbox: operation({
    ...base,
    operationId: 'refundSandbox',
    method: 'POST',
    path: '/v1/sandbox/authorizations/{authorization_id}/refund',
    summary: 'The merchant gives money back after clearing',
    params: authorizationParams,
    body: part,
    bodyOptional: true,
  }),
};
