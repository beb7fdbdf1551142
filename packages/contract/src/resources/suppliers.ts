// resources/suppliers.ts: the registry of suppliers, and who a name or an identifier belongs to.
import { Type } from 'typebox';

import { operation } from '../operation.ts';
import {
  CountryInput,
  IdempotencyHeader,
  Identifier,
  Metadata,
  MccInput,
  Timestamp,
  closed,
  idInPath,
  nullable,
  page,
  pageQuery,
  text,
} from '../scalars.ts';

const STANDINGS = ['preferred', 'approved', 'probation', 'suspended', 'prohibited'] as const;
const VERIFICATIONS = ['unverified', 'pending', 'verified', 'failed'] as const;
const Day = text(10, 'A date such as `2026-07-01`.');
const list = (maxLength: number, description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength }), { maxItems: 200, description });

const fields = {
  legal_name: text(200, 'As in the register it is entered in.'),
  trading_names: Type.Optional(list(200, 'Other names. Names relate and raise review; they never admit.')),
  descriptors: Type.Optional(list(200, 'Card descriptors, exactly as the network prints them.')),
  domains: Type.Optional(
    list(255, 'Hosts; `*.example.com` for everything below one. A host admits itself and its `www.`.'),
  ),
  tax_ids: Type.Optional(list(40, 'VAT, tax or company numbers; kept without spaces and punctuation.')),
  bank_accounts: Type.Optional(list(80, 'IBANs, their check digits tested, or `routing:number`.')),
  merchant_ids: Type.Optional(list(64, "The acquirers' merchant ids.")),
  country: Type.Optional(nullable(CountryInput)),
  mccs: Type.Optional(Type.Array(MccInput, { maxItems: 200 })),
  standing: Type.Enum([...STANDINGS], {
    description: 'From a `suspended` or `prohibited` supplier nothing is bought.',
  }),
  sanctions: Type.Optional(
    nullable(
      Type.Object(
        {
          flagged: Type.Boolean({ description: 'true: it is on a list, and nothing is bought from it.' }),
          list: Type.Optional(nullable(text(200, 'The list; needed when it is flagged.'))),
          date: Type.Optional(nullable(Day)),
        },
        closed,
      ),
      'null: it was never screened.',
    ),
  ),
  verification: Type.Optional(
    Type.Object({ state: Type.Enum([...VERIFICATIONS]), date: Type.Optional(nullable(Day)) }, closed),
  ),
  group_id: Type.Optional(nullable(Identifier, 'The parent supplier, or the name of a group.')),
  metadata: Type.Optional(Metadata),
};

const SupplierBody = Type.Object(fields, { ...closed, title: 'SupplierBody' });

const Supplier = Type.Object(
  {
    supplier_id: Type.String(),
    version: Type.Integer({ minimum: 1 }),
    ...fields,
    created_at: Timestamp,
    created_by: Type.String(),
  },
  { title: 'Supplier' },
);

const Names = Type.Object(
  {
    name: Type.Optional(text(300, 'A name, a host or a card descriptor.')),
    domain: Type.Optional(text(255, 'A host, an address or an e-mail address.')),
    tax_id: Type.Optional(text(60, 'As written.')),
    bank_account: Type.Optional(text(80, 'As written.')),
    merchant_id: Type.Optional(text(64, 'Exactly.')),
  },
  { ...closed, minProperties: 1, title: 'SupplierQuery' },
);

const Party = Type.Object(
  {
    ...Names.properties,
    phone: Type.Optional(text(40, 'Tells only beside a name.')),
    address: Type.Optional(text(300, 'House number and street; tells only beside a name.')),
  },
  { ...closed, minProperties: 1, title: 'Party' },
);
const AnyParty = Type.Union([text(300, 'A name, a host or a card descriptor.'), Party]);

const Candidate = Type.Object({
  supplier_id: Type.String(),
  group_id: nullable(Type.String()),
  standing: Type.String(),
  sanctioned: Type.Boolean(),
  name: Type.String(),
  score: Type.Number(),
  reasons: Type.Array(Type.String()),
});

const Resolution = Type.Object(
  {
    match: Type.Enum(['supplier', 'group', 'unknown']),
    supplier_id: nullable(Type.String()),
    group_id: nullable(Type.String()),
    matched_by: nullable(Type.String()),
    admits: Type.Boolean({ description: 'An exact identifier says so. Never true for a name.' }),
    score: Type.Number({ minimum: 0, maximum: 1 }),
    reasons: Type.Array(Type.String()),
    candidates: Type.Array(Candidate),
  },
  { title: 'SupplierResolution' },
);

const Relation = Type.Object(
  {
    related: Type.Boolean(),
    score: Type.Number({ minimum: 0, maximum: 1 }),
    reasons: Type.Array(Type.String()),
  },
  { title: 'SupplierRelation' },
);

const tag = 'Suppliers';
const readers = ['operator', 'approver', 'budget_owner', 'auditor'] as const;

