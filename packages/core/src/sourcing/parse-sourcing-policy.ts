// sourcing/parse-sourcing-policy.ts: turns the body of `PUT /v1/sourcing-policies/{id}` into a compiled policy, or says
// everything that is wrong with it. Nothing in a document is skipped. Must not read names or reasons for meaning.
import { parseRegion } from '../country.ts';
import { NO_REGIONS, type Regions } from '../jurisdiction.ts';
import { isJsonObject, kindOf } from '../policy/json-document.ts';
import type { OnMissing, OnViolation, RuleFault } from '../policy/rule.ts';
import { DEFAULT_RELATION_SETTINGS, type RelationSettings } from '../related/relation-settings.ts';
import type { VerificationState } from '../suppliers/supplier-facts.ts';
import { FieldReader, knownJurisdiction } from './field-reader.ts';
import {
  type ByCategory,
  type CategoryRule,
  type CompiledRepetition,
  type CompiledSourcingPolicy,
  type CountryRule,
  type PreferredSuppliers,
  type SourcingScope,
  type SourcingSection,
  type TenderThreshold,
  foldCategory,
} from './sourcing-policy.ts';
import { reportContradictions } from './sourcing-contradictions.ts';
import { compileSupplierList } from './supplier-list.ts';

export type ParseSourcingPolicyResult =
  | { readonly ok: true; readonly policy: CompiledSourcingPolicy }
  | { readonly ok: false; readonly faults: readonly RuleFault[] };

/** The policy of this id binds everyone. */
export const DEFAULT_SOURCING_POLICY = 'default';
const ANY = '*';
const WINDOW_DAYS_MAX = 366;
const SECTIONS = [
  'tender_thresholds',
  'prohibited_suppliers',
  'preferred_suppliers',
  'countries',
  'category_rules',
] as const satisfies readonly SourcingSection[];
const ON_VIOLATION = ['deny', 'hold'] as const satisfies readonly OnViolation[];
const ON_MISSING = ['deny', 'hold', 'ignore'] as const satisfies readonly OnMissing[];
const VERIFICATION = [
  'unverified',
  'pending',
  'verified',
  'failed',
] as const satisfies readonly VerificationState[];

/** Never throws for a faulty document. `regions` null: it has been published, and regions may have changed since. */
export function parseSourcingPolicy(
  policyId: string,
  document: unknown,
  version: number,
  regions: Regions | null = NO_REGIONS,
): ParseSourcingPolicyResult {
  if (!isJsonObject(document)) {
    const message = `a sourcing policy must be an object, not ${kindOf(document)}.`;
    return { ok: false, faults: [{ pointer: '', code: 'wrong_type', message }] };
  }
  const faults: RuleFault[] = [];
  const reader = new FieldReader(document, '', faults);
  const onViolation = perSection(reader, 'on_violation', ON_VIOLATION, 'deny');
  const onMissing = perSection(reader, 'on_missing', ON_MISSING, 'deny');
  const name = reader.optionalText('name');
  const appliesTo = readScope(reader, policyId);
  const prohibited = reader.suppliers('prohibited_suppliers');
  const policy: CompiledSourcingPolicy = {
    policyId,
    version,
    name,
    appliesTo,
    thresholds: readThresholds(reader, regions),
    relation: readRelation(reader),
    repetitions: reader.objects('repetition').map(readRepetition),
    prohibited: prohibited.length === 0 ? null : compileSupplierList(prohibited),
    preferred: byCategory(reader.objects('preferred_suppliers'), (entry, category): PreferredSuppliers => {
      if (!entry.has('suppliers')) entry.required('suppliers');
      return {
        category,
        suppliers: compileSupplierList(entry.suppliers('suppliers')),
        onViolation: entry.choice('on_violation', ON_VIOLATION, onViolation.preferred_suppliers),
      };
    }),
    countries: byCategory(reader.objects('countries', { one: true }), (entry, category) =>
      readCountries(entry, category, onViolation.countries),
    ),
    categories: byCategory(reader.objects('category_rules'), (entry, category) =>
      readCategoryRule(entry, category, onViolation.category_rules),
    ),
    onViolation,
    onMissing,
  };
  reader.end();
  if (faults.length === 0) reportContradictions(document, policy, faults);
  return faults.length > 0 ? { ok: false, faults } : { ok: true, policy };
}

