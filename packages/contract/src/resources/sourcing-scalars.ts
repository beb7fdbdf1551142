// resources/sourcing-scalars.ts: the small types that sourcing policies and what purchases rest on are made of.
import { Type } from 'typebox';

import { AmountInput, CurrencyInput, Timestamp, closed, text } from '../scalars.ts';

export const Money = Type.Object({ amount: AmountInput, currency: CurrencyInput }, closed);
export const Category = text(
  100,
  'A category, or `*` for any and for none; letter case makes no difference.',
);
export const Jurisdiction = text(40, 'ISO 3166-1 alpha-2, `EU`, a region that was defined, or `*`.');
export const Supplier = text(255, 'A host, a vendor id, a registered supplier or a group of suppliers.');

export const published = {
  version: Type.Integer({ minimum: 1 }),
  status: Type.Enum(['active', 'retired']),
  created_at: Timestamp,
  created_by: Type.String(),
};

export const versionQuery = Type.Object(
  { version: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })) },
  closed,
);
