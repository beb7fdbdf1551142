// resources/sourcing-records.ts: what purchases above a threshold rest on: tenders, framework agreements and waivers. Their own
// readers check the bodies: the schemas say what they look like.
import { Type } from 'typebox';

import { operation } from '../operation.ts';
import {
  IdempotencyHeader,
  Identifier,
  Timestamp,
  closed,
  generatedId,
  idInPath,
  nullable,
  page,
  pageQuery,
  text,
} from '../scalars.ts';
import { Category, Jurisdiction, Money, Supplier, published, versionQuery } from './sourcing-scalars.ts';

const tenderDocument = {
  winner: Supplier,
  category: Type.Optional(Category),
  jurisdiction: Type.Optional(Jurisdiction),
  ceiling: Money,
  valid_from: Timestamp,
  valid_until: Timestamp,
  evidence_hash: Type.Optional(
    Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the award, hex.' }),
  ),
};

const frameworkDocument = {
  supplier: Supplier,
  categories: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
  call_off_ceiling: Money,
  per_call_off_max: Type.Optional(Money),
  valid_from: Timestamp,
  valid_until: Timestamp,
  agents: Type.Optional(Type.Array(Identifier, { minItems: 1 })),
  teams: Type.Optional(Type.Array(Identifier, { minItems: 1 })),
  pre_approved: Type.Optional(
    Type.Boolean({ default: false, description: '`false`: a person signs each call-off.' }),
  ),
};

const waiverDocument = {
  agent_id: Type.Optional(Identifier),
  supplier: Supplier,
  category: Type.Optional(Category),
  jurisdiction: Type.Optional(Jurisdiction),
  up_to: Money,
  valid_until: Timestamp,
  reason: text(500, 'Why no tender is held.'),
};

const Tender = Type.Object(
  { tender_reference: Type.String(), ...tenderDocument, ...published },
  { title: 'Tender' },
);
const Framework = Type.Object(
  { framework_id: Type.String(), ...frameworkDocument, ...published },
  { title: 'Framework' },
);
const Waiver = Type.Object(
  {
    waiver_id: generatedId('wvr', 'the waiver'),
    ...waiverDocument,
    status: Type.Enum(['pending', 'approved', 'rejected', 'revoked', 'lapsed']),
    created_at: Timestamp,
    created_by: Type.String(),
    decided_at: nullable(Timestamp),
    decided_by: nullable(Type.String()),
    revoked_at: nullable(Timestamp),
    revoked_by: nullable(Type.String()),
  },
  { title: 'SourcingWaiver' },
);

const tenderParams = Type.Object({ tender_reference: idInPath('Reference of the tender.') });
const frameworkParams = Type.Object({ framework_id: idInPath('Id of the framework agreement.') });
const waiverParams = Type.Object({ waiver_id: idInPath('Id of the waiver.') });
const VALIDITY = { valid_from: '2026-01-01T00:00:00Z', valid_until: '2027-01-01T00:00:00Z' };

