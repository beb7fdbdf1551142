// admin/supplier-input.ts: checks one supplier as somebody sent it, in JSON or as a row of a CSV, and puts its identifiers into
// their normal form. All faults at once, each with its pointer. Must not look at other suppliers: see supplier-contradictions.ts.
import { parseCountry, validateVendorEntry } from '@countersign/core';
import { getPublicSuffix } from 'tldts';

import {
  type Identifier,
  normalBankAccount,
  normalTaxId,
  registrableDomain,
} from '../suppliers/identifiers.ts';
import type { SupplierDocument } from '../suppliers/stored-supplier.ts';
import { AdminError, type AdminFault } from './admin-error.ts';
import { checkedId, checkedName } from './checked-input.ts';

/** As on the wire: what is left out is empty. */
export interface SupplierInput {
  readonly legal_name: string;
  readonly trading_names?: readonly string[] | undefined;
  readonly descriptors?: readonly string[] | undefined;
  readonly domains?: readonly string[] | undefined;
  readonly tax_ids?: readonly string[] | undefined;
  readonly bank_accounts?: readonly string[] | undefined;
  readonly merchant_ids?: readonly string[] | undefined;
  readonly country?: string | null | undefined;
  readonly mccs?: readonly string[] | undefined;
  readonly standing: SupplierDocument['standing'];
  readonly sanctions?:
    | {
        readonly flagged: boolean;
        readonly list?: string | null | undefined;
        readonly date?: string | null | undefined;
      }
    | null
    | undefined;
  readonly verification?:
    | { readonly state: SupplierDocument['verification']['state']; readonly date?: string | null | undefined }
    | undefined;
  readonly group_id?: string | null | undefined;
  /** Keys and values as the contract bounds them. */
  readonly metadata?: object | undefined;
}

export type ReadSupplier =
  | { readonly ok: true; readonly document: SupplierDocument }
  | { readonly ok: false; readonly faults: readonly AdminFault[] };

const IDENTIFIERS_MAX = 200;

export function readSupplier(supplierId: string, input: SupplierInput): ReadSupplier {
  const reader = new FieldReader();
  reader.take('/supplier_id', () => checkedId('/supplier_id', supplierId));
  const { sanctions, verification } = input;
  const document: SupplierDocument = {
    legal_name: reader.take('/legal_name', () => checkedName('/legal_name', input.legal_name)) ?? '',
    trading_names: reader.list('trading_names', input.trading_names, checkedName),
    descriptors: reader.list('descriptors', input.descriptors, checkedDescriptor),
    domains: reader.list('domains', input.domains, checkedDomain),
    tax_ids: reader.list('tax_ids', input.tax_ids, (at, text) =>
      checkedBy(at, normalTaxId(text), 'invalid_tax_id'),
    ),
    bank_accounts: reader.list('bank_accounts', input.bank_accounts, (at, text) =>
      checkedBy(at, normalBankAccount(text), 'invalid_bank_account'),
    ),
    merchant_ids: reader.list('merchant_ids', input.merchant_ids, checkedMerchantId),
    country: reader.country(input.country ?? null),
    mccs: reader.list('mccs', input.mccs, checkedMcc),
    standing: input.standing,
    sanctions:
      sanctions === undefined || sanctions === null
        ? null
        : {
            flagged: sanctions.flagged,
            list: reader.optional('/sanctions/list', sanctions.list, checkedName),
            date: reader.optional('/sanctions/date', sanctions.date, checkedDate),
          },
    verification: {
      state: verification?.state ?? 'unverified',
      date: reader.optional('/verification/date', verification?.date, checkedDate),
    },
    group_id: reader.optional('/group_id', input.group_id, checkedId),
    metadata: { ...input.metadata }, // bounded by its schema
  };
  if (document.sanctions?.flagged === true && document.sanctions.list === null) {
    reader.fault('/sanctions/list', 'list_required', 'a supplier that is flagged is on a list: name it');
  }
  if (document.group_id === supplierId) {
    reader.fault('/group_id', 'own_parent', 'a supplier is not its own parent: leave the group out');
  }
  return reader.faults.length === 0 ? { ok: true, document } : { ok: false, faults: reader.faults };
}

