// resources/purchase-requests.ts: what an agent asks to buy, and what the gate answers.
import { type Static, Type } from 'typebox';

import { EVERY_ROLE, operation } from '../operation.ts';
import {
  AmountInput,
  CountryInput,
  Currency,
  CurrencyInput,
  DecimalAmount,
  IdempotencyHeader,
  Identifier,
  MccInput,
  Metadata,
  Timestamp,
  closed,
  generatedId,
  idInPath,
  nullable,
  page,
  pageQuery,
  text,
} from '../scalars.ts';
import { Approval } from './approvals.ts';
import { AppliedRate } from './exchange-rates.ts';
import { Decision, InclusionPromise } from './decisions.ts';

const LineItem = Type.Object(
  {
    description: text(500, 'What it is.'),
    quantity: Type.Optional(AmountInput),
    unit_amount: Type.Optional(AmountInput),
    amount: Type.Optional(AmountInput),
    sku: Type.Optional(text(100, 'The supplier’s article number.')),
  },
  closed,
);

export const PurchaseRequestBody = Type.Object(
  {
    agent_id: Identifier,
    policy_id: Type.Optional(Identifier),
    vendor: text(255, 'A host such as `aws.amazon.com`, or the exact id of a vendor such as `aws`.'),
    amount: AmountInput,
    currency: CurrencyInput,
    intent: text(2000, 'Why it is bought; reconciled with the settlement.'),
    metadata: Type.Optional(Metadata),
    rail: Type.Optional(text(40, '`card` (default), `ach`, `wire`, `sepa`, `bank`, `usdc`, `crypto`, ...')),
    merchant: Type.Optional(
      Type.Object(
        {
          domain: Type.Optional(text(253, 'Host of the shop.')),
          mcc: Type.Optional(MccInput),
          country: Type.Optional(CountryInput),
        },
        closed,
      ),
    ),
    category: Type.Optional(text(100, 'Same as `metadata.category`.')),
    cost_center: Type.Optional(text(64, 'Same as `metadata.cost_center`.')),
    project: Type.Optional(text(64, 'Same as `metadata.project`.')),
    expires_in: Type.Optional(
      Type.Integer({
        minimum: 60,
        maximum: 31_536_000,
        description: 'Seconds a hold waits for its signatures.',
      }),
    ),
    amount_details: Type.Optional(
      Type.Object(
        {
          net: Type.Optional(AmountInput),
          tax: Type.Optional(AmountInput),
          shipping: Type.Optional(AmountInput),
          tip: Type.Optional(AmountInput),
        },
        closed,
      ),
    ),
    line_items: Type.Optional(Type.Array(LineItem, { maxItems: 100 })),
    estimated_contract_value: Type.Optional(AmountInput),
    commitment_type: Type.Optional(
      Type.Enum(['purchase', 'call_off', 'blanket', 'renewal', 'bid', 'recommendation'], {
        default: 'purchase',
      }),
    ),
    replaces: Type.Optional(generatedId('preq', 'the request that this one takes the place of')),
    tender_reference: Type.Optional(Identifier),
    framework_id: Type.Optional(Identifier),
    waiver_id: Type.Optional(
      generatedId('wvr', 'the sourcing waiver to use; one that covers is found without'),
    ),
  },
  { ...closed, title: 'PurchaseRequestBody' },
);

export const Checkout = Type.Object(
  {
    status: Type.Enum([
      'none',
      'issuing',
      'issued',
      'charged',
      'settled',
      'reconciled',
      'failed',
      'reversed',
      'disputed',
    ]),
    method: nullable(Type.Enum(['card', 'external']), 'How it is paid; null while nothing may be paid.'),
    card_id: Type.Optional(Type.String()),
    card_status: Type.Optional(Type.String()),
    last4: Type.Optional(Type.String()),
    expires_at: Type.Optional(Timestamp),
    settled_amount: Type.Optional(DecimalAmount),
  },
  { title: 'Checkout', description: 'The money: what the agent pays with, and how far it has come.' },
);

export const PurchaseRequest = Type.Object(
  {
    request_id: generatedId('preq', 'the request'),
    status: Type.Enum(['approved', 'held', 'denied', 'cancelled', 'expired']),
    agent_id: Type.String(),
    policy_id: nullable(Type.String()),
    vendor: Type.String(),
    amount: DecimalAmount,
    currency: Currency,
    intent: nullable(Type.String(), 'null where the free text has been erased.'),
    category: nullable(Type.String()),
    cost_center: nullable(Type.String()),
    project: nullable(Type.String()),
    rail: nullable(Type.String()),
    merchant: Type.Object({
      domain: nullable(Type.String()),
      mcc: nullable(Type.String()),
      country: nullable(Type.String()),
    }),
    commitment_type: Type.String(),
    replaces: nullable(Type.String()),
    tender_reference: Type.Optional(Type.String({ description: 'The tender it was awarded in.' })),
    framework_id: Type.Optional(Type.String({ description: 'The agreement it is called off from.' })),
    waiver_id: Type.Optional(Type.String()),
    metadata: nullable(Type.Object({}, { additionalProperties: true })),
    amount_details: Type.Optional(Type.Unknown()),
    line_items: Type.Optional(Type.Unknown()),
    estimated_contract_value: Type.Optional(Type.Unknown()),
    decision: Decision,
    exchange: Type.Optional(
      Type.Array(AppliedRate, {
        description: 'Exchange rates the decision used; left out where it used none.',
      }),
    ),
    approval: Type.Optional(Approval),
    checkout: Checkout,
    approved_by: nullable(Type.String(), '`policy`, or the id of the last person who signed.'),
    created_at: Timestamp,
    promise: Type.Optional(InclusionPromise),
  },
  { title: 'PurchaseRequest' },
);

