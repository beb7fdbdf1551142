// sourcing/sourcing-policy.ts: a sourcing policy made ready to be asked: where things may be bought, from whom, and above
// which value a competitive tender is required. Data only. Clause: AG-642 4.3.
import type { CurrencyCode } from '../currency.ts';
import type { OnMissing, OnViolation } from '../policy/rule.ts';
import type { RelationSettings, Repetition } from '../related/relation-settings.ts';
import type { VerificationState } from '../suppliers/supplier-facts.ts';
import type { RegionCode } from '../country.ts';
import type { SupplierList } from './supplier-list.ts';

/** The parts of a sourcing policy, each with its own `on_violation` and `on_missing`. */
export type SourcingSection =
  'tender_thresholds' | 'prohibited_suppliers' | 'preferred_suppliers' | 'countries' | 'category_rules';

export interface CompiledSourcingPolicy {
  readonly policyId: string;
  readonly version: number;
  readonly name: string | null;
  readonly appliesTo: SourcingScope;
  /** Jurisdiction -> what it requires by category. */
  readonly thresholds: ReadonlyMap<string, ByCategory<TenderThreshold>>;
  readonly relation: RelationSettings;
  readonly repetitions: readonly CompiledRepetition[];
  readonly prohibited: SupplierList | null;
  readonly preferred: ByCategory<PreferredSuppliers>;
  readonly countries: ByCategory<CountryRule>;
  readonly categories: ByCategory<CategoryRule>;
  readonly onViolation: Readonly<Record<SourcingSection, OnViolation>>;
  readonly onMissing: Readonly<Record<SourcingSection, OnMissing>>;
}

/** Whom it binds: everyone, or whoever is named by one of the lists. */
export interface SourcingScope {
  readonly everyone: boolean;
  readonly agents: readonly string[];
  readonly teams: readonly string[];
  readonly entities: readonly string[];
  readonly costCenters: readonly string[];
}

/** What holds for a category, and for any other or none. Categories are folded. */
export interface ByCategory<Rule> {
  readonly byCategory: ReadonlyMap<string, Rule>;
  readonly any: Rule | null;
}

export interface TenderThreshold {
  readonly jurisdiction: string;
  readonly category: string;
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
  readonly basis: 'net' | 'gross';
}

export interface CompiledRepetition extends Repetition {
  readonly supplierList: SupplierList | null;
}

export interface PreferredSuppliers {
  readonly category: string;
  readonly suppliers: SupplierList;
  readonly onViolation: OnViolation;
}

export interface CountryRule {
  readonly category: string;
  /** null: any that is not blocked. */
  readonly allowed: readonly RegionCode[] | null;
  readonly blocked: readonly RegionCode[];
  readonly onViolation: OnViolation;
}

export interface CategoryRule {
  readonly category: string;
  readonly isBlocked: boolean;
  readonly requiredVerification: VerificationState | null;
  readonly allowed: SupplierList | null;
  readonly requires: 'tender' | 'framework' | null;
  readonly onViolation: OnViolation;
}

/** What holds for this category; `missing`: the purchase names none, and only named categories have rules. */
export function ruleFor<Rule>(rules: ByCategory<Rule>, category: string | null): Rule | 'missing' | null {
  const folded = category === null ? '' : foldCategory(category);
  if (folded !== '') return rules.byCategory.get(folded) ?? rules.any;
  return rules.any ?? (rules.byCategory.size === 0 ? null : 'missing');
}

/** Letter case and spaces around it make no difference; compatibility forms count as the letters they stand for. */
export function foldCategory(category: string): string {
  return category.normalize('NFKC').trim().toLowerCase();
}
