// resources/exchange-rates.ts: exchange rates, and the regions in which rows of matrices and thresholds hold. Rates are
// checked by their own reader: the schema here says what they look like.
import { type Static, Type } from 'typebox';

import { EVERY_ROLE, operation } from '../operation.ts';
import {
  CountryInput,
  Currency,
  CurrencyInput,
  IdempotencyHeader,
  Timestamp,
  closed,
  nullable,
  page,
  pageQuery,
  text,
} from '../scalars.ts';

const DAY_PATTERN = '^[0-9]{4}-[0-9]{2}-[0-9]{2}$';
const Day = Type.String({
  pattern: DAY_PATTERN,
  description: 'A day, such as `2026-03-04`; UTC.',
});
const Methodology = Type.Enum(['daily_close', 'contract', 'budget_rate'], {
  description:
    '`daily_close`: of a day, goes stale by its age. `contract`: agreed for this pair, and perhaps one supplier, from one day to another. `budget_rate`: set for a period.',
});
const Rate = Type.String({
  pattern: '^(0|[1-9][0-9]*)(\\.[0-9]+)?$',
  description: 'Units of `quote` for one unit of `base`; an exact decimal above zero.',
});

const RateBody = Type.Object(
  {
    base: CurrencyInput,
    quote: CurrencyInput,
    rate: Type.Union([Rate, Type.Number()], {
      description:
        'Units of `quote` for one unit of `base`: a plain decimal above zero, at most 12 digits before and 12 after the point.',
    }),
    date: Day,
    source: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9 _.:/-]{0,63}$', description: 'Who fixed it.' }),
    methodology: Type.Optional(Methodology),
    supplier: Type.Optional(
      text(128, 'Of a `contract`: for what is bought from this supplier or vendor alone.'),
    ),
    valid_from: Type.Optional(Day),
    valid_until: Type.Optional(
      Type.String({
        pattern: DAY_PATTERN,
        description: 'Last day of a `contract` or `budget_rate`; both need it.',
      }),
    ),
    correction: Type.Optional(
      Type.Boolean({
        description: 'It replaces the one published for the same pair, day, methodology and source.',
      }),
    ),
  },
  { ...closed, title: 'ExchangeRateBody' },
);

const ExchangeRate = Type.Object(
  {
    rate_id: Type.String(),
    base: Currency,
    quote: Currency,
    rate: Rate,
    date: Day,
    source: Type.String(),
    methodology: Methodology,
    supplier: nullable(Type.String()),
    valid_from: nullable(Type.String()),
    valid_until: nullable(Type.String()),
    revision: Type.Integer({ minimum: 1 }),
    published_by: Type.String(),
    created_at: Timestamp,
  },
  { title: 'ExchangeRate' },
);

const PublishedRates = Type.Object(
  { published: Type.Integer({ minimum: 1 }), rates: Type.Array(ExchangeRate) },
  { title: 'PublishedRates' },
);

export const AppliedRate = Type.Object(
  {
    from: Currency,
    to: Currency,
    rate: Type.String({ description: 'Units of `to` for one unit of `from`.' }),
    date: Day,
    source: Type.String(),
    methodology: Methodology,
    via: nullable(Type.String(), '`inverse`, the currency it was crossed over, or null as published.'),
    stale_since: nullable(Timestamp, 'Since when it is too old to decide by; null: it is good.'),
  },
  { title: 'AppliedRate' },
);
export type AppliedRate = Static<typeof AppliedRate>;

const Region = Type.Object(
  {
    id: Type.String({
      minLength: 3,
      maxLength: 40,
      description: 'Letters, digits, `_`, `-`; kept in upper case.',
    }),
    members: Type.Array(text(40, 'A country (ISO 3166-1 alpha-2), `EU`, or another region.'), {
      minItems: 1,
      maxItems: 300,
    }),
  },
  { ...closed, title: 'Region' },
);

const Jurisdictions = Type.Object(
  {
    version: Type.Integer({ minimum: 0, description: '0: no regions were ever published.' }),
    regions: Type.Array(Region),
    created_at: nullable(Timestamp),
    created_by: nullable(Type.String()),
    chain: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Where rules for the country are looked for, nearest first.',
      }),
    ),
  },
  { title: 'Jurisdictions' },
);

