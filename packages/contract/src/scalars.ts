// scalars.ts: the small types every resource is made of: ids, amounts, currencies, times.
// Schemas describe the wire alone; what an amount or a currency really may be is decided where it is parsed.
import { type TSchema, Type } from 'typebox';

/** An id given by a person: ids are never reused, so their form is narrow. */
export const Identifier = Type.String({
  pattern: '^[A-Za-z0-9_.-]{1,64}$',
  description: '1 to 64 letters, digits, `_`, `.` or `-`. Ids are never reused.',
});

/** An id given by Countersign: a prefix and a time-ordered part. */
export function generatedId(prefix: string, of: string) {
  return Type.String({
    pattern: `^${prefix}_[0-9a-z]{26}$`,
    description: `Id of ${of}: \`${prefix}_\` and a time-ordered part.`,
  });
}

/** An id in a path: whatever was typed, so that an unknown one is simply not found. */
export function idInPath(description: string) {
  return Type.String({ minLength: 1, maxLength: 128, description });
}

export const AmountInput = Type.Union([Type.String({ maxLength: 40 }), Type.Number()], {
  description:
    'A plain decimal: a string such as `"1840.00"` or a JSON number. Exponents, signs and more digits than the currency has are refused.',
});

export const DecimalAmount = Type.String({
  pattern: '^-?(0|[1-9][0-9]*)(\\.[0-9]+)?$',
  description: 'A decimal string with exactly the digits of the currency.',
});

export const CurrencyInput = Type.String({
  minLength: 3,
  maxLength: 8,
  description: 'ISO 4217 code or a supported stablecoin such as `USDC`; upper or lower case.',
});

export const Currency = Type.String({ description: 'ISO 4217 code or stablecoin, upper case.' });

export const CountryInput = Type.String({
  minLength: 2,
  maxLength: 2,
  description: 'ISO 3166-1 alpha-2 code; upper or lower case.',
});

export const MccInput = Type.String({
  pattern: '^[0-9]{4}$',
  description: 'Merchant category code, ISO 18245.',
});

export const Timestamp = Type.String({ format: 'date-time', description: 'RFC 3339, UTC.' });

export function text(maxLength: number, description: string) {
  return Type.String({ minLength: 1, maxLength, description });
}

export function nullable<T extends TSchema>(schema: T, description?: string) {
  return Type.Union([schema, Type.Null()], description === undefined ? {} : { description });
}

/** Free-form facts of the caller: at most 50 keys of at most 40 characters. */
export const Metadata = Type.Object(
  {},
  {
    title: 'Metadata',
    additionalProperties: Type.Union([Type.String({ maxLength: 500 }), Type.Number(), Type.Boolean()]),
    maxProperties: 50,
    propertyNames: { minLength: 1, maxLength: 40 },
    description:
      'Up to 50 keys of up to 40 characters; values are strings of up to 500 characters, numbers or booleans.',
  },
);

/** A page of a list: `next_cursor` is null on the last one. */
export function page<T extends TSchema>(title: string, item: T) {
  return Type.Object(
    {
      data: Type.Array(item),
      next_cursor: nullable(Type.String(), 'Send it as `cursor` for the next page; null on the last page.'),
    },
    { title },
  );
}

export const pageQuery = {
  cursor: Type.Optional(
    Type.String({ minLength: 1, maxLength: 200, description: 'From `next_cursor` of the page before.' }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50, description: 'Items a page.' })),
};

export const IdempotencyHeader = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: '^[\\x21-\\x7e]{1,255}$',
      description:
        'Makes a retry safe: the same key and body answer the same, with `Idempotent-Replayed: true`; another body is 422.',
    }),
  ),
});

export const ReasonBody = Type.Object(
  { reason: Type.Optional(text(500, 'For the record.')) },
  { additionalProperties: false, title: 'ReasonBody' },
);

/** A body in which a name that is not known is a fault, never ignored. */
export const closed = { additionalProperties: false } as const;