class FieldReader {
  readonly faults: AdminFault[] = [];

  fault(pointer: string, code: string, message: string): void {
    this.faults.push({ pointer, code, message });
  }

  /** undefined: it has a fault, which is kept. */
  take<T>(pointer: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof AdminError)) throw error;
      this.faults.push(
        ...(error.faults.length > 0 ? error.faults : [{ pointer, code: error.code, message: error.message }]),
      );
      return undefined;
    }
  }

  list(
    name: string,
    entries: readonly string[] | undefined,
    check: (field: string, entry: string) => string,
  ): string[] {
    if (entries === undefined) return [];
    if (entries.length > IDENTIFIERS_MAX) {
      this.fault(`/${name}`, 'list_too_long', `the list has more than ${IDENTIFIERS_MAX} entries`);
      return [];
    }
    const checked = entries.map((entry, at) =>
      this.take(`/${name}/${at}`, () => check(`/${name}/${at}`, entry)),
    );
    return [...new Set(checked.filter((entry) => entry !== undefined))];
  }

  optional(
    pointer: string,
    text: string | null | undefined,
    check: (field: string, text: string) => string,
  ): string | null {
    if (text === undefined || text === null) return null;
    return this.take(pointer, () => check(pointer, text)) ?? null;
  }

  country(text: string | null): string | null {
    if (text === null) return null;
    const country = parseCountry(text);
    if (country !== undefined) return country;
    this.fault('/country', 'unknown_country', 'a country is an ISO 3166-1 alpha-2 code such as `DE`');
    return null;
  }
}

function refused(field: string, code: string, message: string): AdminError {
  return new AdminError('invalid', message, { field, faults: [{ pointer: field, code, message }] });
}

function checkedBy(field: string, read: Identifier, code: string): string {
  if (read.ok) return read.value;
  throw refused(field, code, read.message);
}

/** As the network prints it: nothing is folded or trimmed, since it is compared as it stands. */
function checkedDescriptor(field: string, text: string): string {
  if (text !== text.trim())
    throw refused(field, 'untrimmed', 'a descriptor does not begin or end with a space');
  return checkedName(field, text);
}

function checkedMerchantId(field: string, text: string): string {
  if (/^[\x21-\x7e]{3,64}$/.test(text)) return text;
  throw refused(field, 'invalid_merchant_id', 'a merchant id has 3 to 64 visible characters and no space');
}

function checkedMcc(field: string, text: string): string {
  if (/^\d{4}$/.test(text)) return text;
  throw refused(field, 'invalid_mcc', 'a merchant category code has four digits');
}

/** A host, or `*.host`. Neither on a public suffix, where anybody may have a name. */
function checkedDomain(field: string, text: string): string {
  const domain = text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()).replace(/\.$/, '');
  const checked = validateVendorEntry(domain);
  if (!checked.ok) throw refused(field, checked.code, checked.message);
  if (checked.kind === 'id')
    throw refused(field, 'not_a_host', 'a domain is a host such as `shop.example.com`');
  const host = checked.kind === 'wildcard' ? domain.slice(2) : domain;
  const isSuffix = getPublicSuffix(host, { allowPrivateDomains: true }) === host;
  if (isSuffix || registrableDomain(host) === null) {
    throw refused(field, 'public_suffix', `\`${host}\` is nobody's: below it anybody can register a name`);
  }
  return domain;
}

function checkedDate(field: string, text: string): string {
  const day = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  const date = new Date(`${text}T00:00:00Z`);
  if (day !== null && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)) return text;
  throw refused(field, 'invalid_date', 'a date is written like `2026-07-01`');
}
