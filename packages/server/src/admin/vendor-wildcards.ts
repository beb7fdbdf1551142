// admin/vendor-wildcards.ts: refuses `*.co.uk` and `*.github.io`: below a public suffix anybody may register a name,
// so such a wildcard names no vendor. Uses the public suffix list with its private section, at publication only.
import { getPublicSuffix } from 'tldts';

import type { AdminFault } from './admin-error.ts';

/** Faults of the wildcards in the vendor lists of a policy document that has parsed. */
export function findPublicSuffixWildcards(document: unknown): AdminFault[] {
  return vendorListsOf(document).flatMap(({ pointer, vendors }) => wildcardFaults(pointer, vendors));
}

/** Faults of the wildcards in one list, which stands at `pointer`. */
export function wildcardFaults(pointer: string, vendors: readonly string[]): AdminFault[] {
  return vendors.flatMap((entry, index) => {
    if (!entry.startsWith('*.') || !spansPublicSuffix(entry.slice(2))) return [];
    const message = `\`${entry}\` spans names that anybody can register: name the vendor's own host`;
    return [{ pointer: `${pointer}/${index}`, code: 'wildcard_on_public_suffix', message }];
  });
}

function spansPublicSuffix(parent: string): boolean {
  const host = parent.toLowerCase().replace(/\.$/, '');
  return getPublicSuffix(host, { allowPrivateDomains: true }) === host;
}

function vendorListsOf(document: unknown): { pointer: string; vendors: string[] }[] {
  const { rules } = document as { rules: { rule_type: string; parameters: { vendors?: string[] } }[] }; // parsed before
  return rules.flatMap(({ parameters: { vendors } }, index) =>
    vendors === undefined ? [] : [{ pointer: `/rules/${index}/parameters/vendors`, vendors }],
  );
}
