// vendor-allowlist.ts: only from these vendors. Clause: AG-642 4.3. Spend only (purchases and expense claims), all
// stages. Looks at the vendor as the agent named it; that a merchant's domain agrees with it is vendor-identity's
// part. A vendor that cannot be read as a host or an id is on no list. Missing evidence: there is none.
import { ParameterReader } from '../policy/parameter-reader.ts';
import type { RuleControl } from '../policy/rule.ts';
import { compileVendorList } from '../vendor-match.ts';
import { readVendorEntries } from './vendor-entries.ts';

export const vendorAllowlist: RuleControl = {
  ruleType: 'vendor_allowlist',
  stages: ['request', 'execution', 'authorization'],
  clause: 'AG-642 4.3',
  compile(parameters, pointer) {
    const reader = new ParameterReader(parameters, pointer);
    const vendors = readVendorEntries(reader, 'vendors');
    return reader.finish(() => {
      const allowed = compileVendorList(vendors);
      const limit = `one of ${vendors.length} allowed vendors`;
      return {
        evaluate(action) {
          if (action.type !== 'spend') return null;
          const observed = action.counterparty;
          if (allowed.match(action.counterparty).matched) return { kind: 'pass', observed, limit };
          return {
            kind: 'violation',
            reasonCode: 'vendor_not_on_allowlist',
            message: `The vendor \`${action.counterparty}\` is not on the list of allowed vendors.`,
            observed,
            limit,
            nextStep:
              'Buy from a vendor on the list, written exactly as it stands there, or ask an operator to add this one.',
          };
        },
      };
    });
  },
};
