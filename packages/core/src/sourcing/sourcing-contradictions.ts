// sourcing/sourcing-contradictions.ts: what a sourcing policy asks for and forbids at once: such a policy is refused.
// Must not report an exception (a wildcard that is preferred, one of its hosts prohibited): what forbids wins there.
import { isJsonObject, pointerTo } from '../policy/json-document.ts';
import type { RuleFault } from '../policy/rule.ts';
import type { CompiledSourcingPolicy } from './sourcing-policy.ts';
import type { SupplierList } from './supplier-list.ts';

/** Of a document that has no other fault. */
export function reportContradictions(
  document: Readonly<Record<string, unknown>>,
  policy: CompiledSourcingPolicy,
  faults: RuleFault[],
): void {
  if (policy.prohibited !== null) {
    reportProhibited(document, 'preferred_suppliers', 'suppliers', policy.prohibited, faults);
    reportProhibited(document, 'category_rules', 'allowed_suppliers', policy.prohibited, faults);
  }
  for (const { entry, pointer } of objectsIn(document, 'countries')) {
    const allowed = textsIn(entry, 'allowed').map(({ text }) => text.toUpperCase());
    for (const { text, at } of textsIn(entry, 'blocked')) {
      if (!allowed.includes(text.toUpperCase())) continue;
      const message = `\`${text}\` is both allowed and blocked.`;
      faults.push({ pointer: pointerTo(pointer, 'blocked', at), code: 'contradiction', message });
    }
  }
}

function reportProhibited(
  document: Readonly<Record<string, unknown>>,
  section: string,
  field: string,
  prohibited: SupplierList,
  faults: RuleFault[],
): void {
  for (const { entry, pointer } of objectsIn(document, section)) {
    for (const { text, at } of textsIn(entry, field)) {
      if (!forbidsEntry(prohibited, text)) continue;
      const message = `\`${text}\` is a prohibited supplier.`;
      faults.push({ pointer: pointerTo(pointer, field, at), code: 'contradiction', message });
    }
  }
}

/** A wildcard is forbidden whole if any host below it would be. */
function forbidsEntry(prohibited: SupplierList, entry: string): boolean {
  const counterparty = entry.startsWith('*.') ? `any-host${entry.slice(1)}` : entry;
  const isListed = prohibited.forbids({ counterparty, merchantDomain: null }, null) === 'listed';
  return isListed || prohibited.entries.includes(entry);
}

function objectsIn(
  document: Readonly<Record<string, unknown>>,
  section: string,
): { readonly entry: Readonly<Record<string, unknown>>; readonly pointer: string }[] {
  const value = document[section];
  if (isJsonObject(value)) return [{ entry: value, pointer: pointerTo('', section) }];
  if (!Array.isArray(value)) return [];
  return (value as readonly unknown[]).flatMap((entry, index) =>
    isJsonObject(entry) ? [{ entry, pointer: pointerTo('', section, index) }] : [],
  );
}

function textsIn(
  entry: Readonly<Record<string, unknown>>,
  field: string,
): { readonly text: string; readonly at: number }[] {
  const value = entry[field];
  if (!Array.isArray(value)) return [];
  return (value as readonly unknown[]).flatMap((text, at) =>
    typeof text === 'string' ? [{ text, at }] : [],
  );
}
