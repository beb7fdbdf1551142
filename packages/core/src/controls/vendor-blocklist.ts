// vendor-blocklist.ts: never from these vendors. Clause: AG-642 4.3 (prohibited suppliers). All action types, all
// stages. Both the vendor as named and the merchant's domain are looked up, letter case aside: either one blocks.
// Missing evidence: a vendor or a domain that cannot be read as a host or an id, because it cannot be compared.
import { ParameterReader } from '../policy/parameter-reader.ts';
import type { RuleControl } from '../policy/rule.ts';
import type { VendorMatcher } from '../vendor-match.ts';
import { compileVendorList } from '../vendor-match.ts';
import { readVendorEntries } from './vendor-entries.ts';

export const vendorBlocklist: RuleControl = {
  ruleType: 'vendor_blocklist',
  stages: ['request', 'execution', 'authorization'],
  clause: 'AG-642 4.3',
  compile(parameters, pointer) {
    const reader = new ParameterReader(parameters, pointer);
    const vendors = readVendorEntries(reader, 'vendors');
    return reader.finish(() => {
      const blocked = compileVendorList(vendors.map(foldAscii));
      const limit = `none of ${vendors.length} blocked vendors`;
      return {
        evaluate(action) {
          const vendorField = action.subject === 'purchase' ? 'vendor' : 'counterparty';
          const looked = [
            { field: vendorField, name: action.counterparty, verdict: lookUp(blocked, action.counterparty) },
          ];
          if (action.merchantDomain !== null) {
            const verdict = lookUp(blocked, action.merchantDomain);
            looked.push({ field: 'merchant.domain', name: action.merchantDomain, verdict });
          }
          const found = looked.find(({ verdict }) => verdict === 'blocked');
          if (found !== undefined) {
            return {
              kind: 'violation',
              reasonCode: 'blocked_vendor',
              message: `The vendor \`${found.name}\` is on the list of blocked vendors.`,
              observed: found.name,
              limit,
              nextStep: 'Choose another vendor; this one is blocked under every name it goes by.',
            };
          }
          const unreadable = looked.find(({ verdict }) => verdict === 'unreadable');
          if (unreadable !== undefined) {
            return {
              kind: 'missing',
              evidence: unreadable.field,
              message: `\`${unreadable.name}\` is neither a host name nor a vendor id, so it cannot be compared with the blocked ones.`,
            };
          }
          return { kind: 'pass', observed: action.counterparty, limit };
        },
      };
    });
  },
};

function lookUp(blocked: VendorMatcher, name: string): 'blocked' | 'clear' | 'unreadable' {
  const found = blocked.match(foldAscii(name));
  if (found.matched) return 'blocked';
  return found.fault === undefined ? 'clear' : 'unreadable';
}

/** Not toLowerCase: it folds letters outside ASCII into it. */
function foldAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