/** One word for all sections, or an object with a word for each that differs from the default. */
function perSection<const T extends string>(
  reader: FieldReader,
  name: string,
  choices: readonly T[],
  absent: T,
): Record<SourcingSection, T> {
  const isObject = isJsonObject(reader.raw(name));
  const all = isObject ? absent : reader.choice(name, choices, absent);
  const inner = isObject ? reader.object(name) : null;
  const words = Object.fromEntries(
    SECTIONS.map((section) => [section, inner?.choice(section, choices, absent) ?? all]),
  ) as Record<SourcingSection, T>; // a word for each of SECTIONS, which are all
  inner?.end();
  return words;
}

function readScope(reader: FieldReader, policyId: string): SourcingScope {
  const inner = reader.object('applies_to');
  const scope = {
    everyone: inner === null,
    agents: inner?.ids('agents') ?? [],
    teams: inner?.ids('teams') ?? [],
    entities: inner?.ids('entities') ?? [],
    costCenters: inner?.texts('cost_centers') ?? [],
  };
  inner?.end();
  if (inner === null) return scope;
  if (policyId === DEFAULT_SOURCING_POLICY) {
    reader.fault('applies_to', 'default_applies_to_all', 'the policy `default` binds everyone.');
  }
  const lists = [scope.agents, scope.teams, scope.entities, scope.costCenters];
  if (lists.every((list) => list.length === 0)) {
    reader.fault(
      'applies_to',
      'applies_to_nobody',
      'name whom it binds, or leave `applies_to` out: everyone.',
    );
  }
  return scope;
}

function readThresholds(
  reader: FieldReader,
  regions: Regions | null,
): ReadonlyMap<string, ByCategory<TenderThreshold>> {
  const byJurisdiction = new Map<
    string,
    { byCategory: Map<string, TenderThreshold>; any: TenderThreshold | null }
  >();
  for (const entry of reader.objects('tender_thresholds')) {
    const jurisdiction = readJurisdiction(entry, regions);
    const category = readCategory(entry);
    const { minor, currency } = entry.amount();
    const basis = entry.choice('basis', ['net', 'gross'], 'gross');
    entry.end();
    const threshold = { jurisdiction, category, amountMinor: minor, currency, basis };
    const group = byJurisdiction.get(jurisdiction) ?? {
      byCategory: new Map<string, TenderThreshold>(),
      any: null,
    };
    byJurisdiction.set(jurisdiction, group);
    const isTaken = category === ANY ? group.any !== null : group.byCategory.has(category);
    if (isTaken) {
      const message = `there is a threshold for \`${jurisdiction}\` and \`${category}\` already.`;
      entry.fault('', 'duplicate_threshold', message);
    } else if (category === ANY) group.any = threshold;
    else group.byCategory.set(category, threshold);
  }
  return byJurisdiction;
}

function readJurisdiction(entry: FieldReader, regions: Regions | null): string {
  const text = entry.optionalText('jurisdiction') ?? ANY;
  if (text === '') return ANY;
  const jurisdiction = knownJurisdiction(text, regions);
  if (jurisdiction !== undefined) return jurisdiction;
  const message = `\`${text}\` is neither a country (ISO 3166-1 alpha-2), a region that is known here, nor \`*\`.`;
  entry.fault('jurisdiction', 'unknown_jurisdiction', message);
  return ANY;
}

/** Folded, or `*`, which also stands for one that is left out. */
function readCategory(entry: FieldReader): string {
  const text = entry.optionalText('category') ?? ANY;
  return text === '' ? ANY : foldCategory(text);
}

