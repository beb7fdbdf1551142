// sourcing-geography.ts: suppliers are in countries that are allowed, and in none that is blocked. Clause: AG-642 4.3
// (geographic sourcing restrictions). All stages. `EU` stands for its members at the time of the decision. The country the
// request names and the one the registry knows are both looked at: an agent cannot name a better one.
// Missing evidence: no country at all; no category, where only named categories have rules.
import type { Action } from '../action.ts';
import { type CountryCode, parseCountry, regionContains } from '../country.ts';
import type { PurchaseControl } from '../decision-facts.ts';
import type { Finding } from '../finding.ts';
import { type CompiledSourcingPolicy, type CountryRule, ruleFor } from '../sourcing/sourcing-policy.ts';
import type { SupplierFacts } from '../suppliers/supplier-facts.ts';
import { sourcingMissing, sourcingPass, sourcingViolation } from './sourcing-finding.ts';

const NAME = 'sourcing_geography';
const CLAUSE = 'AG-642 4.3';

export const sourcingGeography: PurchaseControl = {
  name: NAME,
  stages: ['request', 'execution', 'authorization'],
  clause: CLAUSE,
  evaluate(action, { sourcing, supplier }, nowMs) {
    if (sourcing === undefined) return [];
    return sourcing.policies.flatMap((policy) => {
      const rule = ruleFor(policy.countries, action.category);
      if (rule === null) return [];
      const onMissing = policy.onMissing.countries;
      if (rule === 'missing') {
        const message = 'No category is given, and some categories may be bought in some countries only.';
        return [sourcingMissing(NAME, CLAUSE, policy, action, { evidence: 'category', message }, onMissing)];
      }
      const countries = countriesOf(action, supplier);
      if (countries.length > 0) return [findingOf(policy, rule, action, countries, nowMs)];
      const message = 'The country of the supplier is not known.';
      const missing = { evidence: 'merchant.country', message };
      return [sourcingMissing(NAME, CLAUSE, policy, action, missing, onMissing)];
    });
  },
};

function countriesOf(action: Action, supplier: SupplierFacts | null): CountryCode[] {
  const named = action.country === null ? undefined : parseCountry(action.country);
  const registered = supplier?.country == null ? undefined : parseCountry(supplier.country);
  if (named === undefined) return registered === undefined ? [] : [registered];
  return [named, registered].flatMap((country, index, all) =>
    country === undefined || all.indexOf(country) < index ? [] : [country],
  );
}

function findingOf(
  policy: CompiledSourcingPolicy,
  { allowed, blocked, category, onViolation }: CountryRule,
  action: Action,
  countries: readonly CountryCode[],
  nowMs: number,
): Finding {
  const isIn = (regions: CountryRule['blocked'], country: CountryCode): boolean =>
    regions.some((region) => regionContains(region, country, nowMs));
  const fault = countries.find(
    (country) => isIn(blocked, country) || (allowed !== null && !isIn(allowed, country)),
  );
  const limits = [
    allowed === null ? '' : `in ${allowed.join(', ')}`,
    blocked.length === 0 ? '' : `not ${blocked.join(', ')}`,
  ];
  const limit = limits.filter((text) => text !== '').join('; ');
  if (fault === undefined)
    return sourcingPass(NAME, CLAUSE, policy, { observed: countries.join(', '), limit });
  const forWhat = category === '*' ? 'Nothing' : `Nothing in the category \`${category}\``;
  const violation = {
    reasonCode: 'sourcing_country_blocked',
    message: `${forWhat} may be bought from a supplier in \`${fault}\`.`,
    observed: fault,
    limit,
    nextStep: 'Choose a supplier in a country that is allowed.',
  };
  return sourcingViolation(NAME, CLAUSE, policy, action, violation, onViolation);
}