export const sourcingRecordOperations = {
  putTender: operation({
    operationId: 'putTender',
    method: 'PUT',
    path: '/v1/tenders/{tender_reference}',
    tag: 'Sourcing',
    summary: 'Record who won a tender, for what and up to how much',
    description:
      'Purchases cite it as `tender_reference`; together they stay within its ceiling. The currency of the ceiling never changes.',
    allow: ['operator'],
    change: 'controlled',
    headers: IdempotencyHeader,
    params: tenderParams,
    body: Type.Object(tenderDocument, { ...closed, title: 'TenderBody' }),
    bodyCheckedByReader: true,
    bodyExample: {
      winner: 'roofers.example',
      category: 'roofing',
      jurisdiction: 'GB',
      ceiling: { amount: '67000.00', currency: 'GBP' },
      ...VALIDITY,
    },
    status: 200,
    response: Tender,
  }),
  listTenders: operation({
    operationId: 'listTenders',
    method: 'GET',
    path: '/v1/tenders',
    tag: 'Sourcing',
    summary: 'List tenders in their newest version',
    allow: ['operator', 'auditor'],
    query: Type.Object(pageQuery, closed),
    status: 200,
    response: page('TenderPage', Tender),
  }),
  getTender: operation({
    operationId: 'getTender',
    method: 'GET',
    path: '/v1/tenders/{tender_reference}',
    tag: 'Sourcing',
    summary: 'Read a tender, in its newest version or an earlier one',
    allow: ['operator', 'auditor'],
    params: tenderParams,
    query: versionQuery,
    status: 200,
    response: Tender,
  }),
  putFramework: operation({
    operationId: 'putFramework',
    method: 'PUT',
    path: '/v1/frameworks/{framework_id}',
    tag: 'Sourcing',
    summary: 'Record a framework agreement or a blanket order',
    description:
      'Requests with `commitment_type` `call_off` or `blanket` cite it as `framework_id`; together they stay within its ceiling, and need no tender.',
    allow: ['operator'],
    change: 'controlled',
    headers: IdempotencyHeader,
    params: frameworkParams,
    body: Type.Object(frameworkDocument, { ...closed, title: 'FrameworkBody' }),
    bodyCheckedByReader: true,
    bodyExample: {
      supplier: 'paper.example',
      categories: ['office-supplies'],
      call_off_ceiling: { amount: '50000.00', currency: 'EUR' },
      per_call_off_max: { amount: '2000.00', currency: 'EUR' },
      pre_approved: true,
      ...VALIDITY,
    },
    status: 200,
    response: Framework,
  }),
  listFrameworks: operation({
    operationId: 'listFrameworks',
    method: 'GET',
    path: '/v1/frameworks',
    tag: 'Sourcing',
    summary: 'List framework agreements in their newest version',
    allow: ['operator', 'auditor'],
    query: Type.Object(pageQuery, closed),
    status: 200,
    response: page('FrameworkPage', Framework),
  }),
  getFramework: operation({
    operationId: 'getFramework',
    method: 'GET',
    path: '/v1/frameworks/{framework_id}',
    tag: 'Sourcing',
    summary: 'Read a framework agreement, in its newest version or an earlier one',
    allow: ['operator', 'auditor'],
    params: frameworkParams,
    query: versionQuery,
    status: 200,
    response: Framework,
  }),
  requestWaiver: operation({
    operationId: 'requestWaiver',
    method: 'POST',
    path: '/v1/sourcing-waivers',
    tag: 'Sourcing',
    summary: 'Ask for an exception from the tender thresholds',
    description:
      'It allows nothing before a second person approves it, and lapses by itself at `valid_until`.',
    allow: ['operator'],
    change: 'immediate',
    headers: IdempotencyHeader,
    body: Type.Object(waiverDocument, { ...closed, title: 'WaiverBody' }),
    bodyCheckedByReader: true,
    bodyExample: {
      supplier: 'roofers.example',
      category: 'roofing',
      up_to: { amount: '30000.00', currency: 'GBP' },
      valid_until: '2027-01-01T00:00:00Z',
      reason: 'Storm damage: the building is open to the rain.',
    },
    status: 201,
    response: Waiver,
  }),
  listWaivers: operation({
    operationId: 'listWaivers',
    method: 'GET',
    path: '/v1/sourcing-waivers',
    tag: 'Sourcing',
    summary: 'List waivers',
    allow: ['operator', 'approver', 'auditor'],
    query: Type.Object(
      { status: Type.Optional(Type.Enum(['pending', 'approved', 'rejected', 'revoked'])), ...pageQuery },
      closed,
    ),
    status: 200,
    response: page('WaiverPage', Waiver),
  }),
  getWaiver: operation({
    operationId: 'getWaiver',
    method: 'GET',
    path: '/v1/sourcing-waivers/{waiver_id}',
    tag: 'Sourcing',
    summary: 'Read a waiver',
    allow: ['operator', 'approver', 'auditor'],
    params: waiverParams,
    status: 200,
    response: Waiver,
  }),
  approveWaiver: operation({
    operationId: 'approveWaiver',
    method: 'POST',
    path: '/v1/sourcing-waivers/{waiver_id}/approve',
    tag: 'Sourcing',
    summary: 'Approve a waiver that somebody else asked for',
    description: 'Never by who asked for it, nor by the owner of the agent it is for.',
    allow: ['operator', 'approver'],
    change: 'immediate',
    headers: IdempotencyHeader,
    params: waiverParams,
    status: 200,
    response: Waiver,
  }),
  rejectWaiver: operation({
    operationId: 'rejectWaiver',
    method: 'POST',
    path: '/v1/sourcing-waivers/{waiver_id}/reject',
    tag: 'Sourcing',
    summary: 'Reject a waiver that somebody else asked for',
    allow: ['operator', 'approver'],
    change: 'immediate',
    headers: IdempotencyHeader,
    params: waiverParams,
    status: 200,
    response: Waiver,
  }),
  revokeWaiver: operation({
    operationId: 'revokeWaiver',
    method: 'POST',
    path: '/v1/sourcing-waivers/{waiver_id}/revoke',
    tag: 'Sourcing',
    summary: 'Revoke a waiver, approved or not yet',
    description: 'What rests on it and is not charged is denied when it is next decided.',
    allow: ['operator'],
    change: 'immediate',
    headers: IdempotencyHeader,
    params: waiverParams,
    status: 200,
    response: Waiver,
  }),
};
