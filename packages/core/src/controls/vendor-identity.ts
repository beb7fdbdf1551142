// vendor-identity.ts: the vendor is named in a form that cannot pass for another, and agrees with the merchant's
// domain. Clause: AG-642 4.3. All stages. Missing evidence: there is none; a domain is compared only when the vendor is
// a host itself, since which hosts belong to a bare id is not known here. A pass leaves no finding.
// It knows scripts, not look-alikes: `аpple` (Cyrillic а) mixes two in one word and is refused; a word wholly in
// another script is simply another name, and lists compare exactly.
import type { PurchaseControl } from '../decision-facts.ts';
import { checkVendor } from '../vendor-match.ts';
import { denial } from './purchase-finding.ts';

const CLAUSE = 'AG-642 4.3';

export const vendorIdentity: PurchaseControl = {
  name: 'vendor_identity',
  stages: ['request', 'execution', 'authorization'],
  clause: CLAUSE,
  evaluate({ counterparty, merchantDomain }) {
    const fault = malformationOf(counterparty);
    if (fault !== null) {
      return [
        denial('vendor_identity', CLAUSE, {
          reasonCode: 'vendor_malformed',
          message: `The vendor \`${counterparty}\` ${fault}.`,
          observed: counterparty,
          nextStep: 'Name the vendor in one script, with visible characters only.',
        }),
      ];
    }
    if (merchantDomain === null) return [];
    const vendor = checkVendor(counterparty);
    if (!vendor.ok || vendor.kind !== 'host') return [];
    const domain = checkVendor(merchantDomain);
    if (domain.ok && withoutWww(domain.canonical) === withoutWww(vendor.canonical)) return [];
    return [
      denial('vendor_identity', CLAUSE, {
        reasonCode: 'vendor_domain_mismatch',
        message: `The vendor is \`${counterparty}\`, but the merchant's domain is \`${merchantDomain}\`.`,
        observed: merchantDomain,
        limit: counterparty,
        nextStep: 'Name the host that will really be paid as the vendor, and submit it anew.',
      }),
    ];
  },
};

function malformationOf(name: string): string | null {
  if (name.trim() === '') return 'is empty';
  if (/^[\x20-\x7e]+$/.test(name)) return null;
  // Control, formatting (zero-width, bidirectional), surrogate and line-separating characters, and blank letters.
  if (/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u.test(name)) {
    return 'contains characters that cannot be seen';
  }
  return mixesScripts(name) ? 'mixes letters of different scripts in one word' : null;
}

// Scripts with letters that pass for one another. Han, kana and hangul do mix with Latin in ordinary names.
const CONFUSABLE_SCRIPTS = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Coptic}/u,
  /\p{Script=Georgian}/u,
  /\p{Script=Lisu}/u,
];

function mixesScripts(name: string): boolean {
  const words = name.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  return words.some((word) => CONFUSABLE_SCRIPTS.filter((script) => script.test(word)).length > 1);
}

function withoutWww(host: string): string {
  return host.startsWith('www.') ? host.slice('www.'.length) : host;
}