export const exchangeRateOperations = {
  publishExchangeRates: operation({
    operationId: 'publishExchangeRates',
    method: 'POST',
    path: '/v1/exchange-rates',
    tag: 'Exchange rates',
    summary: 'Publish an exchange rate, or many: all of them or none',
    allow: ['operator'],
    change: 'controlled',
    body: Type.Union([
      RateBody,
      Type.Object(
        { rates: Type.Array(RateBody, { minItems: 1, maxItems: 5000 }) },
        { ...closed, title: 'ExchangeRatesBody' },
      ),
    ]),
    bodyCheckedByReader: true,
    bodyExample: {
      base: 'EUR',
      quote: 'USD',
      rate: '1.0825',
      date: '2026-03-04',
      source: 'ecb',
      methodology: 'daily_close',
    },
    headers: IdempotencyHeader,
    status: 201,
    response: PublishedRates,
  }),
  importExchangeRates: operation({
    operationId: 'importExchangeRates',
    method: 'POST',
    path: '/v1/exchange-rates/import',
    tag: 'Exchange rates',
    summary: 'Publish the exchange rates of a CSV file: all of them or none',
    description:
      'Columns base, quote, rate, date, source, methodology; also supplier, valid_from, valid_until, correction. As `text/csv`, or as `{"csv": "..."}`. Every fault is reported with its row.',
    allow: ['operator'],
    change: 'controlled',
    body: Type.Object({ csv: Type.String({ minLength: 1 }) }, { ...closed, title: 'ExchangeRateImport' }),
    bodyExample: {
      csv: 'base,quote,rate,date,source,methodology\nEUR,USD,1.0825,2026-03-04,ecb,daily_close\nEUR,GBP,0.8631,2026-03-04,ecb,daily_close\n',
    },
    headers: IdempotencyHeader,
    status: 201,
    response: PublishedRates,
  }),
  listExchangeRates: operation({
    operationId: 'listExchangeRates',
    method: 'GET',
    path: '/v1/exchange-rates',
    tag: 'Exchange rates',
    summary: 'List published exchange rates, the last published first',
    allow: EVERY_ROLE,
    query: Type.Object(
      {
        base: Type.Optional(CurrencyInput),
        quote: Type.Optional(CurrencyInput),
        methodology: Type.Optional(Methodology),
        supplier: Type.Optional(text(128, 'Of contracts with it.')),
        source: Type.Optional(text(64, 'Who fixed it.')),
        from: Type.Optional(Day),
        until: Type.Optional(Day),
        ...pageQuery,
      },
      closed,
    ),
    status: 200,
    response: page('ExchangeRatePage', ExchangeRate),
  }),
  getApplicableRate: operation({
    operationId: 'getApplicableRate',
    method: 'GET',
    path: '/v1/exchange-rates/applicable',
    tag: 'Exchange rates',
    summary: 'The exchange rate that a decision of now would use',
    description:
      'Turned round or crossed where the methodology allows it. 404 where there is none: then such a purchase is denied.',
    allow: EVERY_ROLE,
    query: Type.Object(
      {
        from: CurrencyInput,
        to: CurrencyInput,
        supplier: Type.Optional(text(128, 'Whom it is bought from.')),
      },
      closed,
    ),
    status: 200,
    response: AppliedRate,
  }),
  putJurisdictions: operation({
    operationId: 'putJurisdictions',
    method: 'PUT',
    path: '/v1/jurisdictions',
    tag: 'Authority',
    summary: 'Define regions of countries, all at once',
    description:
      'A row or threshold for a region holds in its countries unless they have one of their own. Cycles and unknown codes are refused. `EU` is there from the beginning.',
    allow: ['operator'],
    change: 'controlled',
    body: Type.Object(
      { regions: Type.Array(Region, { maxItems: 200 }) },
      { ...closed, title: 'JurisdictionsBody' },
    ),
    bodyExample: {
      regions: [
        { id: 'DACH', members: ['DE', 'AT', 'CH'] },
        { id: 'EMEA', members: ['EU', 'CH', 'GB'] },
      ],
    },
    headers: IdempotencyHeader,
    status: 200,
    response: Jurisdictions,
  }),
  getJurisdictions: operation({
    operationId: 'getJurisdictions',
    method: 'GET',
    path: '/v1/jurisdictions',
    tag: 'Authority',
    summary: 'The regions in force, and where the rules for a country are looked for',
    allow: EVERY_ROLE,
    query: Type.Object({ country: Type.Optional(CountryInput) }, closed),
    status: 200,
    response: Jurisdictions,
  }),
};