export const supplierOperations = {
  putSupplier: operation({
    operationId: 'putSupplier',
    method: 'PUT',
    path: '/v1/suppliers/{supplier_id}',
    tag,
    summary: 'Register a supplier, or its next version',
    description:
      'Replaces it whole: what is left out is empty. An identifier that another supplier has is refused, unless both are of one group. In effect for every decision that starts after this answer.',
    allow: ['operator'],
    change: 'controlled',
    params: Type.Object({ supplier_id: idInPath('Id of the supplier.') }),
    headers: IdempotencyHeader,
    body: SupplierBody,
    bodyExample: {
      legal_name: 'Example Roofing Ltd',
      trading_names: ['Example Roofs'],
      descriptors: ['EXAMPLE ROOFING LEEDS'],
      domains: ['roofing.example.com'],
      tax_ids: ['GB 123 4567 89'],
      country: 'GB',
      mccs: ['1761'],
      standing: 'approved',
      verification: { state: 'verified', date: '2026-03-01' },
    },
    status: 200,
    response: Supplier,
  }),
  importSuppliers: operation({
    operationId: 'importSuppliers',
    method: 'POST',
    path: '/v1/suppliers/import',
    tag,
    summary: 'Register many suppliers from a CSV',
    description:
      'As `text/csv`, or as JSON with the text in `csv`. A header row, then a row each; lists are separated by `|`. Every fault is reported with its row and column, and nothing is imported unless all rows are good. At most 5,000 rows.',
    allow: ['operator'],
    change: 'controlled',
    headers: IdempotencyHeader,
    body: Type.Object({ csv: Type.String({ minLength: 1 }) }, { ...closed, title: 'SupplierImportBody' }),
    bodyExample: {
      csv: 'supplier_id,legal_name,standing,country\nroofing,Example Roofing Ltd,approved,GB\n',
    },
    status: 200,
    response: Type.Object(
      {
        rows: Type.Integer(),
        registered: Type.Integer(),
        changed: Type.Integer(),
        unchanged: Type.Integer(),
      },
      { title: 'SupplierImport' },
    ),
  }),
  exportSuppliers: operation({
    operationId: 'exportSuppliers',
    method: 'GET',
    path: '/v1/suppliers/export',
    tag,
    summary: 'All suppliers as CSV',
    description: 'In the form that the import takes. Metadata is not in it.',
    allow: ['operator', 'auditor'],
    status: 200,
    responseMedia: ['text/csv'],
  }),
  listSuppliers: operation({
    operationId: 'listSuppliers',
    method: 'GET',
    path: '/v1/suppliers',
    tag,
    summary: 'List suppliers in their newest versions',
    allow: ['operator', 'auditor'],
    query: Type.Object(
      {
        ...pageQuery,
        standing: Type.Optional(Type.Enum([...STANDINGS])),
        verification: Type.Optional(Type.Enum([...VERIFICATIONS])),
        sanctioned: Type.Optional(Type.Boolean()),
        country: Type.Optional(CountryInput),
        group_id: Type.Optional(text(64, 'Members of the group, and the supplier of that id.')),
        name: Type.Optional(text(200, 'Part of a name, letter case aside.')),
      },
      closed,
    ),
    status: 200,
    response: page('SupplierPage', Supplier),
  }),
  getSupplier: operation({
    operationId: 'getSupplier',
    method: 'GET',
    path: '/v1/suppliers/{supplier_id}',
    tag,
    summary: 'Read a supplier, in its newest version or an earlier one',
    allow: ['operator', 'auditor'],
    params: Type.Object({ supplier_id: idInPath('Id of the supplier.') }),
    query: Type.Object(
      { version: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })) },
      closed,
    ),
    status: 200,
    response: Supplier,
  }),
  resolveSuppliers: operation({
    operationId: 'resolveSuppliers',
    method: 'POST',
    path: '/v1/suppliers/resolve',
    tag,
    summary: 'Which registered supplier a name or identifier points to',
    description:
      'Identifiers first, then names. What rests on a name has `admits: false`: it is for a person to look at, and no purchase passes by it. Changes nothing.',
    allow: readers,
    change: 'none',
    body: Type.Object(
      {
        names: Type.Array(Type.Union([text(300, 'A name, a host or a card descriptor.'), Names]), {
          minItems: 1,
          maxItems: 1000,
        }),
      },
      { ...closed, title: 'ResolveBody' },
    ),
    bodyExample: { names: ['SQ *EXAMPLE ROOFING', { domain: 'roofing.example.com' }] },
    status: 200,
    response: Type.Object({ results: Type.Array(Resolution) }, { title: 'Resolutions' }),
  }),
  relateSuppliers: operation({
    operationId: 'relateSuppliers',
    method: 'POST',
    path: '/v1/suppliers/relate',
    tag,
    summary: 'Whether two names or descriptions are likely to be of one supplier',
    description: 'Looks at the two alone, registered or not. Changes nothing.',
    allow: readers,
    change: 'none',
    body: Type.Object(
      {
        pairs: Type.Array(Type.Array(AnyParty, { minItems: 2, maxItems: 2 }), {
          minItems: 1,
          maxItems: 1000,
        }),
      },
      { ...closed, title: 'RelateBody' },
    ),
    bodyExample: { pairs: [['SQ *EXAMPLE ROOFING', 'Example Roofing Ltd']] },
    status: 200,
    response: Type.Object({ results: Type.Array(Relation) }, { title: 'Relations' }),
  }),
};
