// sourcing/parse-sourcing-records.ts: turns the bodies of tenders, framework agreements and waivers into what decisions
// read, or says everything that is wrong with them. Nothing in a document is skipped.
import { NO_REGIONS, type Regions } from '../jurisdiction.ts';
import { isJsonObject, kindOf } from '../policy/json-document.ts';
import type { RuleFault } from '../policy/rule.ts';
import { FieldReader, knownJurisdiction } from './field-reader.ts';
import type { FrameworkAgreement, SourcingWaiver, TenderRecord } from './sourcing-facts.ts';
import { foldCategory } from './sourcing-policy.ts';
import { supplierKey } from './supplier-list.ts';

export type ParseRecordResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly faults: readonly RuleFault[] };

const SHA_256 = /^[0-9a-f]{64}$/;

export function parseTender(
  tenderReference: string,
  document: unknown,
  version: number,
  regions: Regions | null = NO_REGIONS,
): ParseRecordResult<TenderRecord> {
  return read(document, 'a tender', (reader) => {
    const winner = supplierKey(reader.supplier('winner'));
    const category = optionalCategory(reader);
    const jurisdiction = optionalJurisdiction(reader, regions);
    const { minor, currency } = reader.money('ceiling');
    const validity = validityOf(reader);
    if (reader.has('evidence_hash') && !SHA_256.test(reader.text('evidence_hash'))) {
      reader.fault('evidence_hash', 'invalid_hash', 'a SHA-256 has 64 hexadecimal digits in lower case.');
    }
    return {
      tenderReference,
      version,
      winner,
      category,
      jurisdiction,
      ceilingMinor: minor,
      currency,
      ...validity,
    };
  });
}

export function parseFramework(
  frameworkId: string,
  document: unknown,
  version: number,
): ParseRecordResult<FrameworkAgreement> {
  return read(document, 'a framework agreement', (reader) => {
    const supplier = supplierKey(reader.supplier('supplier'));
    const categories = reader.has('categories') ? reader.texts('categories').map(foldCategory) : null;
    const ceiling = reader.money('call_off_ceiling');
    const perCallOff = reader.has('per_call_off_max') ? reader.money('per_call_off_max') : null;
    if (perCallOff !== null && perCallOff.currency !== ceiling.currency) {
      const message = 'it must be in the currency of `call_off_ceiling`.';
      reader.fault('per_call_off_max', 'currency_mismatch', message);
    } else if (perCallOff !== null && perCallOff.minor > ceiling.minor) {
      reader.fault('per_call_off_max', 'out_of_range', 'it is above `call_off_ceiling`.');
    }
    return {
      frameworkId,
      version,
      supplier,
      categories,
      ceilingMinor: ceiling.minor,
      currency: ceiling.currency,
      perCallOffMaxMinor: perCallOff?.minor ?? null,
      ...validityOf(reader),
      agents: reader.has('agents') ? reader.ids('agents') : null,
      teams: reader.has('teams') ? reader.ids('teams') : null,
      isPreApproved: reader.boolean('pre_approved', false),
    };
  });
}

export function parseWaiver(
  waiverId: string,
  document: unknown,
  regions: Regions | null = NO_REGIONS,
): ParseRecordResult<SourcingWaiver> {
  return read(document, 'a waiver', (reader) => {
    const agentId = reader.optionalText('agent_id');
    const supplier = supplierKey(reader.supplier('supplier'));
    const category = optionalCategory(reader);
    const jurisdiction = optionalJurisdiction(reader, regions);
    const { minor, currency } = reader.money('up_to');
    const validUntilMs = reader.instant('valid_until');
    reader.text('reason');
    return { waiverId, agentId, supplier, category, jurisdiction, upToMinor: minor, currency, validUntilMs };
  });
}

function read<T>(document: unknown, what: string, build: (reader: FieldReader) => T): ParseRecordResult<T> {
  if (!isJsonObject(document)) {
    const message = `${what} must be an object, not ${kindOf(document)}.`;
    return { ok: false, faults: [{ pointer: '', code: 'wrong_type', message }] };
  }
  const faults: RuleFault[] = [];
  const reader = new FieldReader(document, '', faults);
  const value = build(reader);
  reader.end();
  return faults.length > 0 ? { ok: false, faults } : { ok: true, value };
}

function validityOf(reader: FieldReader): { readonly validFromMs: number; readonly validUntilMs: number } {
  const [validFromMs, validUntilMs] = [reader.instant('valid_from'), reader.instant('valid_until')];
  if (validFromMs !== 0 && validUntilMs !== 0 && validUntilMs <= validFromMs) {
    reader.fault('valid_until', 'out_of_range', '`valid_until` must be after `valid_from`.');
  }
  return { validFromMs, validUntilMs };
}

/** null: any. */
function optionalCategory(reader: FieldReader): string | null {
  const text = reader.optionalText('category');
  return text === null || text === '*' || text === '' ? null : foldCategory(text);
}

/** null: any. */
function optionalJurisdiction(reader: FieldReader, regions: Regions | null): string | null {
  const text = reader.optionalText('jurisdiction');
  if (text === null || text === '*' || text === '') return null;
  const jurisdiction = knownJurisdiction(text, regions);
  if (jurisdiction !== undefined) return jurisdiction;
  const message = `\`${text}\` is neither a country (ISO 3166-1 alpha-2), a region that is known here, nor \`*\`.`;
  reader.fault('jurisdiction', 'unknown_jurisdiction', message);
  return null;
}