function readRelation(reader: FieldReader): RelationSettings {
  const { windowDays, intentSharePercent, largeSharePercent, closeDays } = DEFAULT_RELATION_SETTINGS;
  const days = { min: 1, max: WINDOW_DAYS_MAX };
  const window = reader.integer('related_window_days', { ...days, absent: windowDays });
  const inner = reader.object('related');
  const percent = { min: 1, max: 100 };
  const relation = {
    windowDays: window,
    intentSharePercent:
      inner?.integer('intent_share_percent', { ...percent, absent: intentSharePercent }) ??
      intentSharePercent,
    largeSharePercent:
      inner?.integer('large_share_percent', { ...percent, absent: largeSharePercent }) ?? largeSharePercent,
    closeDays: inner?.integer('close_days', { ...days, min: 0, absent: closeDays }) ?? closeDays,
  };
  inner?.end();
  return relation;
}

function readRepetition(entry: FieldReader): CompiledRepetition {
  const supplier = entry.has('supplier') ? entry.supplier('supplier') : null;
  const category = entry.optionalText('category');
  const costCenter = entry.optionalText('cost_center');
  if (supplier === null && category === null && costCenter === null) {
    const message = 'name what repeats: a `supplier`, a `category` or a `cost_center`.';
    entry.fault('', 'repetition_of_everything', message);
  }
  const { minor, currency } = entry.money('up_to');
  const reason = entry.text('reason');
  entry.end();
  return {
    supplier,
    supplierList: supplier === null || supplier === '' ? null : compileSupplierList([supplier]),
    category: category === null ? null : foldCategory(category),
    costCenter,
    upToMinor: minor,
    currency,
    reason,
  };
}

function readCountries(entry: FieldReader, category: string, onViolation: OnViolation): CountryRule {
  const what = 'a two-letter country code (ISO 3166-1) or `EU`';
  const allowed = entry.has('allowed') ? entry.parsed('allowed', parseRegion, what) : null;
  const blocked = entry.parsed('blocked', parseRegion, what);
  if (allowed === null && !entry.has('blocked')) {
    entry.fault('', 'missing_field', 'name the countries that are `allowed`, `blocked`, or both.');
  }
  return {
    category,
    allowed,
    blocked,
    onViolation: entry.choice('on_violation', ON_VIOLATION, onViolation),
  };
}

function readCategoryRule(entry: FieldReader, category: string, onViolation: OnViolation): CategoryRule {
  const allowed = entry.has('allowed_suppliers') ? entry.suppliers('allowed_suppliers') : null;
  const isBlocked = entry.boolean('blocked', false);
  const requiredVerification = entry.has('required_verification')
    ? entry.choice('required_verification', VERIFICATION, 'verified')
    : null;
  const requires = entry.has('requires') ? entry.choice('requires', ['tender', 'framework'], 'tender') : null;
  const says = isBlocked || requiredVerification !== null || allowed !== null || requires !== null;
  if (!says) entry.fault('', 'rule_without_effect', 'this rule asks for nothing.');
  if (isBlocked && (requiredVerification !== null || allowed !== null || requires !== null)) {
    const message = 'a category that is blocked cannot also say how to buy in it.';
    entry.fault('blocked', 'contradiction', message);
  }
  return {
    category,
    isBlocked,
    requiredVerification,
    allowed: allowed === null ? null : compileSupplierList(allowed),
    requires,
    onViolation: entry.choice('on_violation', ON_VIOLATION, onViolation),
  };
}

function byCategory<Rule>(
  entries: readonly FieldReader[],
  read: (entry: FieldReader, category: string) => Rule,
): ByCategory<Rule> {
  const rules = new Map<string, Rule>();
  let any: Rule | null = null;
  for (const entry of entries) {
    const category = readCategory(entry);
    const rule = read(entry, category);
    entry.end();
    if (category === ANY ? any !== null : rules.has(category)) {
      entry.fault('category', 'duplicate_category', `there is a rule for \`${category}\` here already.`);
    } else if (category === ANY) any = rule;
    else rules.set(category, rule);
  }
  return { byCategory: rules, any };
}
