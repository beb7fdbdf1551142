// geography-block.ts: nothing from these countries. Clause: AG-642 4.3 (geographic restrictions). All action types,
// all stages. `EU` stands for its members at the time of the decision. The country is the supplier's.
// Missing evidence: no country, or one that is not an ISO 3166-1 alpha-2 code.
import type { CountryCode } from '../country.ts';
import { isEuMember, parseCountry, parseRegion } from '../country.ts';
import { ParameterReader } from '../policy/parameter-reader.ts';
import type { RuleControl } from '../policy/rule.ts';

export const geographyBlock: RuleControl = {
  ruleType: 'geography_block',
  stages: ['request', 'execution', 'authorization'],
  clause: 'AG-642 4.3',
  compile(parameters, pointer) {
    const reader = new ParameterReader(parameters, pointer);
    const regions = reader.list('blocked_countries', (entry) => {
      const region = parseRegion(entry);
      return region === undefined
        ? {
            ok: false,
            code: 'unknown_country',
            message: `\`${entry}\` is not a two-letter country code (ISO 3166-1) or \`EU\`.`,
          }
        : { ok: true, value: region };
    });
    return reader.finish(() => {
      const blocked = new Set<CountryCode>(regions.filter((region) => region !== 'EU'));
      const euIsBlocked = regions.includes('EU');
      const limit = `not ${[...new Set(regions)].join(', ')}`;
      return {
        evaluate(action, facts) {
          const country = action.country === null ? undefined : parseCountry(action.country);
          if (country === undefined) {
            return {
              kind: 'missing',
              evidence: action.subject === 'purchase' ? 'merchant.country' : 'metadata.country',
              message:
                action.country === null
                  ? 'No country is given, and some countries are blocked.'
                  : `\`${action.country}\` is not a two-letter country code (ISO 3166-1), so it cannot be compared.`,
            };
          }
          const isBlocked = blocked.has(country) || (euIsBlocked && isEuMember(country, facts.nowMs));
          if (!isBlocked) return { kind: 'pass', observed: country, limit };
          return {
            kind: 'violation',
            reasonCode: 'blocked_geography',
            message: blocked.has(country)
              ? `The country \`${country}\` is blocked.`
              : `The country \`${country}\` is a member of the \`EU\`, which is blocked.`,
            observed: country,
            limit,
            nextStep: 'Choose a supplier in another country.',
          };
        },
      };
    });
  },
};