const Receipt = Type.Object(
  {
    receipt_id: generatedId('rcpt', 'the receipt'),
    request_id: Type.String(),
    vendor: Type.String(),
    amount: DecimalAmount,
    currency: Currency,
    sha256: nullable(Type.String()),
    flags: Type.Array(Type.String(), {
      description: 'Differences from the request and its settlement; empty: it matches.',
    }),
    created_at: Timestamp,
  },
  { title: 'Receipt' },
);

const params = Type.Object({ request_id: idInPath('Id of the request.') });

const EXAMPLE_BODY = {
  agent_id: 'agent_ops_042',
  policy_id: 'pol_procurement',
  vendor: 'aws',
  amount: 1840.0,
  currency: 'usd',
  intent: 'infra renewal Q3',
  metadata: { category: 'cloud', cost_center: 'platform' },
};

export const purchaseRequestOperations = {
  openPurchase: operation({
    operationId: 'openPurchase',
    method: 'POST',
    path: '/v1/procurement/requests',
    tag: 'Purchases',
    summary: 'Ask to buy something',
    description:
      'Decided in one step, with every control run. A denied purchase is not an error: it answers 201 with `status: "denied"` and its findings. A held one resumes by itself once it is signed: wait with `GET ...?wait=`, do not submit it again.',
    allow: ['agent'],
    headers: IdempotencyHeader,
    body: PurchaseRequestBody,
    bodyExample: EXAMPLE_BODY,
    status: 201,
    response: PurchaseRequest,
  }),
  listPurchases: operation({
    operationId: 'listPurchases',
    method: 'GET',
    path: '/v1/procurement/requests',
    tag: 'Purchases',
    summary: 'List requests, newest first',
    description: 'An agent sees its own alone.',
    allow: EVERY_ROLE,
    query: Type.Object(
      {
        status: Type.Optional(Type.Enum(['approved', 'held', 'denied', 'cancelled', 'expired'])),
        checkout_status: Type.Optional(
          Type.Enum([
            'none',
            'issuing',
            'issued',
            'charged',
            'settled',
            'reconciled',
            'failed',
            'reversed',
            'disputed',
          ]),
        ),
        agent_id: Type.Optional(Identifier),
        vendor: Type.Optional(text(255, 'Exactly as it was asked.')),
        created_after: Type.Optional(Timestamp),
        created_before: Type.Optional(Timestamp),
        ...pageQuery,
      },
      closed,
    ),
    status: 200,
    response: page('PurchaseRequestPage', PurchaseRequest),
  }),
  getPurchase: operation({
    operationId: 'getPurchase',
    method: 'GET',
    path: '/v1/procurement/requests/{request_id}',
    tag: 'Purchases',
    summary: 'Read a request, waiting for its decision if you like',
    description:
      'With `wait`, answers as soon as the request is no longer held and, if approved, its card exists; at the latest after that many seconds.',
    allow: EVERY_ROLE,
    params,
    query: Type.Object(
      { wait: Type.Optional(Type.Integer({ minimum: 0, maximum: 60, description: 'Seconds.' })) },
      closed,
    ),
    status: 200,
    response: PurchaseRequest,
  }),
  cancelPurchase: operation({
    operationId: 'cancelPurchase',
    method: 'POST',
    path: '/v1/procurement/requests/{request_id}/cancel',
    tag: 'Purchases',
    summary: 'Cancel a request that has not been charged',
    description: 'Releases its reservation and kills its card.',
    allow: ['agent', 'operator'],
    change: 'none',
    headers: IdempotencyHeader,
    params,
    body: Type.Object({ reason: Type.Optional(text(500, 'Why.')) }, { ...closed, title: 'CancelBody' }),
    bodyOptional: true,
    status: 200,
    response: PurchaseRequest,
  }),
  attachReceipt: operation({
    operationId: 'attachReceipt',
    method: 'POST',
    path: '/v1/procurement/requests/{request_id}/receipts',
    tag: 'Purchases',
    summary: 'Attach a receipt',
    description:
      'Matched to the request and what was settled; differences are flagged. The file stays with you, its SHA-256 goes on the record.',
    allow: ['agent', 'operator'],
    change: 'none',
    headers: IdempotencyHeader,
    params,
    body: Type.Object(
      {
        vendor: text(255, 'The vendor on the receipt.'),
        amount: AmountInput,
        currency: CurrencyInput,
        sha256: Type.Optional(
          Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the file, hex.' }),
        ),
      },
      { ...closed, title: 'ReceiptBody' },
    ),
    bodyExample: { vendor: 'aws', amount: '1840.00', currency: 'USD' },
    status: 201,
    response: Receipt,
  }),
  listReceipts: operation({
    operationId: 'listReceipts',
    method: 'GET',
    path: '/v1/procurement/requests/{request_id}/receipts',
    tag: 'Purchases',
    summary: 'List the receipts of a request',
    allow: EVERY_ROLE,
    params,
    status: 200,
    response: page('ReceiptPage', Receipt),
  }),
};

export type PurchaseRequestBody = Static<typeof PurchaseRequestBody>;
export type PurchaseRequest = Static<typeof PurchaseRequest>;
export type Checkout = Static<typeof Checkout>;
export type Receipt = Static<typeof Receipt>;
